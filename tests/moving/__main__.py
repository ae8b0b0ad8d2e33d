"""`python -m tests.moving OLD_URL NEW_URL`: does the public see the same? Ends with one line of JSON.

Both services have to run. What differs is printed, and the exit code is 1.
"""

import argparse
import json
from http.client import HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tests.moving.face import Get, Headers, differences, found_by, public_face, queries


class _ToStore(HTTPRedirectHandler):
    """A redirect within the service is an answer; sound may lie on a store's server."""

    def __init__(self, base: str) -> None:
        self._base = base

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Follow those that lead elsewhere."""
        if newurl.startswith(self._base + "/"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def getting(base: str) -> Get:
    """By HTTP."""
    opener = build_opener(_ToStore(base))

    def get(address: str) -> tuple[int, Headers, bytes]:
        try:
            answer: HTTPResponse | HTTPError = opener.open(Request(base + address), timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status or 0, {k.lower(): v for k, v in answer.headers.items()}, answer.read()

    return get


def main() -> int:
    """Compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.moving", description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    options = parser.parse_args()
    old, new = (base.rstrip("/") for base in (options.old, options.new))
    get_old, get_new = getting(old), getting(new)
    face = public_face(get_old, old)
    told = differences(face, public_face(get_new, new))
    asked, hits = queries(face), 0
    for query in asked:
        count, found = found_by(get_old, query)
        hits += count
        if (count, found) != found_by(get_new, query):
            told.append(f"search for {query} finds something else")
    print("".join(f"{line}\n" for line in told), end="")
    print(json.dumps({"addresses": len(face), "queries": len(asked), "hits": hits, "different": len(told)}))
    return 1 if told else 0


if __name__ == "__main__":
    raise SystemExit(main())
