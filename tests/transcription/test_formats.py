"""Each format is written, read back by itself and by others' readers, and compared to a golden file."""

import io
import json
import re
from pathlib import Path

import html5lib
import pytest
import srt
import webvtt
from hypothesis import given

from tests.transcription.making import HOSTILE, make_segment, make_transcript, transcripts
from transcription.cues import LONGEST_LINE_CHARACTERS, cues
from transcription.errors import FormatError
from transcription.formats import BY_EXTENSION, FORMATS
from transcription.inert import inert
from transcription.paragraphs import paragraphs
from transcription.transcript import Segment, Transcript

GOLDEN = Path(__file__).parent / "golden"

CONVERSATION = make_transcript(
    make_segment("Good morning, and welcome to the first episode.", start_ms=400, speaker="Anna"),
    make_segment("Today we talk about listening & being heard.", start_ms=3200, speaker="Anna"),
    make_segment(
        "Thank you. When I came to the ward, nobody asked me what I needed, and so I began to write it down.",
        start_ms=7000,
        speaker="Ben O’Neill",
    ),
    make_segment("It was 3 < 5, as they say.", start_ms=16_000, speaker="Ben O’Neill"),
    make_segment("Yes.", start_ms=3_700_000, speaker="Anna"),
    duration_ms=3_702_000,
)


def told(transcript: Transcript) -> str:
    """All the text, without any spaces: what no format may lose."""
    return _squeezed(" ".join(inert(segment.text) for segment in transcript.segments))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
def test_a_format_is_written_as_it_was_agreed(form):
    golden = GOLDEN / f"conversation.{form.extension}"

    assert form.write(CONVERSATION).decode() == golden.read_text()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
@given(transcript=transcripts())
def test_every_format_reads_back_what_it_wrote(form, transcript):
    passages = form.read(form.write(transcript))

    if form.extension not in ("srt", "txt"):  # these have no escapes: look-alikes and names join the text
        assert _squeezed(" ".join(passage.text for passage in passages)) == told(transcript)
    assert all(passage.text.strip() for passage in passages)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
def test_every_format_of_nothing_is_valid_and_empty(form):
    assert form.read(form.write(make_transcript())) == ()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
@given(transcript=transcripts())
def test_no_format_carries_what_acts(form, transcript):
    written = form.write(transcript).decode("utf-8")

    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", written
    )
    if form.extension != "txt":
        assert "<script" not in written


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x80"])
def test_what_is_not_text_is_refused(form, data):
    with pytest.raises(FormatError):
        form.read(data)


@pytest.mark.parametrize(
    ("extension", "data"),
    [
        ("vtt", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"),
        ("vtt", b"WEBVTT\n\nhello\n"),
        ("vtt", b"WEBVTT\n\n00:00:00.000 --> 00:61:00.000\nhello\n"),
        ("srt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"),
        ("srt", b"2\n00:00:00,000 --> 00:00:01,000\nhello\n"),
        ("json", b"[]"),
        ("json", b'{"version": 1, "segments": []}'),
        ("json", b'{"version": "1.0.0", "segments": [{"startTime": 0, "endTime": 1}]}'),
        ("json", b'{"version": "1.0.0", "segments": [{"startTime": 1e999, "endTime": 1, "body": "a"}]}'),
        ("html", b"hello"),
        ("html", b'<!DOCTYPE html><time datetime="soon">0:00</time><p>a</p>'),
    ],
)
def test_another_format_is_refused(extension, data):
    with pytest.raises(FormatError):
        BY_EXTENSION[extension].read(data)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.extension)
def test_text_without_spaces_is_read_back_without_any(form):
    said = "今天我们在病房里谈一谈护士怎样改变交接班的方法，让每一位病人也能听到并且说出自己的想法。"
    transcript = make_transcript(
        Segment(0, 6000, said), Segment(9000, 9300, "好。"), Segment(9300, 9600, "是。")
    )
    read = "".join(passage.text for passage in form.read(form.write(transcript)))

    assert read == said + "好。是。"


def test_media_types_are_those_of_the_podcast_namespace():
    assert [form.media_type for form in FORMATS] == [
        "text/vtt",
        "application/x-subrip",
        "application/json",
        "text/html",
        "text/plain",
    ]


@given(transcripts())
def test_another_reader_finds_every_cue_in_webvtt(transcript):
    written = BY_EXTENSION["vtt"].write(transcript).decode()
    made = cues(transcript.segments, transcript.duration_ms)

    read = webvtt.from_string(written)

    assert [round(cue.start_in_seconds) for cue in read] == [cue.start_ms // 1000 for cue in made]
    assert [len(cue.lines) for cue in read] == [len(cue.lines) for cue in made]
    for cue in read:
        assert all(len(line) <= 5 * LONGEST_LINE_CHARACTERS for line in cue.lines)


def test_webvtt_names_speakers_and_keeps_lines_short():
    (first, *_) = webvtt.from_string(BY_EXTENSION["vtt"].write(CONVERSATION).decode())

    assert first.voice == "Anna"
    assert all(len(line) <= LONGEST_LINE_CHARACTERS for line in first.lines)


@pytest.mark.parametrize("text", [text for text in HOSTILE if inert(text)])
def test_hostile_text_and_names_come_back_from_webvtt_as_text(text):
    transcript = make_transcript(Segment(0, 5000, text, (), text))

    passages = BY_EXTENSION["vtt"].read(BY_EXTENSION["vtt"].write(transcript))

    assert _squeezed("".join(passage.text for passage in passages)) == told(transcript)
    assert {passage.speaker for passage in passages} == {inert(text)}


@given(transcripts())
def test_another_reader_finds_every_cue_in_subrip(transcript):
    made = cues(transcript.segments, transcript.duration_ms)

    read = list(srt.parse(BY_EXTENSION["srt"].write(transcript).decode(), ignore_errors=False))

    assert [round(cue.start.total_seconds() * 1000) for cue in read] == [cue.start_ms for cue in made]
    assert [round(cue.end.total_seconds() * 1000) for cue in read] == [cue.end_ms for cue in made]
    assert not any(re.search(r"[<>{}]|-->", cue.content) for cue in read)


@pytest.mark.parametrize(
    ("speaker", "line"),
    [
        ("N" * 64, "N" * 64 + ":"),
        ("N" * 65, "N" * 63 + "…:"),
        ("The Right Honourable " * 6, "The Right Honourable The Right Honourable The Right Honourable…:"),
        ("N" * 60 + "👩\u200d👩\u200d👧\u200d👦", "N" * 60 + "…:"),
    ],
)
def test_the_longest_name_is_a_line_of_subrip(speaker, line):
    written = BY_EXTENSION["srt"].write(make_transcript(make_segment("Good morning.", speaker=speaker)))

    assert written.decode().split("\n")[2:4] == [line, "Good morning."]


@given(transcripts())
def test_no_line_of_subrip_is_too_long(transcript):
    written = BY_EXTENSION["srt"].write(transcript).decode()

    assert max(map(len, written.split("\n"))) <= LONGEST_LINE_CHARACTERS


@given(transcripts())
def test_json_says_who_when_and_what(transcript):
    document = json.loads(BY_EXTENSION["json"].write(transcript))
    said = [segment for segment in transcript.segments if inert(segment.text)]

    assert document["version"] == "1.0.0"
    assert [part["body"] for part in document["segments"]] == [inert(segment.text) for segment in said]
    assert [part["startTime"] for part in document["segments"]] == [
        segment.start_ms / 1000 for segment in said
    ]
    assert [part.get("speaker", "") for part in document["segments"]] == [
        inert(s.speaker or "") for s in said
    ]


@given(transcripts())
def test_html_holds_only_paragraphs_with_their_text(transcript):
    written = BY_EXTENSION["html"].write(transcript)
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document = parser.parse(io.BytesIO(written), transport_encoding="utf-8")

    spoken = [p for p in paragraphs(transcript.segments) if any(inert(segment.text) for segment in p)]
    assert {element.tag for element in document.iter()} <= {
        "html", "head", "meta", "title", "body", "cite", "time", "p",
    }  # fmt: skip
    assert _squeezed("".join(p.text for p in document.iter("p"))) == told(transcript)
    assert len(list(document.iter("time"))) == len(list(document.iter("p"))) == len(spoken)


@given(transcripts())
def test_plain_text_has_every_word(transcript):
    written = BY_EXTENSION["txt"].write(transcript).decode()

    for segment in transcript.segments:
        assert inert(segment.text) in written
