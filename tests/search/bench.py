"""How fast search is over many sentences: `run(count, seed)` gives the figures that `./dev bench` prints.

The sentences are made up: 8 to 21 words each, drawn by Zipf's law from a made-up vocabulary, as speech has
it: a few words in most sentences, most words in a few. Not a test: time is measured, nothing is asserted.
"""

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search import index
from app.search.hits import IndexedText
from app.search.query import parse
from tests.postgres import PostgresServer
from tests.search.library import PUBLISHED, Library

SENTENCES_PER_EPISODE = 400
VOCABULARY = 46_000
QUERIES_OF_A_KIND = 40
SYLLABLES = [consonant + vowel for consonant in "bdklmnrs" for vowel in "aeiou"]
ENDINGS = ("", "", "s", "ing", "ed", "er", "ation", "ly")


def run(count: int = 100_000, seed: int = 1, engine: str = "sqlite") -> dict[str, float]:
    """Milliseconds at the 50th and 95th percentile for each kind of query, and what indexing costs."""
    chance = random.Random(seed)
    sentences = _sentences(count, chance)
    with _empty_library(engine) as (library, megabytes):
        figures = {"index_s": _fill(library, sentences), "megabytes": megabytes()}
        figures |= _measure(library.session, _queries(sentences, chance))
        figures |= _measure_changes(library, sentences[:SENTENCES_PER_EPISODE])
    return figures


@contextmanager
def _empty_library(engine: str) -> Iterator[tuple[Library, Callable[[], float]]]:
    """A library on this database, and how many megabytes it takes there."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if engine == "sqlite":
            path = folder / "bench.db"
            library = Library(f"sqlite:///{path}")
            yield library, lambda: round(path.stat().st_size / 1e6, 1)
        else:
            server = stack.enter_context(PostgresServer(folder, "shared_buffers=512MB", "fsync=on"))
            library = Library(server.database("bench"))
            size = sa.text("SELECT pg_database_size('bench')")
            yield library, lambda: round(library.session.scalars(size).one() / 1e6, 1)
        library.close()


def _fill(library: Library, sentences: Sequence[str]) -> float:
    """Index all, each episode committed as the pipeline does; how many seconds it took.

    Then do what PostgreSQL's autovacuum does by itself after so many rows.
    """
    began = time.perf_counter()
    for day, first in enumerate(range(0, len(sentences), SENTENCES_PER_EPISODE)):
        library.make_episode(_texts(sentences[first : first + SENTENCES_PER_EPISODE]), day=day)
        library.session.commit()
    took = round(time.perf_counter() - began, 1)
    if not library.is_sqlite:
        alone = library.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return took


def _sentences(count: int, chance: random.Random) -> list[str]:
    vocabulary = dict.fromkeys(
        "".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) + chance.choice(ENDINGS)
        for _ in range(2 * VOCABULARY)
    )
    words = list(vocabulary)[:VOCABULARY]
    weights = list(accumulate(1 / rank**1.02 for rank in range(1, len(words) + 1)))
    return [
        " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(8, 21))).capitalize() + "."
        for _ in range(count)
    ]


def _texts(sentences: Sequence[str]) -> list[IndexedText]:
    return [
        IndexedText("sentence", place, place * 5_000, place * 5_000 + 4_000, sentence)
        for place, sentence in enumerate(sentences)
    ]


def _queries(sentences: Sequence[str], chance: random.Random) -> dict[str, list[str]]:
    """Words by how many of the sentences they are in: over 1 in 20, about 1 in 500, fewer than 10."""
    seen = Counter(word for sentence in sentences for word in set(_words(sentence)))
    common = [word for word, number in seen.items() if number > len(sentences) / 20]
    middling = [word for word, number in seen.items() if 1 / 1000 < number / len(sentences) < 1 / 300]
    rare = [word for word, number in seen.items() if number < 10]
    rows = [_words(chance.choice(sentences)) for _ in range(QUERIES_OF_A_KIND)]
    kinds: dict[str, Callable[[int], str]] = {
        "common": lambda _: chance.choice(common),
        "mid": lambda _: chance.choice(middling),
        "rare": lambda _: chance.choice(rare),
        "two_words": lambda at: f"{rows[at][1]} {rows[at][4]}",
        "two_common": lambda _: " ".join(chance.choices(common, k=2)),
        "phrase_of_3": lambda at: f'"{" ".join(rows[at][2:5])}"',
        "prefix_of_4": lambda _: f"{chance.choice(middling)[:4]}*",
        "prefix_of_2": lambda _: f"{chance.choice(SYLLABLES)}*",
        "common_not_common": lambda _: " -".join(chance.sample(common, k=2)),
        "hostile": lambda _: " ".join(f"{syllable}*" for syllable in SYLLABLES[:32]),
    }
    return {kind: [make(at) for at in range(QUERIES_OF_A_KIND)] for kind, make in kinds.items()}


def _words(sentence: str) -> list[str]:
    return sentence.rstrip(".").lower().split()


def _measure(session: Session, queries: dict[str, list[str]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind, typed in queries.items():
        times = sorted(_search_ms(session, query, page) for query in typed for page in (1, 2))
        figures[f"{kind}_p50_ms"] = round(statistics.median(times), 1)
        figures[f"{kind}_p95_ms"] = round(times[int(len(times) * 0.95)], 1)
    return figures


def _search_ms(session: Session, typed: str, page: int) -> float:
    began = time.perf_counter()
    index.search(session, parse(typed), visible=PUBLISHED, page=page)
    return (time.perf_counter() - began) * 1000


def _measure_changes(library: Library, sentences: Sequence[str]) -> dict[str, float]:
    """A sentence corrected, and an episode withdrawn."""
    session = library.session
    episode = session.scalars(index.indexed_episodes().limit(1)).one()
    corrected = _texts(["Now it is right.", *sentences[1:]])
    began = time.perf_counter()
    index.replace_episode(session, episode, "en", corrected)
    session.commit()
    corrected_at = time.perf_counter()
    index.remove_episode(session, episode)
    session.commit()
    removed_at = time.perf_counter()
    return {
        "correct_ms": round((corrected_at - began) * 1000, 1),
        "withdraw_ms": round((removed_at - corrected_at) * 1000, 1),
    }


if __name__ == "__main__":
    for name, figure in run(*map(int, sys.argv[1:3]), *sys.argv[3:4]).items():
        print(f"{name:>24} {figure}")
