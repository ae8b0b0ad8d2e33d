"""HTML transcript of Podcasting 2.0: `<cite>` the speaker, `<time>` the start, `<p>` the text.

Source: podcast namespace, item transcript, example transcripts. A document of its own, served as a
file; the episode page has its own template.
"""

from html import escape
from html.parser import HTMLParser

from transcription.errors import FormatError
from transcription.formats.passage import Passage
from transcription.inert import inert
from transcription.paragraphs import Paragraph, paragraphs
from transcription.spacing import running
from transcription.transcript import Transcript


def write(transcript: Transcript) -> bytes:
    """The transcript as an HTML document of paragraphs; nothing in it can run or load anything."""
    blocks = [_block(paragraph) for paragraph in paragraphs(transcript.segments)]
    language = escape(inert(transcript.language))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        "<title>Transcript</title>\n</head>\n"
        f"<body>\n{''.join(blocks)}</body>\n</html>\n"
    ).encode()


def read(data: bytes) -> tuple[Passage, ...]:
    """The paragraphs of such a document."""
    reader = _Reader()
    try:
        reader.feed(data.decode())
    except UnicodeDecodeError as error:
        raise FormatError("an HTML transcript is UTF-8 here") from error
    reader.close()
    if not reader.is_html:
        raise FormatError("not an HTML document")
    return tuple(reader.passages)


def _block(paragraph: Paragraph) -> str:
    text = running(paragraph)
    if not text:
        return ""
    speaker = inert(paragraph[0].speaker or "")
    cite = f"<cite>{escape(speaker)}:</cite>\n" if speaker else ""
    start_ms = paragraph[0].start_ms
    time = f'<time datetime="PT{start_ms // 1000}.{start_ms % 1000:03}S">{_clock(start_ms)}</time>\n'
    return f'{cite}{time}<p dir="auto">{escape(text)}</p>\n'


def _clock(time_ms: int) -> str:
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class _Reader(HTMLParser):
    """Collects paragraphs with the `<cite>` and `<time>` before them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.is_html = False
        self.passages: list[Passage] = []
        self._inside = ""
        self._said = {"cite": "", "p": ""}
        self._start_ms: int | None = None

    def handle_decl(self, decl: str) -> None:
        self.is_html = decl.lower() == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "time":
            written = (dict(attrs).get("datetime") or "").removeprefix("PT").removesuffix("S")
            try:
                self._start_ms = round(float(written) * 1000)
            except (ValueError, OverflowError) as error:
                raise FormatError(f"{written!r} is not a time") from error

    def handle_data(self, data: str) -> None:
        if self._inside in self._said:
            self._said[self._inside] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag == "p":
            speaker = self._said["cite"].removesuffix(":") or None
            self.passages.append(Passage(self._said["p"], self._start_ms, None, speaker))
            self._said = {"cite": "", "p": ""}
            self._start_ms = None
