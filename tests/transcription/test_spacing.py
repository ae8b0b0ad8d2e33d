import pytest

from tests.transcription.making import make_segment
from transcription.spacing import running, unbroken
from transcription.transcript import Segment, Word


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["one", "two"], "one two"),
        (["你好，", "世界"], "你好，世界"),
        (["我用", "Python 写"], "我用Python 写"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["สวัสดี ", "ครับ"], "สวัสดี ครับ"),
        (["안녕", "하세요"], "안녕 하세요"),
        ([], ""),
    ],
)
def test_a_break_is_a_space_only_where_the_script_has_spaces(lines, text):
    assert unbroken(lines) == text


def test_sentences_follow_each_other_as_their_script_wants_it():
    thai = (Word(0, 9, " ครับ", 0.9),)

    assert running([make_segment("Yes."), make_segment("Quite.")]) == "Yes. Quite."
    assert running([make_segment("好。"), make_segment("是的。")]) == "好。是的。"
    assert running([Segment(0, 9, "ใช่"), Segment(9, 18, "ครับ")]) == "ใช่ครับ"
    assert running([Segment(0, 9, "ใช่"), Segment(0, 9, "ครับ", thai)]) == "ใช่ ครับ"
    assert running([Segment(0, 9, "\x00"), Segment(9, 18, "Yes.")]) == "Yes."
