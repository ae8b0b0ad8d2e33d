"""What a person may have meant: words of what was really said, a slip of the finger away.

Only words that the asker may find are ever suggested: the index holds words of drafts as well, and a
suggestion must not tell of them. Must not know the database.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.search.folding import folded, lettered
from app.search.query import Query, Term, Word

#: Of the nearest words, so many are asked for whether the asker may find them.
MOST_TRIED = 8
#: A shorter word has too many neighbours.
SHORTEST = 4
#: From this length on two slips are forgiven, below it one.
LONG = 7


def suggested(
    query: Query,
    vocabulary: Callable[[int, int], Iterable[tuple[str, int]]],
    is_found: Callable[[Query], bool],
) -> Query | None:
    """The query with words that are there in place of those that are not; None where that finds nothing.

    `vocabulary(shortest, longest)` gives words of these lengths and in how many texts each is; `is_found`
    says whether a query has a hit that the asker may see.
    """
    wanted = [_meant(term, vocabulary, is_found) for term in query.wanted]
    if any(term is None for term in wanted) or tuple(wanted) == query.wanted:
        return None
    meant = replace(query, wanted=tuple(term for term in wanted if term is not None), notices=())
    return meant if is_found(meant) else None


def _meant(
    term: Term,
    vocabulary: Callable[[int, int], Iterable[tuple[str, int]]],
    is_found: Callable[[Query], bool],
) -> Term | None:
    """The term itself where it is found, else the nearest word that is; None where there is none."""
    if is_found(Query((term,))):
        return term
    if not isinstance(term, Word):
        return None
    for word in _nearest(folded(lettered(term.text)), vocabulary):
        near = Word(word)
        if is_found(Query((near,))):
            return near
    return None


def _nearest(word: str, vocabulary: Callable[[int, int], Iterable[tuple[str, int]]]) -> list[str]:
    """Words within reach, the nearest first, equals the commonest first."""
    if len(word) < SHORTEST:
        return []
    most = 2 if len(word) >= LONG else 1
    found = []
    for other, texts in vocabulary(len(word) - most, len(word) + most):
        slips = distance(word, other, most)
        if 0 < slips <= most:
            found.append((slips, other[:1] != word[:1], -texts, other))
    return [other for *_, other in sorted(found)[:MOST_TRIED]]


def distance(one: str, other: str, most: int) -> int:
    """How many letters were left out, added, mistaken or swapped with their neighbour; `most` + 1 if more.

    Optimal string alignment, in a band of `most` beside the diagonal.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row = row, [i] + [most + 1] * len(other)
        for j in range(max(1, i - most), min(len(other), i + most) + 1):
            cost = 0 if letter == other[j - 1] else 1
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other[j - 1]:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > most:
            return most + 1
        before = last
    return min(row[-1], most + 1)
