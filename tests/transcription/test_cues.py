import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given

from tests.transcription.making import make_segment, make_words, transcripts
from transcription.cues import (
    LINE_CHARACTERS,
    LONGEST_LINE_CHARACTERS,
    LONGEST_MS,
    MOST_LINES,
    SHORTEST_MS,
    cues,
)
from transcription.sentences import with_text
from transcription.transcript import Segment, Word, segment_of

AUSTEN = (
    "And Mr. John Dashwood had then leisure to consider, how much there might be prudently in his power to "
    "do for them, unless to be rather cold-hearted and rather selfish is to be ill-disposed."
)


@given(transcripts())
def test_cues_are_readable_whatever_was_said(transcript):
    made = cues(transcript.segments, transcript.duration_ms)

    for cue in made:
        assert 0 <= cue.start_ms < cue.end_ms
        assert cue.end_ms <= transcript.duration_ms or transcript.duration_ms == 0
        assert 1 <= len(cue.lines) <= MOST_LINES or len(made) == transcript.duration_ms
        assert all(line.strip() and len(line) <= LONGEST_LINE_CHARACTERS for line in cue.lines)
    assert all(earlier.end_ms <= later.start_ms for earlier, later in pairwise(made))


def test_a_long_sentence_is_cut_where_a_phrase_ends():
    made = cues([make_segment(AUSTEN)], 60_000)

    assert " ".join(cue.text for cue in made) == AUSTEN
    assert made[0].text.endswith("consider,")
    assert any(cue.text.endswith("them,") for cue in made)
    assert all(len(line) <= LINE_CHARACTERS for cue in made for line in cue.lines)
    assert all(cue.end_ms - cue.start_ms <= LONGEST_MS for cue in made)


def test_two_lines_are_of_nearly_equal_length():
    (cue,) = cues([make_segment("It was the best of times, it was the worst of times.")], 60_000)

    first, second = (len(line) for line in cue.lines)
    assert abs(first - second) <= 8


def test_a_cue_begins_with_its_first_word():
    segment = segment_of(make_words(AUSTEN, start_ms=4000))
    starts = {word.text.strip(): word.start_ms for word in segment.words}

    for cue in cues([segment], 60_000):
        assert cue.start_ms == starts[cue.lines[0].split()[0]]


def test_a_short_cue_stays_to_be_read_when_nothing_follows():
    (cue,) = cues([Segment(1000, 1100, "Yes.")], 60_000)

    assert cue.end_ms - cue.start_ms == SHORTEST_MS


def test_no_cue_outlasts_the_recording():
    (cue,) = cues([Segment(1000, 1100, "Yes.")], 1200)

    assert cue.end_ms == 1200


@pytest.mark.parametrize(
    ("starts", "spans"),
    [
        ([5000], [(4000, 5000)]),
        ([1000, 5000], [(1000, 2000), (4000, 5000)]),
        ([4800, 5000], [(4800, 4900), (4900, 5000)]),
        ([1000, 5000, 5000], [(1000, 2000), (3000, 4000), (4000, 5000)]),
        ([1000, 4999, 5000], [(1000, 2000), (3000, 4000), (4000, 5000)]),
    ],
)
def test_what_begins_as_the_recording_ends_is_shown_a_little_earlier(starts, spans):
    speakers = ("Anna", "Ben", "Cy")
    said = [Segment(at, at, f"Yes {at}.", (), who) for at, who in zip(starts, speakers, strict=False)]
    made = cues(said, 5000)

    assert [(cue.start_ms, cue.end_ms) for cue in made] == spans
    assert [cue.text for cue in made] == [segment.text for segment in said]


def test_words_of_a_recording_too_short_for_them_are_not_lost():
    made = cues(
        [Segment(0, 0, "one", (), "Anna"), Segment(0, 0, "two", (), "Ben"), Segment(1, 2, "three")], 2
    )

    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in made] == [(0, 1, "one"), (1, 2, "two three")]


def test_short_answers_of_one_speaker_share_a_cue_and_of_two_do_not():
    alone = [Segment(0, 300, "Yes.", (), "Anna"), Segment(300, 600, "Quite.", (), "Anna")]
    both = [Segment(0, 300, "Yes.", (), "Anna"), Segment(300, 600, "Quite.", (), "Ben")]

    assert [cue.text for cue in cues(alone, 9000)] == ["Yes. Quite."]
    assert [cue.speaker for cue in cues(both, 9000)] == ["Anna", "Ben"]


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("好。", "是的。", "好。是的。"),
        ("はい。", "そうです。", "はい。そうです。"),
        ("ใช่", "ครับ", "ใช่ครับ"),
        ("好的，我用 Python。", "是。", "好的，我用 Python。是。"),
    ],
)
def test_short_cues_of_a_script_without_spaces_are_joined_without_one(first, second, text):
    plain = [Segment(0, 300, first), Segment(300, 600, second)]
    spoken = [
        segment_of((Word(0, 300, first, 0.9),)),
        segment_of((Word(300, 600, second, 0.9),)),
    ]
    corrected = [with_text(segment, segment.text) for segment in plain]

    for segments in (plain, spoken, corrected):
        assert [cue.text for cue in cues(segments, 9000)] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "今天我们在病房里谈一谈护士怎样改变交接班的方法，让每一位病人也能听到并且说出自己的想法。",
        "我们用 Excel 和 Word 写下来，然后 3 个人 一起 看一遍，再把它寄给 NHS 的同事们，请他们提意见。",
        "วันนี้เราจะพูดคุยกันเรื่องพยาบาล กับการดูแลผู้ป่วยที่บ้าน และการทำงานร่วมกันของทีม",
    ],
)
def test_a_break_between_lines_adds_and_loses_no_space(text):
    (cue,) = cues([Segment(0, 6000, text)], 6000)

    assert len(cue.lines) == MOST_LINES
    assert cue.text == text


def test_no_line_begins_inside_a_letter_with_its_vowel():
    text = "น้ำดีที่นี่" * 20
    lines = [line for cue in cues([Segment(0, 20_000, text)], 20_000) for line in cue.lines]

    assert "".join(lines) == text
    assert not any(unicodedata.category(line[0]) == "Mn" for line in lines)


@pytest.mark.parametrize("length", [65, 66, 300])
def test_a_word_longer_than_a_line_is_broken_and_not_lost(length):
    made = cues([make_segment("see " + "x" * length + " end")], 60_000)

    assert "".join(cue.text for cue in made).count("x") == length


@pytest.mark.parametrize("whole", ["👩\u200d👩\u200d👧\u200d👦", "🇩🇪", "❤️", "e\u0301", "👍🏽"])
def test_what_a_reader_takes_for_one_character_is_never_broken(whole):
    made = cues([make_segment("a" + whole * 50)], 60_000)

    assert "".join(line for cue in made for line in cue.lines) == "a" + whole * 50
    for line in (line for cue in made for line in cue.lines):
        assert line.removeprefix("a").replace(whole, "") == ""
