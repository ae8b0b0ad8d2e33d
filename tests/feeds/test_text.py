from unicodedata import category

import pytest

from feeds.text import one_line, speakable


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


def test_control_characters_surrogates_and_noncharacters_go_and_all_others_stay() -> None:
    gone = {code for code in range(0x110000) if speakable(f"\n{chr(code)}\n") == "\n\n"}

    assert gone == {
        code
        for code in range(0x110000)
        if (category(chr(code)) in ("Cc", "Cs") and chr(code) not in "\t\n\r\x85")
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
    }
