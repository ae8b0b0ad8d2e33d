"""Sound over the real server: what podcast apps ask for, byte for byte (RFC 9110, 13 and 14)."""

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import requests

from app.backends import open_backends
from app.models import FormerEnclosure
from tests.conftest import Standing
from tests.factories import WHEN, make_published, make_show
from tests.feeds.reading import attributes, parse
from tests.web.serving import running, settings_for

SOUND = random.Random(1).randbytes(1_000_003)
LARGE_BYTES = 41 * 1024 * 1024
MODIFIED = "Mon, 02 Mar 2026 09:00:00 GMT"


@dataclass(frozen=True)
class Served:
    """A running service and where its sounds are."""

    url: str
    sound: str
    former: str
    large: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Served]:
    """A service with a sound of a megabyte, one of 41, and a former address of the first."""
    data = tmp_path_factory.mktemp("served")
    settings = settings_for(data, **standing(data))
    backends = open_backends(settings)
    with backends.database.begin() as session:
        show = make_show(session, slug="rounds")
        one = make_published(session, show, slug="one", sound=SOUND)
        large = make_published(session, show, slug="large", sound=b"\0" * LARGE_BYTES)
        for episode, sound in ((one, SOUND), (large, b"\0" * LARGE_BYTES)):
            session.refresh(episode)
            assert episode.enclosure is not None
            backends.store.put_bytes(episode.enclosure.key, sound)
        session.add(FormerEnclosure(episode_id=one.id, sha256="f" * 64, key="", replaced_at=WHEN))
        assert one.enclosure is not None
        assert large.enclosure is not None
        paths = [
            f"/media/{one.guid}/{one.enclosure.sha256[:12]}.mp3",
            f"/media/{one.guid}/{'f' * 12}.mp3",
            f"/media/{large.guid}/{large.enclosure.sha256[:12]}.mp3",
        ]
    backends.database.dispose()
    with running(settings) as url:
        yield Served(url, *(url + path for path in paths))


def ask(address: str, method: str = "GET", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, address, headers=named, timeout=60, allow_redirects=False)


def test_the_whole_sound_is_ours_and_as_long_as_the_feed_says(served: Served) -> None:
    feed = parse(ask(f"{served.url}/shows/rounds/feed.xml").content)
    length = {told["url"]: told["length"] for told in attributes(feed, "channel/item/enclosure")}
    answer = ask(served.sound)

    assert (answer.status_code, answer.content == SOUND) == (200, True)
    assert answer.headers["Content-Length"] == length[served.sound] == str(len(SOUND))
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("asked", ["bytes=0-1", "bytes=99999999-"])
def test_a_player_on_another_site_may_read_what_it_seeks_by(served: Served, asked: str) -> None:
    answer = ask(served.sound, Range=asked, Origin="https://player.example")
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")

    assert exposed == ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]


def test_head_says_the_same_and_sends_nothing(served: Served) -> None:
    whole, head = ask(served.sound), ask(served.sound, "HEAD")

    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-0", 0, 1),
        ("bytes=1-", 1, len(SOUND)),
        ("bytes=0-", 0, len(SOUND)),
        ("bytes=-500", len(SOUND) - 500, len(SOUND)),
        ("bytes=-99999999", 0, len(SOUND)),
        ("bytes=262143-262145", 262143, 262146),
        ("bytes=1000000-99999999", 1_000_000, len(SOUND)),
        (f"bytes={len(SOUND) - 1}-", len(SOUND) - 1, len(SOUND)),
        ("bytes=300000-900000", 300_000, 900_001),
    ],
)
def test_a_range_is_that_part_of_the_sound(served: Served, asked: str, start: int, end: int) -> None:
    answer = ask(served.sound, Range=asked)

    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"
    assert answer.headers["Content-Length"] == str(end - start)
    assert answer.content == SOUND[start:end]


@pytest.mark.parametrize("asked", ["bytes=-500", "bytes=0-1", f"bytes={len(SOUND)}-"])
def test_head_tells_of_the_whole_whatever_range_it_names(served: Served, asked: str) -> None:
    answer = ask(served.sound, "HEAD", Range=asked)

    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(SOUND)))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize("asked", [f"bytes={len(SOUND)}-", "bytes=99999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(served: Served, asked: str) -> None:
    answer = ask(served.sound, Range=asked)

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(SOUND)}"
    assert answer.content == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,3-4",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 1000, 2)),
        "bytes=x",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=1.5-3",
        "bytes=0x0-1",
        "bytes=²-3",
        "bytes=-1-2",
        "bytes=9999999999999999999999999-",
        "items=0-1",
        "0-1",
        "bytes 0-1",
    ],
)
def test_malformed_and_many_ranges_get_the_whole_once(served: Served, asked: str) -> None:
    answer = requests.get(served.sound, headers={"Range": asked.encode()}, timeout=60)

    assert (answer.status_code, len(answer.content)) == (200, len(SOUND))
    assert "Content-Range" not in answer.headers


def test_a_range_that_goes_on_with_this_sound_is_given(served: Served) -> None:
    etag = ask(served.sound, "HEAD").headers["ETag"]

    for condition in (etag, MODIFIED):
        assert ask(served.sound, Range="bytes=5-9", If_Range=condition).content == SOUND[5:10]


@pytest.mark.parametrize(
    "condition",
    ['"another"', 'W/"weak"', "Sun, 01 Mar 2026 09:00:00 GMT", "Tue, 03 Mar 2026 09:00:00 GMT", "nonsense"],
)
def test_a_range_that_goes_on_with_another_sound_is_the_whole(served: Served, condition: str) -> None:
    answer = ask(served.sound, Range="bytes=5-9", If_Range=condition)

    assert (answer.status_code, answer.content == SOUND) == (200, True)


def test_who_has_it_is_told_so_and_gets_nothing(served: Served) -> None:
    etag = ask(served.sound, "HEAD").headers["ETag"]

    for condition in (
        {"If_None_Match": etag},
        {"If_None_Match": f'"x", W/{etag}'},
        {"If_Modified_Since": MODIFIED},
    ):
        answer = ask(served.sound, Range="bytes=0-1", **condition)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == etag
    assert ask(served.sound, If_None_Match='"old"', If_Modified_Since=MODIFIED).status_code == 200


BEFORE, AFTER = "Sun, 01 Mar 2026 09:00:00 GMT", "Tue, 03 Mar 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If_Match": "{etag}"}, 206),
        ({"If_Match": '"x", {etag}'}, 206),
        ({"If_Match": "*"}, 206),
        ({"If_Match": '"old"'}, 412),
        ({"If_Match": "W/{etag}"}, 412),
        ({"If_Unmodified_Since": MODIFIED}, 206),
        ({"If_Unmodified_Since": AFTER}, 206),
        ({"If_Unmodified_Since": BEFORE}, 412),
        ({"If_Unmodified_Since": "nonsense"}, 206),
        ({"If_Match": "{etag}", "If_Unmodified_Since": BEFORE}, 206),
        ({"If_Match": '"old"', "If_None_Match": "{etag}"}, 412),
        ({"If_Match": "{etag}", "If_None_Match": "{etag}"}, 304),
        ({"If_Unmodified_Since": BEFORE, "If_Modified_Since": MODIFIED}, 412),
        ({"If_None_Match": "*"}, 304),
    ],
)
def test_conditions_are_asked_in_their_order(served: Served, conditions: dict[str, str], status: int) -> None:
    etag = ask(served.sound, "HEAD").headers["ETag"]
    said = {name: value.replace("{etag}", etag) for name, value in conditions.items()}
    answer = ask(served.sound, Range="bytes=0-1", **said)

    assert (answer.status_code, len(answer.content)) == (status, 2 if status == 206 else 0)


def test_a_download_is_saved_under_a_plain_name(served: Served) -> None:
    answer = ask(served.sound + "?download=1", "HEAD")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="one.mp3"'
    assert "Content-Disposition" not in ask(served.sound, "HEAD").headers


def test_a_former_address_leads_to_the_present_one(served: Served) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(served.former, method)
        assert (answer.status_code, answer.headers["Location"]) == (302, served.sound)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert ask(served.former + "?download=1").headers["Location"] == served.sound + "?download=1"


def test_no_other_address_has_sound(served: Served) -> None:
    stem = served.sound.removesuffix(".mp3")
    guid = stem.split("/")[-2]
    wrong = (
        stem[:-12] + "0" * 12 + ".mp3",
        stem,
        stem + ".wav",
        stem + ".mp3.html",
        served.sound.replace(guid, guid[:-1] + ("0" if guid[-1] != "0" else "1")),
        served.sound.replace(guid, "one"),
    )

    assert [ask(address).status_code for address in wrong] == [404] * len(wrong)


def test_one_connection_serves_one_answer_after_the_other(served: Served) -> None:
    with requests.Session() as session:
        for _ in range(3):
            assert (
                session.get(served.sound, headers={"Range": "bytes=10-19"}, timeout=60).content
                == SOUND[10:20]
            )
            assert session.head(served.sound, timeout=60).headers["Content-Length"] == str(len(SOUND))
            assert session.get(served.sound, headers={"Range": "bytes=-3"}, timeout=60).content == SOUND[-3:]
            assert session.get(f"{served.url}/shows/rounds", timeout=60).status_code == 200


def test_stalled_listeners_do_not_stop_the_pages(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    path = served.large.removeprefix(served.url)
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nRange: bytes=0-\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(60):
            listener = stack.enter_context(socket.create_connection((host, int(port)), timeout=60))
            listener.sendall(request)
            assert listener.recv(12) == b"HTTP/1.1 206"

        statuses = [requests.get(f"{served.url}/shows/rounds", timeout=10).status_code for _ in range(20)]
        whole = ask(served.sound)

    assert statuses == [200] * 20
    assert whole.content == SOUND
