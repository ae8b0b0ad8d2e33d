"""Upload a folder of recordings to a show of Hearth, and wait until they are ready.

    HEARTH_TOKEN=hearth_... python upload_folder.py FOLDER --to https://hearth.example.org \\
        --show ward-rounds --everyone-agreed

Needs Python 3.11, nothing else; the token needs the scopes read and upload. Run it again after a cut, or
every night: what is there is recognised by its bytes and not sent twice; of what was cut the rest is sent.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ENDINGS = {".mp3", ".m4a", ".wav", ".flac", ".ogg", ".opus", ".aiff", ".wma", ".amr", ".mp4", ".mov", ".webm"}
TRIES = 6


class Refused(Exception):
    """What the service said no to, in its words."""


def main() -> int:
    """Upload, wait, and say where each episode is; 1 where something did not work."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--to", required=True, help="address of the service")
    asked.add_argument("--show", required=True, help="as in the address of the show's page")
    asked.add_argument("--wish", default="none", choices=["none", "when_ready", "now"], help="publish it?")
    asked.add_argument("--every", type=float, default=5.0, help="seconds between two looks while waiting")
    agreed = "everyone who can be heard knows what the show is for, and has agreed to that"
    asked.add_argument("--everyone-agreed", action="store_true", required=True, help=agreed)
    given = asked.parse_args()
    hearth = Hearth(given.to, os.environ["HEARTH_TOKEN"])
    failed, waiting = 0, {}
    for path in sorted(given.folder.iterdir()):
        if path.suffix.lower() in ENDINGS:
            try:
                waiting[path] = send(hearth, path, given.show, given.wish)
            except Refused as refused:
                say(path, f"not taken: {refused}")
                failed += 1
    for path, upload in waiting.items():
        failed += upload is not None and not wait(hearth, path, upload, given.every)
    return 1 if failed else 0


def send(hearth: "Hearth", path: Path, show: str, wish: str) -> str | None:
    """Send what is missing of a file. The address of its upload; None where it was here before."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    here = hearth.call("GET", "/episodes?" + urlencode({"show": show, "sha256": sha256}))["items"]
    if here:
        say(path, f"is here already: {here[0]['studio_url']}")
        return None
    # the same account, show and bytes have the same id, so that asking twice is asking once
    account = hearth.call("GET", "/me")["account_id"]
    at = f"/uploads/{uuid.uuid5(uuid.NAMESPACE_URL, f'{account} {show} {sha256}')}"
    begin = {
        "show": show,
        "file_name": path.name,
        "size_bytes": path.stat().st_size,
        "first_part_sha256": hashlib.sha256(next(parts_of(path, 8 * 1024 * 1024))).hexdigest(),
        "wish": wish,
        "everyone_agreed": True,
    }
    upload = hearth.call("PUT", at, begin)
    if upload["is_complete"]:
        return at
    count = -(-upload["size_bytes"] // upload["part_bytes"])
    say(path, f"{len(upload['arrived'])} of {count} parts are here")
    for number, part in enumerate(parts_of(path, upload["part_bytes"]), start=1):
        if number not in upload["arrived"]:
            hearth.send_part(at, number, part)
            say(path, f"sent part {number} of {count}")
    hearth.call("POST", f"{at}/complete")
    return at


def wait(hearth: "Hearth", path: Path, at: str, every_s: float) -> bool:
    """Say what happens with a recording until it is ready; whether it became so."""
    words = ""
    while True:
        upload = hearth.call("GET", at)
        recording = upload["recording"]
        if recording["state"] != "working":
            say(path, f"{recording['reason'] or 'ready'}: {upload['studio_url']}")
            return bool(recording["state"] == "ready")
        if words != (words := f"{recording['words']} ({recording['percent']} %)"):
            say(path, words)
        time.sleep(every_s)


def parts_of(path: Path, part_bytes: int) -> Iterator[bytes]:
    """The file's parts in their order."""
    with path.open("rb") as file:
        while part := file.read(part_bytes):
            yield part


def say(path: Path, words: str) -> None:
    """One line of what happens."""
    print(f"{path.name}: {words}", flush=True)


class Hearth:
    """The API of one service."""

    def __init__(self, address: str, token: str) -> None:
        self.api = address.rstrip("/") + "/api/v1"
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, said: object = None) -> Any:
        """One operation; every one of them may be asked for twice."""
        body = None if said is None else json.dumps(said).encode()
        answer = _open(method, self.api + path, self.headers, body)
        return json.loads(answer) if answer else None

    def send_part(self, at: str, number: int, part: bytes) -> None:
        """Put a part where the service says: to its own store, without the token."""
        asked = {"number": number, "size_bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        to = self.call("POST", f"{at}/parts", {"parts": [asked]})["parts"][0]
        _open(to["method"], to["url"], {"Content-Type": "application/octet-stream"} | to["headers"], part)


def _open(method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
    """The answer; asked for again after a while where the network or the service fails."""
    for left in reversed(range(TRIES)):
        try:
            with urlopen(Request(url, body, headers, method=method), timeout=120) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            if error.code < 500 or not left:
                said = error.read().decode("utf-8", "replace")
                is_problem = error.headers.get_content_type() == "application/problem+json"
                raise Refused(json.loads(said)["detail"] if is_problem else said) from error
        except (URLError, ConnectionError, TimeoutError):
            if not left:
                raise
        time.sleep(2 ** (TRIES - left) / 4)
    raise AssertionError("the last try returns or raises")


if __name__ == "__main__":
    sys.exit(main())
