"""Tables for spreadsheets: nothing that somebody wrote is calculated (threats, T29)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.sheet import cell, csv_response

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "\u3000@x",
    "＝1+1", "＋1", "－1", "＠x", "\u200b=1+1", "\ufeff=1+1", "\x00=1+1", "\x1f+1", "\u202e=x",
    "=cmd|' /C calc'!A0", '=HYPERLINK("https://evil.example","x")', "\u2028=1", "﹦1", "﹢1", "﹫x",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_might_calculate_is_text(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Falls went down", "2 = 2", "é", "'quoted'", "a-b", "名前", "  "])
def test_what_it_would_not_is_left_alone(text: str) -> None:
    assert cell(text) == text


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_every_cell_comes_back_whole_and_never_as_a_formula(text: str) -> None:
    body = csv_response("t", ["Title", "Count"], [(text, 5)]).get_data()
    ((head, _), (title, count)) = read(body)

    assert body.startswith(b"\xef\xbb\xbf")
    assert (head, count) == ("Title", "5")
    assert title in (text, "'" + text)
    assert not title or title[0] not in "=+-@\t\r\n＝＋－＠"


def test_the_name_of_the_file_is_plain() -> None:
    named = csv_response('a"; filename="evil.exe\r\nX: y é', [], [])

    assert named.headers["Content-Disposition"] == 'attachment; filename="afilenameevilexeXy.csv"'
    assert csv_response("é", [], []).headers["Content-Disposition"] == 'attachment; filename="table.csv"'
