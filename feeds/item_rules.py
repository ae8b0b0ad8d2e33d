"""What directories ask of each item, one rule a function; each names where it is said.

A rule sees its channel, too. What two items make wrong together is `feeds.number_rules`'.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from feeds.address import is_public
from feeds.admission import ENCLOSURE_TYPES
from feeds.channel import Channel, ChannelKind, EpisodeType, Item
from feeds.description import noted, paragraph
from feeds.problem import Code, Field, Judge, Problem
from feeds.word_rules import LEAST_BPS, length_problems, title_problems

APPLE_ENDINGS = {
    "application/pdf": (".pdf",),
    "audio/mpeg": (".mp3",),
    "audio/x-m4a": (".m4a",),
    "video/mp4": (".mp4",),
    "video/quicktime": (".mov",),
    "video/x-m4v": (".m4v",),
}
"""Apple, enclosure: the types of its list, and the ending of the address that belongs to each."""


def title(_channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple and PSP-1, item title: required, concise, plain text."""
    yield from title_problems(item.title, "The episode", Field.TITLE, item.guid)


def title_number(_channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple, item title: "Don't specify the episode number or season number in this tag"."""
    if _NUMBERED.match(" ".join(item.title.split())):
        yield Problem(
            Code.TITLE_NUMBER,
            (Judge.APPLE,),
            False,
            "The title begins with the number of the episode.",
            "Take it out of the title, and write it into the field for the number.",
            Field.TITLE,
            item.guid,
        )


def title_show(channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple, item title: "don't repeat the title of your show". Asked where a sign sets it apart."""
    show, own = (" ".join(text.split()).casefold() for text in (channel.title, item.title))
    if show and re.search(rf"^{re.escape(show)}{_SIGN}|{_SIGN}{re.escape(show)}$", own):
        yield Problem(
            Code.TITLE_SHOW,
            (Judge.APPLE,),
            False,
            "The title repeats the title of the show, which apps show beside it anyway.",
            "Leave only what this episode is about.",
            Field.TITLE,
            item.guid,
        )


def description(_channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple and PSP-1, item description: recommended, at most 4,000 bytes."""
    repeats_title = " ".join(item.summary.split()) in ("", " ".join(item.title.split()))
    if not item.description_html.strip() and repeats_title:
        yield Problem(
            Code.DESCRIPTION_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            "The episode has no summary, so apps show only its title.",
            "Write two or three sentences: who speaks, and what listeners take away.",
            Field.DESCRIPTION,
            item.guid,
        )
    described = noted(item.content_note, item.description_html or paragraph(item.summary))
    yield from length_problems(described, "The summary with its notes", Field.DESCRIPTION, item.guid)


def enclosure(_channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple and PSP-1, enclosure: required; a type of Apple's list, and the address ends with its extension.

    Apple: "The file extension specified within the URL attribute determines whether or not content appears
    in the podcast directory". Its length and address are `feeds.admission`'s.
    """
    if item.enclosure is None:
        yield Problem(
            Code.ENCLOSURE_MISSING,
            (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
            True,
            "There is no sound yet.",
            "Add a recording.",
            Field.RECORDING,
            item.guid,
        )
        return
    media_type = item.enclosure.media_type
    if media_type not in APPLE_ENDINGS:
        yield Problem(
            Code.ENCLOSURE_TYPE,
            (Judge.APPLE,) if media_type in ENCLOSURE_TYPES else (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
            True,
            "The sound is of a kind that podcast apps do not play.",
            "Replace the recording.",
            Field.RECORDING,
            item.guid,
        )
    elif not urlsplit(item.enclosure.url).path.lower().endswith(APPLE_ENDINGS[media_type]):
        yield Problem(
            Code.ENCLOSURE_ADDRESS,
            (Judge.APPLE,),
            True,
            f"The address of the sound does not end with {APPLE_ENDINGS[media_type][0]}.",
            "Ask whoever looks after this service.",
            Field.SERVICE,
            item.guid,
        )


def duration(_channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple and PSP-1, itunes:duration: recommended; and it has to be the sound's.

    Whether it is can be told from the length only where both are far apart: feeds.file_rules looks inside.
    """
    if item.enclosure is None or item.enclosure.length_bytes < 1:
        return
    if item.duration_ms is None:
        yield Problem(
            Code.DURATION_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            "Apps cannot say how long the episode is.",
            "Replace the recording.",
            Field.RECORDING,
            item.guid,
        )
    elif item.duration_ms > 0 and item.enclosure.length_bytes * 8000 / item.duration_ms <= LEAST_BPS:
        yield duration_mismatch(item.guid)


def number(channel: Channel, item: Item) -> Iterator[Problem]:
    """Apple, itunes:episode: mandatory for serial shows; without one a trailer or bonus is the show's."""
    is_full = item.episode_type is EpisodeType.FULL
    if channel.kind is ChannelKind.SERIAL and is_full and item.episode is None:
        yield Problem(
            Code.NUMBER_MISSING,
            (Judge.APPLE,),
            True,
            "The show is heard from the beginning, but this episode has no number.",
            "Enter its number, so that apps know where it belongs.",
            Field.NUMBER,
            item.guid,
        )


def transcript(_channel: Channel, item: Item) -> Iterator[Problem]:
    """PSP-1, podcast:transcript: recommended; podcast namespace, transcripts: WebVTT above all.

    Apple (podcasters.apple.com/support/5316) writes a transcript of its own where none comes with the feed.
    """
    if not item.transcripts:
        yield Problem(
            Code.TRANSCRIPT_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            "There is no transcript, so Apple may make one that nobody has checked.",
            "Wait until the transcript is ready. If the recording has stopped, try it again.",
            Field.TRANSCRIPT,
            item.guid,
        )
    elif all(link.media_type != "text/vtt" for link in item.transcripts):
        yield Problem(
            Code.WEBVTT_MISSING,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            "The transcript is missing in the form that most apps read.",
            "Ask whoever looks after this service.",
            Field.SERVICE,
            item.guid,
        )


def https(channel: Channel, item: Item) -> Iterator[Problem]:
    """Podcast namespace, podcasting2.0.md: no mixed content, so an https feed names no http file."""
    if not (is_public(channel.feed_url) and channel.feed_url.startswith("https://")):
        return
    files = [item.image_url, item.chapters_url, item.enclosure.url if item.enclosure else None]
    files += [link.url for link in item.transcripts] + [person.img for person in item.persons]
    if any(url is not None and url.startswith("http://") for url in files):
        yield Problem(
            Code.NOT_HTTPS,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            "A file of this episode has an http:// address, and some apps open only https://.",
            "Ask whoever looks after this service.",
            Field.SERVICE,
            item.guid,
        )


def duration_mismatch(guid: str) -> Problem:
    """Apple, itunes:duration: apps show it beside the sound before they have it."""
    return Problem(
        Code.DURATION_MISMATCH,
        (Judge.APPLE,),
        False,
        "The episode is announced with a length that its sound does not have.",
        "Replace the recording; if that changes nothing, tell whoever looks after this service.",
        Field.RECORDING,
        guid,
    )


ITEM_RULES = (
    enclosure,
    title,
    title_number,
    title_show,
    description,
    duration,
    number,
    transcript,
    https,
)


_SIGN = r"\s*(?:[:|•·–—]|\s-)\s*"
_NUMBERED = re.compile(
    r"(?:(?:episode|ep\.?)\s*#?\d+|#\d+|s(?:eason)?\s*\d+\W{0,2}\s*e(?:p(?:isode)?)?\.?\s*\d+)(?:\s*(?:[:.,|)–—-]|$))",
    re.IGNORECASE,
)
