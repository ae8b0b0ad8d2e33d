"""Which words of a hit the query meant. Gives pieces of plain text: escaping is the template's."""

from collections.abc import Iterable

from app.search.hits import Piece
from app.search.needles import needle, places
from app.search.query import Query
from app.search.readings import readings


def mark(text: str, language: str, query: Query) -> tuple[Piece, ...]:
    """The text cut into matching and other runs. A phrase is one run, from its first word to its last."""
    ways = readings(text, language)
    wanted = [needle(term, language) for term in query.wanted]
    spans = sorted(span for one in wanted for reading in ways for span in places(one, reading))
    pieces: list[Piece] = []
    at = 0
    for start, end in _merged(spans):
        if at < start:
            pieces.append(Piece(text[at:start], is_match=False))
        pieces.append(Piece(text[start:end], is_match=True))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], is_match=False))
    return tuple(pieces)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
