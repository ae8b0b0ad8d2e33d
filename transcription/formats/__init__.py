"""The table of transcript formats: one line for each, so that feed, page and download cannot disagree.

Every format writes a transcript whose segments are sentences, and reads back what it wrote;
reading anything else raises FormatError.
"""

from collections.abc import Callable
from dataclasses import dataclass

from transcription.formats import html, podcast_json, srt, text, webvtt
from transcription.formats.passage import Passage
from transcription.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `media_type` is what feed and response both say; `timed` means `rel="captions"`."""

    name: str
    extension: str
    media_type: str
    timed: bool
    write: Callable[[Transcript], bytes]
    read: Callable[[bytes], tuple[Passage, ...]]


# Media types: Podcasting 2.0, item transcript. WebVTT first: the one format to have if there is only one.
FORMATS: tuple[Format, ...] = (
    Format("WebVTT", "vtt", "text/vtt", True, webvtt.write, webvtt.read),
    Format("SubRip", "srt", "application/x-subrip", True, srt.write, srt.read),
    Format("JSON", "json", "application/json", True, podcast_json.write, podcast_json.read),
    Format("Web page", "html", "text/html", False, html.write, html.read),
    Format("Plain text", "txt", "text/plain", False, text.write, text.read),
)

BY_EXTENSION: dict[str, Format] = {form.extension: form for form in FORMATS}

__all__ = ["BY_EXTENSION", "FORMATS", "Format", "Passage"]
