"""What a directory would meet: every answer that is wrong is told of, and right ones are not."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from app.services.served import MOST_EPISODES, Answer, Served, look
from feeds.channel import Channel, Item
from feeds.problem import Code, Field
from feeds.rss import render_rss
from tests.feeds.factories import BASE, make_enclosure, make_full_channel, make_full_item
from transcription.formats import BY_EXTENSION
from transcription.transcript import Segment, Transcript

FEED = f"{BASE}/shows/rounds/feed.xml"
SOUND, VTT, CHAPTERS = f"{BASE}/m/1.mp3", f"{BASE}/transcripts/item-1.vtt", f"{BASE}/chapters/item-1.json"
ART = f"{BASE}/artwork/rounds.jpg"
#: A frame of MPEG 1, layer III, 128 kbit/s, 44.1 kHz; no count of frames: 16 bytes a millisecond.
FRAME = b"\xff\xfb\x90\x00" + b"\x00" * 60
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x04tags" + FRAME + b"\x00" * (16 * 60_000 - len(FRAME))
OPEN = {"access-control-allow-origin": "*"}


def picture(width_px: int = 1400, height_px: int = 1400, mode: str = "RGB", kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width_px, height_px)).save(file, kind)
    return file.getvalue()


def transcript(extension: str) -> bytes:
    said = Transcript("en", 60_000, (Segment(0, 4_000, "Good morning.", (), None),))
    return BY_EXTENSION[extension].write(said)


class Site:
    """A service that answers rightly; a test breaks one answer."""

    def __init__(self, channel: Channel) -> None:
        self.files: dict[str, tuple[str, bytes]] = {
            FEED: ("application/rss+xml; charset=utf-8", render_rss(channel)),
            ART: ("image/jpeg", picture()),
        }
        self.breaks: list[Callable[[str, str, Mapping[str, str], Answer], Answer]] = []
        self.asked: list[tuple[str, str, int]] = []
        for item in channel.items:
            self._add(item)

    def _add(self, item: Item) -> None:
        assert item.enclosure is not None
        self.files[item.enclosure.url] = ("audio/mpeg", MP3)
        for link in item.transcripts:
            self.files[link.url] = (
                f"{link.media_type}; charset=utf-8",
                transcript(link.url.rpartition(".")[2]),
            )
        if item.chapters_url:
            written = {"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Welcome"}]}
            self.files[item.chapters_url] = ("application/json+chapters", json.dumps(written).encode())

    def fetch(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        answer = self._answer(method, url, headers)
        for change in self.breaks:
            answer = change(method, url, headers, answer)
        self.asked.append((method, url, len(answer.body)))
        return answer

    def _answer(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        if url not in self.files:
            return Answer(404, {}, b"")
        kind, body = self.files[url]
        said = {"content-type": kind, "content-length": str(len(body)), "etag": '"1"', **OPEN}
        if headers.get("If-None-Match") == '"1"':
            return Answer(304, said, b"")
        if method == "HEAD":
            return Answer(200, said, b"")
        if "Range" in headers:
            first, _, last = headers["Range"].removeprefix("bytes=").partition("-")
            part = body[int(first) : int(last) + 1]
            said["content-range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}"
            return Answer(206, said, part)
        return Answer(200, said, body)


def channel_of(count: int = 1, **changes: Any) -> Channel:
    items = []
    for number in range(1, count + 1):
        sound = make_enclosure(url=f"{BASE}/m/{number}.mp3", length_bytes=len(MP3))
        about = {"enclosure": sound, "duration_ms": 60_000, "image_url": ART, "episode": number}
        items.append(make_full_item(min(number, 28), **about | {"guid": f"item-{number}"} | changes))
    return make_full_channel(*items)


def looked(site: Site) -> Served:
    return look(FEED, site.fetch, lambda: False)


def on(url: str, method: str, change: Callable[[Answer], Answer]) -> Any:
    return lambda asked, address, headers, answer: (
        change(answer) if (asked, address) == (method, url) else answer
    )


def status(number: int) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, status=number)


def header(name: str, value: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, headers={**answer.headers, name: value})


def body(content: bytes) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=content)


def test_right_answers_are_no_problem_and_no_sound_is_read_whole() -> None:
    site = Site(channel_of())
    served = looked(site)

    assert (served.problems, served.looked_at, served.of, served.elsewhere) == ((), 1, 1, 0)
    assert sum(size for _method, url, size in site.asked if url == SOUND) < 200


FLAWS: dict[str, tuple[Any, Code, Field, bool]] = {
    "feed of another type": (
        on(FEED, "GET", header("content-type", "text/html")),
        Code.SERVED_WRONG,
        Field.SERVICE,
        True,
    ),
    "no HEAD of the feed": (on(FEED, "HEAD", status(405)), Code.SERVED_WRONG, Field.SERVICE, True),
    "another length of the feed": (
        on(FEED, "HEAD", header("content-length", "1")),
        Code.SERVED_WRONG,
        Field.SERVICE,
        True,
    ),
    "no ETag": (on(FEED, "GET", header("etag", "")), Code.SERVED_WRONG, Field.SERVICE, False),
    "no picture": (on(ART, "GET", status(404)), Code.ARTWORK_BROKEN, Field.ARTWORK, True),
    "no HEAD of the picture": (on(ART, "HEAD", status(405)), Code.SERVED_WRONG, Field.SERVICE, True),
    "half a picture": (on(ART, "GET", body(picture()[:900])), Code.ARTWORK_BROKEN, Field.ARTWORK, True),
    "a small picture": (on(ART, "GET", body(picture(300, 300))), Code.ARTWORK_SIZE, Field.ARTWORK, True),
    "a wide picture": (on(ART, "GET", body(picture(1600))), Code.ARTWORK_NOT_SQUARE, Field.ARTWORK, True),
    "a printed picture": (
        on(ART, "GET", body(picture(mode="CMYK"))),
        Code.ARTWORK_COLOURS,
        Field.ARTWORK,
        True,
    ),
    "a PNG named so not": (on(ART, "GET", body(picture(kind="PNG"))), Code.ARTWORK_TYPE, Field.ARTWORK, True),
    "no sound": (on(SOUND, "HEAD", status(404)), Code.SERVED_WRONG, Field.SERVICE, True),
    "another length of the sound": (
        on(SOUND, "HEAD", header("content-length", "9")),
        Code.SERVED_WRONG,
        Field.SERVICE,
        True,
    ),
    "another type of the sound": (
        on(SOUND, "HEAD", header("content-type", "audio/ogg")),
        Code.SERVED_WRONG,
        Field.SERVICE,
        True,
    ),
    "no ranges": (on(SOUND, "GET", status(200)), Code.SERVED_WRONG, Field.SERVICE, True),
    "ranges of another file": (
        on(SOUND, "GET", header("content-range", "bytes 0-1/9")),
        Code.SERVED_WRONG,
        Field.SERVICE,
        True,
    ),
    "no transcript": (on(VTT, "GET", status(404)), Code.TRANSCRIPT_WRONG, Field.TRANSCRIPT, False),
    "transcript of another type": (
        on(VTT, "GET", header("content-type", "text/plain")),
        Code.TRANSCRIPT_WRONG,
        Field.TRANSCRIPT,
        False,
    ),
    "transcript for us only": (
        on(VTT, "GET", header("access-control-allow-origin", "https://x.example")),
        Code.TRANSCRIPT_WRONG,
        Field.TRANSCRIPT,
        False,
    ),
    "transcript of nothing": (on(VTT, "GET", body(b"hello")), Code.TRANSCRIPT_WRONG, Field.TRANSCRIPT, False),
    "no chapters": (on(CHAPTERS, "GET", status(404)), Code.CHAPTERS_WRONG, Field.CHAPTERS, False),
    "chapters of nothing": (on(CHAPTERS, "GET", body(b"{}")), Code.CHAPTERS_WRONG, Field.CHAPTERS, False),
    "chapters beyond the end": (
        on(
            CHAPTERS,
            "GET",
            body(b'{"version": "1.2.0", "chapters": [{"startTime": 60, "title": "Late"}]}'),
        ),
        Code.CHAPTERS_WRONG,
        Field.CHAPTERS,
        False,
    ),
}


@pytest.mark.parametrize("name", FLAWS)
def test_each_wrong_answer_is_told_of_once(name: str) -> None:
    change, code, field, is_grave = FLAWS[name]
    site = Site(channel_of())
    site.breaks.append(change)

    assert [(one.code, one.field, one.is_grave) for one in looked(site).problems] == [(code, field, is_grave)]


def test_sound_that_is_none_cannot_be_played() -> None:
    site = Site(channel_of())
    site.files[SOUND] = ("audio/mpeg", b"<html>" + MP3[6:])

    (told,) = looked(site).problems
    assert (told.code, told.field, told.guid) == (Code.SERVED_WRONG, Field.RECORDING, "item-1")


def test_a_length_that_the_sound_does_not_have_is_told_of() -> None:
    (told,) = looked(Site(channel_of(duration_ms=90_000))).problems

    assert (told.code, told.guid) == (Code.DURATION_MISMATCH, "item-1")


@pytest.mark.parametrize("change", [status(404), body(b"<html>")])
def test_without_a_feed_there_is_nothing_else_to_say(change: Callable[[Answer], Answer]) -> None:
    site = Site(channel_of())
    site.breaks.append(on(FEED, "GET", change))

    assert [one.what for one in looked(site).problems] == ["The feed cannot be loaded."]


def test_sound_that_a_store_hands_out_is_not_asked_for() -> None:
    site = Site(channel_of())
    site.breaks.append(on(SOUND, "HEAD", lambda _: Answer(302, {"location": "https://store.example/1"}, b"")))
    served = looked(site)

    assert (served.problems, served.elsewhere) == ((), 1)


def test_only_the_newest_episodes_are_looked_at() -> None:
    served = looked(Site(channel_of(MOST_EPISODES + 5)))

    assert (served.looked_at, served.of) == (MOST_EPISODES, MOST_EPISODES + 5)


def test_when_the_time_is_up_the_rest_is_left() -> None:
    left = iter([False, False, True])
    served = look(FEED, Site(channel_of(9)).fetch, lambda: next(left))

    assert (served.looked_at, served.of) == (2, 9)
