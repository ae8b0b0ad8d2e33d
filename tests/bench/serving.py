"""What a service behind nginx answers: feeds a second, downloads that stand still, uploads past the app.

The set-up is the guide's own (tests/deployment), on this machine: who asks and who answers share its cores.
"""

import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from app.models import Enclosure, Episode, Recording, SegmentRow, TranscriptRow
from app.settings import PART_BYTES
from tests.deployment.place import Place, deployed
from tests.factories import make_account, make_community, make_membership, make_published, make_show
from tests.web.signing import PASSWORD

SECONDS = 8
LARGE_BYTES = 64 * 1024**2
_TICKS = os.sysconf("SC_CLK_TCK")


def run() -> dict[str, Any]:
    """All parts, each said when it is done."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="hearth-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with deployed(folder / "folder", database="postgresql", media="x-accel") as place:
            for part in (feeds, cold_feed, stalled):
                found |= _said(part(place))
        with deployed(folder / "bucket", database="postgresql", media="redirect") as place:
            found |= _said(uploads(place))
    return found


def _said(found: dict[str, Any]) -> dict[str, Any]:
    print(found, file=sys.stderr, flush=True)
    return found


def feeds(place: Place) -> dict[str, Any]:
    """A feed of 1,000 episodes: "not modified" out of the app, and out of nginx; whole out of nginx."""
    path = _show(place, "thousand", 1000)
    tag = place.ask(path, Accept_Encoding="identity").headers["ETag"]
    host = place.front.url.removeprefix("https://")
    says = {"Host": host, "X-Forwarded-Proto": "https", "If-None-Match": tag}
    app = _load(f"http://{place.upstream}{path}", says, _all_of(place.web.pid))
    same = {"Host": host, "If-None-Match": tag, "Accept-Encoding": "gzip"}
    kept = _load(place.front.url + path, same, _all_of(place.nginx.pid))
    whole = _load(place.front.url + path, {"Host": host}, _all_of(place.nginx.pid), seconds=4)
    return {
        "not_modified_per_second_of_core_in_app": app["per_core"],
        "not_modified_per_second_in_app": app["per_second"],
        "not_modified_per_second_of_core_in_nginx": kept["per_core"],
        "not_modified_per_second_in_nginx": kept["per_second"],
        "whole_feed_per_second_in_nginx": whole["per_second"],
    }


def cold_feed(place: Place, episodes: int = 10_000) -> dict[str, Any]:
    """The first answer of a large feed, through nginx."""
    path = _show(place, "ten-thousand", episodes)
    with place.backends.database.begin() as session:
        session.execute(sa.text("ANALYZE"))  # as PostgreSQL does by itself a minute later
    place.ask("/")
    pids = _all_of(place.web.pid)
    start_s, busy_s = time.perf_counter(), sum(map(_cpu_s, pids))
    answer = place.ask(path)
    took_s, busy_s = time.perf_counter() - start_s, sum(map(_cpu_s, pids)) - busy_s
    _expect(answer.status_code == 200, f"the feed answers {answer.status_code}")
    return {
        "feed_10000_first_s": round(took_s, 2),
        "feed_10000_first_processor_s_of_web": round(busy_s, 2),
        "feed_10000_mb": round(len(answer.content) / 1e6, 1),
    }


def stalled(place: Place, count: int = 500, asked: int = 200) -> dict[str, Any]:
    """A page's 95th percentile in ms: alone, and beside downloads whose listeners read nothing."""
    with place.backends.database.begin() as session:
        show = make_show(session, slug="stalled")
        episode = make_published(session, show, slug="long", sound=b"\0" * LARGE_BYTES)
        session.refresh(episode)
        path = _store(place, episode)
    page = "/shows/stalled/long"
    _page_p95_ms(place, page, 20)
    alone = _page_p95_ms(place, page, asked)
    secure = ssl.create_default_context(cafile=str(place.front.certificate))
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{place.front.port}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(count):
            plain = stack.enter_context(socket.socket())
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.connect(("127.0.0.1", place.front.port))
            listener = stack.enter_context(secure.wrap_socket(plain, server_hostname="localhost"))
            listener.sendall(request)
            _expect(listener.recv(12) == b"HTTP/1.1 200", "a download was refused")
        beside = _page_p95_ms(place, page, asked)
    return {
        "page_p95_ms": alone,
        "page_p95_ms_beside_stalled_downloads": beside,
        "stalled_downloads": count,
    }


def uploads(place: Place, size_bytes: int = 1024**3, at_once: int = 4) -> dict[str, Any]:
    """What reaches the app, and how much it grows, while recordings go from the browser to the bucket."""
    with place.backends.database.begin() as session:
        account = make_account(session)
        community = make_community(session)
        make_membership(session, account, community, "producer")
        make_show(session, community, slug="voices")
        email = account.email
    browser = _signed_in(place, email)
    sent = [0] * at_once
    before_mb, peak_mb = _memory_mb(place), [0.0]
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(place, peak_mb, stopping))
    watcher.start()
    start_s = time.perf_counter()
    senders = [
        threading.Thread(target=_send, args=(place, browser, number, size_bytes, sent))
        for number in range(at_once)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    took_s = time.perf_counter() - start_s
    stopping.set()
    watcher.join()
    _expect(all(sent), "an upload was not completed")
    return {
        "upload_gib": round(at_once * size_bytes / 1024**3, 2),
        "upload_bytes_to_app": sum(sent),
        "upload_mb_per_second": round(at_once * size_bytes / 1e6 / took_s),
        "upload_web_grew_mb": round(max(0.0, peak_mb[0] - before_mb)),
    }


def _signed_in(place: Place, email: str) -> dict[str, str]:
    """Cookies and token of somebody who works in the studio."""
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(place.front.certificate)
        page = session.get(f"{place.front.url}/sign-in", timeout=30).text
        token = _token(page)
        said = {"email": email, "password": PASSWORD, "csrf_token": token}
        session.post(
            f"{place.front.url}/sign-in", data=said, headers={"Referer": place.front.url}, timeout=30
        )
        page = session.get(f"{place.front.url}/account", timeout=30).text
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
        return {"Cookie": cookies, "X-CSRFToken": _token(page), "Referer": place.front.url + "/"}


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("nobody is signed in")
    return found[1]


def _send(place: Place, browser: dict[str, str], number: int, size_bytes: int, sent: list[int]) -> None:
    """One recording as the upload page sends it; `sent` gets what went to the app, heads included."""
    told = 0

    def ask(path: str, said: dict[str, Any]) -> Any:
        nonlocal told
        body = json.dumps(said).encode()
        heads = {**browser, "Content-Type": "application/json", "Accept": "application/json"}
        told += len(body) + sum(len(name) + len(value) + 4 for name, value in heads.items()) + 200
        answer = requests.post(
            place.front.url + path, data=body, headers=heads, timeout=300, verify=str(place.front.certificate)
        )
        _expect(answer.ok, f"{path} answers {answer.status_code}: {answer.text[:200]}")
        return answer.json()

    part = os.urandom(PART_BYTES)
    sha256 = hashlib.sha256(part).hexdigest()
    begun = ask(
        "/studio/uploads",
        {"show": "voices", "file_name": f"{number}.mp3", "size_bytes": size_bytes, "title": f"Talk {number}",
         "first_part_sha256": sha256, "kind": "episode", "wish": "none", "agreed": True},
    )  # fmt: skip
    for first in range(1, size_bytes // PART_BYTES + 1, 16):
        numbers = range(first, min(first + 16, size_bytes // PART_BYTES + 1))
        parts = [{"number": one, "size_bytes": PART_BYTES, "sha256": sha256} for one in numbers]
        for signed in ask(begun["parts"], {"parts": parts})["parts"]:
            request = urllib.request.Request(
                signed["url"], data=part, method=signed["method"], headers=signed["headers"]
            )
            with urllib.request.urlopen(request, timeout=120) as answer:
                answer.read()
    ask(begun["complete"], {})
    sent[number] = told


def _show(place: Place, slug: str, episodes: int) -> str:
    """A show of so many episodes: one, and copies of its rows; the path of its feed."""
    with place.backends.database.begin() as session:
        show = make_show(session, slug=slug)
        first = make_published(session, show, title="Episode", sentences=("One.",))
        session.refresh(first)
        if first.recording is None or first.enclosure is None or first.transcript is None:
            raise RuntimeError("a published episode has all of them")
        rows = [_row(one) for one in (first, first.recording, first.enclosure, first.transcript)]
        segment = _row(first.transcript.segments[0])
        del segment["id"]  # the database counts these
        new: list[list[dict[str, Any]]] = [[], [], [], [], []]
        for number in range(1, episodes):
            ids = {row["id"]: uuid.uuid4() for row in rows}
            for kept, row in zip(new, rows, strict=False):
                kept.append({name: _renamed(value, ids) for name, value in row.items()})
            new[0][-1] |= {"guid": uuid.uuid4(), "slug": f"{slug}-{number}", "title": f"Episode {number}"}
            new[4].append({**segment, "transcript_id": ids[segment["transcript_id"]]})
        # an episode names what is made after it, and is published when that is there
        later = {"recording_id", "enclosure_id", "transcript_id", "state"}
        drafts = [{name: value for name, value in row.items() if name not in later} for row in new[0]]
        session.execute(sa.insert(Episode), drafts)
        for table, made in zip((Recording, Enclosure, TranscriptRow, SegmentRow), new[1:], strict=True):
            session.execute(sa.insert(table), made)
        session.execute(sa.update(Episode), [{name: row[name] for name in {"id", *later}} for row in new[0]])
    return f"/shows/{slug}/feed.xml"


def _renamed(value: Any, ids: dict[uuid.UUID, uuid.UUID]) -> Any:
    return ids.get(value, value) if isinstance(value, uuid.UUID) else value


def _row(one: Any) -> dict[str, Any]:
    columns = sa.inspect(one).mapper.column_attrs
    return {column.key: getattr(one, column.key) for column in columns}


def _store(place: Place, episode: Episode) -> str:
    enclosure = episode.enclosure
    if enclosure is None:
        raise RuntimeError("the episode has no sound")
    place.backends.store.put_bytes(enclosure.key, b"\0" * LARGE_BYTES)
    return f"/media/{episode.guid}/{enclosure.sha256[:12]}.mp3"


def _page_p95_ms(place: Place, path: str, count: int) -> float:
    took_ms = []
    with requests.Session() as session:
        for _ in range(count):
            start_s = time.perf_counter()
            answer = session.get(place.front.url + path, timeout=60, verify=str(place.front.certificate))
            took_ms.append((time.perf_counter() - start_s) * 1000)
            _expect(answer.status_code == 200, f"the page answers {answer.status_code}")
    return round(sorted(took_ms)[int(count * 0.95)], 1)


def _load(url: str, headers: dict[str, str], pids: list[int], seconds: int = SECONDS) -> dict[str, int]:
    """Answers a second by the clock, and a second of processor time of all who serve and of who asks."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is missing: apt-get install wrk")
    command = [wrk, "-t1", "-c16", f"-d{seconds}s", url]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    before_s, own_before_s = sum(map(_cpu_s, pids)), _children_s()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    busy_s = sum(map(_cpu_s, pids)) - before_s + _children_s() - own_before_s
    count = int(_found(r"(\d+) requests in", said))
    _expect("Non-2xx" not in said, said)
    return {
        "per_second": round(float(_found(r"Requests/sec:\s+([\d.]+)", said))),
        "per_core": round(count / busy_s),
    }


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text)
    return found[1]


def _all_of(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _memory_mb(place: Place) -> float:
    """Of all web processes, each page counted for as many as share it."""
    total = 0
    for pid in _all_of(place.web.pid):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(_found(r"Pss:\s+(\d+) kB", rollup))
    return total / 1024


def _watch(place: Place, peak_mb: list[float], stopping: threading.Event) -> None:
    while not stopping.wait(0.5):
        peak_mb[0] = max(peak_mb[0], _memory_mb(place))


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuntimeError(otherwise)


if __name__ == "__main__":
    print(json.dumps(run()))
    sys.exit(0)
