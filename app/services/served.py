"""A show's feed and its files as they are answered: what an app or a directory would meet there.

Asks by `fetch`, whoever that asks, and knows no route: it follows the addresses in the feed. Bounded by a
number of episodes and by time; whole sounds are never read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.artwork import look_at
from app.audio.mp3_head import FRAME_HEAD_BYTES, ID3_HEADER_BYTES, is_frame, play_ms, tag_bytes
from app.errors import WrongKind
from feeds.chapters import read_chapters
from feeds.errors import ChaptersError, NotAFeed
from feeds.file_rules import Picture, broken_picture, chapters_problems, length_problems, picture_problems
from feeds.podcast_ns import CHAPTERS_TYPE
from feeds.problem import Code, Field, Judge, Problem, grave_first
from feeds.reading import NamedFiles, NamedItem, read_feed
from feeds.rss import FEED_TYPE
from transcription.errors import FormatError
from transcription.formats import FORMATS

#: The newest ones; older ones were looked at when they were new.
MOST_EPISODES = 20

_BY_TYPE = {form.media_type: form for form in FORMATS}


@dataclass(frozen=True)
class Answer:
    """What was answered. Names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_elsewhere(self) -> bool:
        """Whether another address has it, as where a store hands out the sound."""
        return 300 <= self.status < 400 and "location" in self.headers


#: Method, address, headers; the body of a HEAD is empty.
Fetch = Callable[[str, str, Mapping[str, str]], Answer]


@dataclass
class Served:
    """What was found, and how far was looked."""

    problems: tuple[Problem, ...] = ()
    looked_at: int = 0  #: episodes
    of: int = 0  #: episodes in the feed
    elsewhere: int = 0  #: episodes whose sound another server hands out, which was not asked


def look(feed_url: str, fetch: Fetch, is_time_up: Callable[[], bool]) -> Served:
    """Ask for the feed, its picture, and the files of its newest episodes until the time is up."""
    whole = fetch("GET", feed_url, {})
    files = _named(whole)
    if files is None:
        return Served((_wrong("The feed cannot be loaded.", True),))
    served, found = Served(), list(_feed(feed_url, whole, fetch))
    if files.image_url is not None:
        found += _picture(files.image_url, fetch)
    served.of = len(files.items)
    for item in files.items[:MOST_EPISODES]:
        if is_time_up():
            break
        found += _item(item, files, fetch, served)
        served.looked_at += 1
    served.problems = grave_first(found)
    return served


def _named(answer: Answer) -> NamedFiles | None:
    try:
        return read_feed(answer.body) if answer.status == 200 else None
    except NotAFeed:
        return None


def _feed(feed_url: str, whole: Answer, fetch: Fetch) -> Iterator[Problem]:
    """Apple asks by HEAD; apps ask again every hour, and get nothing new by its ETag (RFC 9110, 13.1.2)."""
    head = fetch("HEAD", feed_url, {})
    if whole.media_type != FEED_TYPE:
        yield _wrong("The feed is not sent as one.", True)
    if head.status != 200 or head.headers.get("content-length") != str(len(whole.body)):
        yield _wrong("Apple first asks how long the feed is, and gets no right answer.", True)
    etag = whole.headers.get("etag", "")
    if not etag or fetch("GET", feed_url, {"If-None-Match": etag}).status != 304:
        yield _wrong("Apps load the whole feed each time, even where nothing is new.", False)


def _item(item: NamedItem, files: NamedFiles, fetch: Fetch, served: Served) -> Iterator[Problem]:
    yield from _sound(item, fetch, served)
    for link in item.transcripts:
        yield from _transcript(item.guid, link.url, link.media_type, fetch)
    if item.chapters_url is not None:
        yield from _chapters(item.guid, item.chapters_url, item.duration_ms, fetch)
    if item.image_url is not None and item.image_url != files.image_url:
        yield from _picture(item.image_url, fetch)


def _picture(url: str, fetch: Fetch) -> Iterator[Problem]:
    """Apple, itunes:image: the host allows HEAD; the rest from the pixels themselves."""
    whole = fetch("GET", url, {})
    if whole.status != 200:
        yield broken_picture()
        return
    if fetch("HEAD", url, {}).status != 200:
        yield _wrong("Apple first asks whether the picture is there, and gets no right answer.", True)
    try:
        looked = look_at(whole.body)
    except WrongKind:
        yield broken_picture()
        return
    yield from picture_problems(
        Picture(url, looked.media_type, whole.media_type, looked.width_px, looked.height_px, looked.mode)
    )


def _sound(item: NamedItem, fetch: Fetch, served: Served) -> Iterator[Problem]:
    """Apple and PRX, feed requirements: HEAD, the true length and type, and byte ranges (RFC 9110, 14)."""
    if item.enclosure is None:
        return
    url, length_bytes = item.enclosure.url, item.enclosure.length_bytes
    head = fetch("HEAD", url, {})
    if head.is_elsewhere:
        served.elsewhere += 1
        return
    if head.status != 200:
        yield _wrong("The sound cannot be loaded.", True, item.guid)
        return
    if head.headers.get("content-length") != str(length_bytes):
        yield _wrong("The sound does not have the size that the feed says.", True, item.guid)
    if head.media_type != item.enclosure.media_type:
        yield _wrong("The sound is not sent as the kind of file that the feed says.", True, item.guid)
    two = fetch("GET", url, {"Range": "bytes=0-1"})
    said = two.headers.get("content-range")
    if (two.status, said, len(two.body)) != (206, f"bytes 0-1/{length_bytes}", 2):
        yield _wrong("Listeners cannot jump to a moment: the sound is not sent in parts.", True, item.guid)
        return
    yield from _mp3(item.guid, url, length_bytes, item.duration_ms, fetch)


def _mp3(guid: str, url: str, length_bytes: int, duration_ms: int | None, fetch: Fetch) -> Iterator[Problem]:
    """Apple, enclosure: the type is the file's own. An MP3 begins with its tag, then a frame."""
    tag = tag_bytes(_part(fetch, url, 0, ID3_HEADER_BYTES))
    head = _part(fetch, url, tag, FRAME_HEAD_BYTES)
    if not is_frame(head):
        yield Problem(
            Code.SERVED_WRONG,
            (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
            True,
            "The sound is no MP3, so apps cannot play it.",
            "Replace the recording.",
            Field.RECORDING,
            guid,
        )
        return
    true_ms = play_ms(head, length_bytes - tag)
    if duration_ms is not None and true_ms is not None:
        yield from length_problems(guid, duration_ms, true_ms)


def _part(fetch: Fetch, url: str, start: int, size_bytes: int) -> bytes:
    answer = fetch("GET", url, {"Range": f"bytes={start}-{start + size_bytes - 1}"})
    return answer.body if answer.status == 206 else b""


def _transcript(guid: str, url: str, media_type: str, fetch: Fetch) -> Iterator[Problem]:
    """Podcast namespace, transcripts: no sign-in, its own type, CORS, and it can be read."""
    answer = fetch("GET", url, {})
    form = _BY_TYPE.get(media_type)
    good = answer.status == 200 and answer.media_type == media_type and _is_open(answer)
    if good and form is not None:
        try:
            form.read(answer.body)
        except FormatError:
            good = False
    if not good:
        name = form.name if form else media_type
        yield Problem(
            Code.TRANSCRIPT_WRONG,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            f"The transcript cannot be read by apps in one of its forms ({name}).",
            "Correct any sentence and save, so that it is written anew. If that changes nothing, tell "
            "whoever looks after this service.",
            Field.TRANSCRIPT,
            guid,
        )


def _chapters(guid: str, url: str, duration_ms: int | None, fetch: Fetch) -> Iterator[Problem]:
    """Podcast namespace, tag chapters: its type, CORS, and it can be read."""
    answer = fetch("GET", url, {})
    try:
        if answer.status != 200 or answer.media_type != CHAPTERS_TYPE or not _is_open(answer):
            raise ChaptersError("not served as chapters")
        chapters = read_chapters(answer.body)
    except ChaptersError:
        yield Problem(
            Code.CHAPTERS_WRONG,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            "The chapters cannot be read by apps.",
            "Save them once more.",
            Field.CHAPTERS,
            guid,
        )
        return
    yield from chapters_problems(guid, chapters, duration_ms)


def _is_open(answer: Answer) -> bool:
    """Whether players on other sites may read it."""
    return answer.headers.get("access-control-allow-origin") == "*"


def _wrong(what: str, is_grave: bool, guid: str | None = None) -> Problem:
    return Problem(
        Code.SERVED_WRONG,
        (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
        is_grave,
        what,
        "Nothing that you entered is wrong. Tell whoever looks after this service.",
        Field.SERVICE,
        guid,
    )
