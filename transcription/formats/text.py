"""Plain text: paragraphs to read, print and quote, with the speaker where the speaker changes."""

from transcription.errors import FormatError
from transcription.formats.passage import Passage
from transcription.inert import inert
from transcription.paragraphs import paragraphs
from transcription.spacing import running, unbroken
from transcription.transcript import Transcript


def write(transcript: Transcript) -> bytes:
    """The transcript as UTF-8 text, an empty line between paragraphs."""
    blocks: list[str] = []
    named: str | None = None
    for paragraph in paragraphs(transcript.segments):
        text = running(paragraph)
        if not text:
            continue
        speaker = inert(paragraph[0].speaker or "") or None
        blocks.append(f"{speaker}:\n{text}\n" if speaker and speaker != named else f"{text}\n")
        named = speaker
    return "\n".join(blocks).encode()


def read(data: bytes) -> tuple[Passage, ...]:
    """The paragraphs of a text; a line before a paragraph that ends in a colon names its speaker."""
    try:
        blocks = [block for block in data.decode().split("\n\n") if block.strip()]
    except UnicodeDecodeError as error:
        raise FormatError("a text transcript is UTF-8 here") from error
    return tuple(_passage(block.strip("\n")) for block in blocks)


def _passage(block: str) -> Passage:
    first, _, rest = block.partition("\n")
    if rest and first.endswith(":"):
        return Passage(unbroken(rest.split("\n")), speaker=first.removesuffix(":"))
    return Passage(unbroken(block.split("\n")))
