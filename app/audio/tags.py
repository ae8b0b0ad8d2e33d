"""ID3v2.3 tags for the MP3 that we made: title, show, picture, chapters.

Version 2.3, because that is what players read. Tags of an uploaded file are never read here or anywhere in
process (threats, finding 5): mutagen only ever sees our own file.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen.id3

_id3: Any = mutagen.id3  # mutagen says nothing of its types

_NO_OFFSET = 0xFFFFFFFF
"""ID3v2 chapter frames, 3.1: the byte offsets are unused, times count."""

_MOST_CHAPTERS = 255
"""ID3v2 chapter frames, 3.2: a table of contents counts its entries in one byte. The page and the chapters
file have all of them; players that read nested tables are rare."""

# ISO 639-1 to ISO 639-2, as TLAN wants it; a language that is not here is left out
_LANGUAGES = {
    "ar": "ara", "bn": "ben", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "el": "ell", "en": "eng",
    "es": "spa", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle", "gd": "gla", "gu": "guj", "hi": "hin",
    "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "nl": "nld", "no": "nor", "pa": "pan",
    "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "so": "som", "sv": "swe", "ta": "tam", "tr": "tur",
    "uk": "ukr", "ur": "urd", "zh": "zho",
}  # fmt: skip


@dataclass(frozen=True)
class Tags:
    """What a player shows; `chapters` are (start in ms, title); `language` is a code such as en-GB."""

    title: str
    show: str
    duration_ms: int
    author: str | None = None
    artwork_jpeg: bytes | None = None
    chapters: tuple[tuple[int, str], ...] = ()
    language: str | None = None
    date: str | None = None


def write_tags(mp3_path: Path, tags: Tags) -> None:
    """Give the MP3 these tags and no others; its sound stays byte for byte, the same tags give the same file.

    Safe to run again and at any moment whole: a copy is tagged and takes the file's place. Of more than 255
    chapters the first 255 are written.
    """
    copy = mp3_path.with_suffix(".tagging")
    try:
        shutil.copyfile(mp3_path, copy)
        frames = _id3.ID3()
        for frame in _frames(tags):
            frames.add(frame)
        frames.update_to_v23()
        frames.save(copy, v1=0, v2_version=3, padding=lambda _: 0)
        copy.replace(mp3_path)
    finally:
        copy.unlink(missing_ok=True)


def _frames(tags: Tags) -> list[object]:
    text = {"encoding": _id3.Encoding.UTF16}
    frames: list[object] = [
        _id3.TIT2(text=tags.title, **text),
        _id3.TALB(text=tags.show, **text),
        _id3.TCON(text="Podcast", **text),
    ]
    frames.append(_id3.TPE1(text=tags.author or tags.show, **text))
    language = _LANGUAGES.get((tags.language or "").partition("-")[0].lower())
    if language:
        frames.append(_id3.TLAN(text=language, **text))
    if tags.date:
        frames.append(_id3.TDRC(text=tags.date, **text))
    if tags.artwork_jpeg:
        cover = {
            "mime": "image/jpeg",
            "type": _id3.PictureType.COVER_FRONT,
            "desc": "",
            "data": tags.artwork_jpeg,
        }
        frames.append(_id3.APIC(encoding=_id3.Encoding.LATIN1, **cover))
    return frames + _chapter_frames(tags)


def _chapter_frames(tags: Tags) -> list[object]:
    if not tags.chapters:
        return []
    chapters = tags.chapters[:_MOST_CHAPTERS]
    ends_ms = [start_ms for start_ms, _ in tags.chapters[1 : _MOST_CHAPTERS + 1]]
    if len(ends_ms) < len(chapters):
        ends_ms.append(tags.duration_ms)
    names = [f"chp{number}" for number in range(len(chapters))]
    frames: list[object] = [
        _id3.CHAP(
            element_id=name,
            start_time=start_ms,
            end_time=end_ms,
            start_offset=_NO_OFFSET,
            end_offset=_NO_OFFSET,
            sub_frames=[_id3.TIT2(encoding=_id3.Encoding.UTF16, text=title)],
        )
        for name, (start_ms, title), end_ms in zip(names, chapters, ends_ms, strict=True)
    ]
    flags = _id3.CTOCFlags.TOP_LEVEL | _id3.CTOCFlags.ORDERED
    return [*frames, _id3.CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[])]
