"""A query's terms as stems: what an index is asked for, and what is marked in a hit.

A query does not say in which language it is, and one index holds texts in several. So a term becomes a
needle for each language, and a text is looked through with the needles of its own. Must not know the
database: `app.search.asking` turns needles into its own language.
"""

from dataclasses import dataclass

from app.search.query import MIN_PREFIX_LETTERS, Prefix, Term
from app.search.readings import Reading, readings


@dataclass(frozen=True, slots=True)
class Needle:
    """A term is found where one of these rows of stems stands, or a word with one of these beginnings."""

    rows: tuple[tuple[str, ...], ...]
    beginnings: tuple[str, ...]


def needle(term: Term, language: str) -> Needle:
    """What stands for the term in texts of this language."""
    ways = [reading for reading in readings(term.text, language) if reading]
    if isinstance(term, Prefix):
        words = dict.fromkeys(way[0].word for way in ways if len(way) == 1)
        beginnings = tuple(word for word in words if len(word) >= MIN_PREFIX_LETTERS)
        if beginnings:
            return Needle((), beginnings)
    return Needle(tuple(tuple(token.stem for token in way) for way in ways), ())


def places(wanted: Needle, reading: Reading) -> list[tuple[int, int]]:
    """Where the needle stands in this reading of a text: (start, end) in characters."""
    found = [(token.start, token.end) for token in reading if token.word.startswith(wanted.beginnings)]
    stems = [token.stem for token in reading]
    for row in wanted.rows:
        for first in range(len(stems) - len(row) + 1):
            if stems[first] == row[0] and tuple(stems[first : first + len(row)]) == row:
                found.append((reading[first].start, reading[first + len(row) - 1].end))
    return found
