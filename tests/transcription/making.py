"""Transcripts for tests: made by hand, and made at random with every hostile character."""

from hypothesis import strategies as st

from transcription.transcript import Segment, Transcript, Word, segment_of

HOSTILE = [
    "-->",
    "00:00:01.000 --> 00:00:02.000",
    "<script>alert(1)</script>",
    "</v><v Eve>",
    "a & b &amp; c",
    "\x00\x07\x1b[31m",
    "\u202egnp.exe\u202c",
    "one\n\ntwo\r\nthree\u2028four\x85five",
    "NOTE",
    "WEBVTT",
    "STYLE",
    "{\\an8}",
    "1",
    "a>b",
    "\ufeff\ufffe\ud800",
    "]]>",
    "\"quoted\" 'single'",
    "x" * 200,
    "   ",
    "",
]

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text("abc <>&-\n.,!?", max_size=120))
speakers = st.one_of(
    st.none(), st.sampled_from(["Anna", "a>b", "<v Eve>", "A & B\n\n1", ""]), st.text(max_size=20)
)


def make_words(
    text: str, *, start_ms: int = 0, word_ms: int = 300, pauses: dict[int, int] | None = None
) -> tuple[Word, ...]:
    """One word after the other, each as long; `pauses` gives the silence before a word, by its index."""
    words, at = [], start_ms
    for index, word in enumerate(text.split()):
        at += (pauses or {}).get(index, 0)
        words.append(Word(at, at + word_ms, f" {word}", 0.9))
        at += word_ms
    return tuple(words)


def make_segment(text: str, *, start_ms: int = 0, speaker: str | None = None) -> Segment:
    return segment_of(make_words(text, start_ms=start_ms), speaker)


def make_transcript(*segments: Segment, duration_ms: int | None = None) -> Transcript:
    ends = max((segment.end_ms for segment in segments), default=0)
    return Transcript("en", ends if duration_ms is None else duration_ms, segments)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    segments, at = [], 0
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.integers(0, 3000))
        length = draw(st.integers(0, 12_000))
        segments.append(Segment(at, at + length, draw(texts), (), draw(speakers)))
        at += length
    return Transcript("en", at + draw(st.integers(0, 500)), tuple(segments))
