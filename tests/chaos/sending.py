"""A producer's browser as far as uploads go: it signs in, sends parts, asks what has arrived, asks again."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.chaos.place import EMAIL, TITLE
from tests.web.signing import PASSWORD

T = TypeVar("T")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Refused(Exception):
    """The service answered, and not with yes."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.path_url}: {answer.status_code}")
        self.url = str(answer.url)
        self.status = answer.status_code
        self.retry_after = answer.headers.get("Retry-After")
        self.text = answer.text


@dataclass
class Producer:
    """One browser. `via` is the address under which it reaches the service."""

    via: str
    session: requests.Session = field(default_factory=requests.Session)
    #: How often each part was taken in.
    taken: list[int] = field(default_factory=list)
    part_bytes: int = 0
    token: str = ""

    def sign_in(self) -> None:
        """As the person at the desk."""
        page = self._asked("GET", "/sign-in")
        said = {"email": EMAIL, "password": PASSWORD, "csrf_token": _token(page.text)}
        self._asked("POST", "/sign-in", data=said, allow_redirects=False)
        self.token = _token(self._asked("GET", "/account").text)

    def begin(self, path: Path, title: str = TITLE, wish: str = "when_ready") -> dict[str, Any]:
        """An upload of the file, new or known."""
        with path.open("rb") as file:
            first = hashlib.sha256(file.read(8 * 1024 * 1024)).hexdigest()
        said = {
            "show": "rounds", "episode": None, "file_name": path.name, "size_bytes": path.stat().st_size,
            "first_part_sha256": first, "title": title, "kind": "episode", "wish": wish, "agreed": True,
        }  # fmt: skip
        return self._said("POST", "/studio/uploads", said)

    def begin_again_and_again(self, path: Path) -> dict[str, Any]:
        """The same, however often the service dies over it."""
        return self.again_and_again(lambda: self.begin(path))

    def state(self, upload: dict[str, Any]) -> dict[str, Any]:
        """How far it is."""
        return self._said("GET", upload["state"])

    def send(self, path: Path, upload: dict[str, Any]) -> None:
        """Send what has not arrived."""
        arrived = set(self.state(upload)["arrived"])
        part_bytes = upload["part_bytes"]
        for number in range(1, -(-path.stat().st_size // part_bytes) + 1):
            if number not in arrived:
                self.put(path, upload, number)

    def put(self, path: Path, upload: dict[str, Any], number: int) -> None:
        """Send one part."""
        with path.open("rb") as file:
            file.seek((number - 1) * upload["part_bytes"])
            body = file.read(upload["part_bytes"])
        wanted = {"number": number, "size_bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        [address] = self._said("POST", upload["parts"], {"parts": [wanted]})["parts"]
        self._asked("PUT", address["url"], data=body, headers=address["headers"])
        self.taken.append(number)

    def complete(self, upload: dict[str, Any]) -> dict[str, Any]:
        """Have it put together."""
        return self._said("POST", upload["complete"], {})

    def cancel(self, upload: dict[str, Any]) -> None:
        """Give it up; that it is not there any more is all that was wanted."""
        try:
            self._said("POST", upload["cancel"], {})
        except Refused as refused:
            if refused.status != 404:
                raise

    def get(self, path: str) -> requests.Response:
        """A page, whatever its status."""
        return self.session.get(f"{self.via}{path}", timeout=90)

    def post(self, path: str, said: dict[str, str]) -> requests.Response:
        """A form of a page, whatever its status."""
        form = {**said, "csrf_token": self.token}
        return self.session.post(f"{self.via}{path}", data=form, timeout=90, allow_redirects=False)

    def again_and_again(self, ask: Callable[[], T], limit_s: float = 90) -> T:
        """What it gives once the service answers, as the upload page's script waits for it."""
        until_s = time.monotonic() + limit_s
        while True:
            try:
                return ask()
            except (requests.RequestException, Refused) as error:
                waits = not isinstance(error, Refused) or error.status >= 500
                if not waits or time.monotonic() > until_s:
                    raise
                time.sleep(0.1)

    def _said(self, method: str, path: str, said: object = None) -> dict[str, Any]:
        answer = self._asked(
            method, path, json=said, headers={"X-CSRFToken": self.token, "Accept": "application/json"}
        )
        found: dict[str, Any] = answer.json()
        return found

    def _asked(self, method: str, path: str, **how: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.via}{path}"
        answer = self.session.request(method, url, timeout=90, **how)
        if answer.status_code >= 400:
            raise Refused(answer)
        return answer


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise AssertionError("there is no form on the page")
    return found.group(1)
