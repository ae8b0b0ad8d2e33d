import pytest

from feeds.text import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Tea \t and\r\ntalk\u2028 ", "Tea and talk"),
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("\ud83d half", "half"),
        ("\ufffe\ufdd0\U0010ffff", ""),
        ("naïve 😀 ‘quote’ עברית", "naïve 😀 ‘quote’ עברית"),
        ("]]> & <b>", "]]> & <b>"),
    ],
)
def test_text_becomes_one_trimmed_line_that_xml_can_carry(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one two", "one two"),
        ("one two thr", "one two…"),
        ("one twoo three", "one…"),
        ("onetwothree", "onetwot…"),
    ],
)
def test_a_long_line_is_cut_between_words_where_there_are_any(text: str, line: str) -> None:
    assert one_line(text, 8) == line
