"""Chapters as JSON, format 1.2 of the podcast namespace: write, read, validate.

Apps show them in the player, and Apple as section headers in its transcript view.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from feeds.address import web_address
from feeds.errors import ChaptersError
from feeds.text import one_line

CHAPTERS_VERSION = "1.2.0"


@dataclass(frozen=True)
class Chapter:
    """A titled start time."""

    start_ms: int
    title: str
    end_ms: int | None = None
    image_url: str | None = None
    link: str | None = None
    in_contents: bool = True  #: False: changes the picture or link, but is not listed (toc)


def chapter_problems(chapters: Sequence[Chapter], duration_ms: int | None = None) -> list[str]:
    """What is wrong with the chapters, in words; empty where they can be written."""
    problems = []
    if not chapters:
        problems.append("there is no chapter")
    for number, chapter in enumerate(chapters, start=1):
        problems += [f"chapter {number} {problem}" for problem in _problems_of(chapter, duration_ms)]
    for number, (former, latter) in enumerate(pairwise(chapters), start=2):
        if latter.start_ms <= former.start_ms:
            problems.append(f"chapter {number} does not start after the one before it")
    return problems


def write_chapters(
    chapters: Sequence[Chapter], *, title: str | None = None, show: str | None = None
) -> bytes:
    """The document as UTF-8 JSON; raises ChaptersError for chapters that have problems.

    The same chapters always give the same bytes. To be served as application/json+chapters.
    """
    problems = chapter_problems(chapters)
    if problems:
        raise ChaptersError("; ".join(problems))
    document: dict[str, Any] = {"version": CHAPTERS_VERSION}
    if title:
        document["title"] = one_line(title)
    if show:
        document["podcastName"] = one_line(show)
    document["chapters"] = [_as_json(chapter) for chapter in chapters]
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode()


def read_chapters(document: bytes | str) -> tuple[Chapter, ...]:
    """The chapters of a document, in the order of their starts; raises ChaptersError for a broken one.

    Unknown members are passed over, as the format may grow. Addresses that are no web addresses are dropped.
    """
    try:
        content = json.loads(document, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ChaptersError("not JSON") from error
    if not isinstance(content, dict):
        raise ChaptersError("not an object")
    if not isinstance(content.get("version"), str) or content["version"].split(".")[0] != "1":
        raise ChaptersError("version is not 1")
    if not isinstance(content.get("chapters"), list):
        raise ChaptersError("chapters is not a list")
    return tuple(sorted(map(_from_json, content["chapters"]), key=lambda chapter: chapter.start_ms))


def _problems_of(chapter: Chapter, duration_ms: int | None) -> Iterable[str]:
    if chapter.start_ms < 0:
        yield "starts before the beginning"
    if duration_ms is not None and chapter.start_ms >= duration_ms:
        yield "starts after the end"
    if chapter.end_ms is not None and chapter.end_ms <= chapter.start_ms:
        yield "ends before it starts"
    if chapter.in_contents and not one_line(chapter.title):
        yield "has no title"
    for name, address in (("an image", chapter.image_url), ("a link", chapter.link)):
        if address is not None and web_address(address) is None:
            yield f"has {name} that is not a web address"


def _as_json(chapter: Chapter) -> dict[str, Any]:
    members: dict[str, Any] = {"startTime": _seconds(chapter.start_ms)}
    title = one_line(chapter.title)
    if title:
        members["title"] = title
    if chapter.end_ms is not None:
        members["endTime"] = _seconds(chapter.end_ms)
    if chapter.image_url is not None:
        members["img"] = web_address(chapter.image_url)
    if chapter.link is not None:
        members["url"] = web_address(chapter.link)
    if not chapter.in_contents:
        members["toc"] = False
    return members


def _from_json(members: Any) -> Chapter:
    if not isinstance(members, dict):
        raise ChaptersError("a chapter is not an object")
    title = members.get("title", "")
    if not isinstance(title, str):
        raise ChaptersError("a title is not text")
    end = members.get("endTime")
    return Chapter(
        start_ms=_milliseconds("startTime", members.get("startTime")),
        title=one_line(title),
        end_ms=None if end is None else _milliseconds("endTime", end),
        image_url=_address(members.get("img")),
        link=_address(members.get("url")),
        in_contents=members.get("toc") is not False,
    )


def _milliseconds(member: str, seconds: Any) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ChaptersError(f"{member} is not a number")
    if not 0 <= seconds <= _LONGEST_SECONDS or math.isnan(seconds):
        raise ChaptersError(f"{member} is out of range")
    return round(seconds * 1000)


def _seconds(milliseconds: int) -> int | float:
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def _address(value: Any) -> str | None:
    return web_address(value) if isinstance(value, str) else None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # JSON has neither NaN nor Infinity, whatever Python reads


_LONGEST_SECONDS = 1_000_000  # eleven days: beyond any recording, within any float's precision
