"""How fast search is over many sentences: `run(count, seed)` gives the figures that `./dev bench` prints.

The sentences are made up: 8 to 21 words each, drawn by Zipf's law from a made-up vocabulary, as speech has
it: a few words in most sentences, most words in a few. Not a test: time is measured, nothing is asserted.
"""

import random
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.search import index
from app.search.hits import IndexedText
from app.search.query import parse
from app.search.sqlite_schema import CREATE_STATEMENTS

SENTENCES_PER_EPISODE = 400
VOCABULARY = 46_000
QUERIES_OF_A_KIND = 40
SYLLABLES = [consonant + vowel for consonant in "bdklmnrs" for vowel in "aeiou"]
ENDINGS = ("", "", "s", "ing", "ed", "er", "ation", "ly")


def run(count: int = 100_000, seed: int = 1) -> dict[str, float]:
    """Milliseconds at the 50th and 95th percentile for each kind of query, and what indexing costs."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        database = Database(f"sqlite:///{path}")
        sentences = _sentences(count, chance)
        figures = _build(database, sentences)
        figures["megabytes"] = round(path.stat().st_size / 1e6, 1)
        figures |= _measure(database, _queries(sentences, chance))
        figures |= _measure_changes(database, sentences[:SENTENCES_PER_EPISODE])
        database.dispose()
    return figures


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


def _build(database: Database, sentences: Sequence[str]) -> dict[str, float]:
    began = time.perf_counter()
    with database.begin() as session:
        session.execute(sa.text("CREATE TABLE shows (id CHAR(32) PRIMARY KEY, community_id CHAR(32))"))
        session.execute(
            sa.text(
                "CREATE TABLE episodes (id CHAR(32) PRIMARY KEY, show_id CHAR(32), state TEXT,"
                " published_at DATETIME, deleted_at DATETIME)"
            )
        )
        for statement in CREATE_STATEMENTS:
            session.execute(sa.text(statement))
    show = uuid.uuid4()
    for day, first in enumerate(range(0, len(sentences), SENTENCES_PER_EPISODE)):
        episode = uuid.uuid4()
        with database.begin() as session:
            session.execute(
                sa.text("INSERT INTO episodes VALUES (:id, :show, 'published', :published, NULL)"),
                {
                    "id": episode.hex,
                    "show": show.hex,
                    "published": f"{2000 + day // 300}-01-01 00:{day % 60:02}:00",
                },
            )
            texts = _texts(sentences[first : first + SENTENCES_PER_EPISODE])
            index.replace_episode(session, episode, "en", texts)
    return {"index_s": round(time.perf_counter() - began, 1)}


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


def _measure(database: Database, queries: dict[str, list[str]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    with database.reading() as session:
        for kind, typed in queries.items():
            times = sorted(_search_ms(session, query, page) for query in typed for page in (1, 2))
            figures[f"{kind}_p50_ms"] = round(statistics.median(times), 1)
            figures[f"{kind}_p95_ms"] = round(times[int(len(times) * 0.95)], 1)
    return figures


def _search_ms(session: Session, typed: str, page: int) -> float:
    visible = sa.select(sa.table("episodes", sa.column("id", sa.Uuid())).c.id)
    began = time.perf_counter()
    index.search(session, parse(typed), visible=visible, page=page)
    return (time.perf_counter() - began) * 1000


def _measure_changes(database: Database, sentences: Sequence[str]) -> dict[str, float]:
    """A sentence corrected, and an episode withdrawn."""
    with database.reading() as session:
        episode = uuid.UUID(session.scalars(sa.text("SELECT episode_id FROM search_episodes LIMIT 1")).one())
    corrected = _texts(["Now it is right.", *sentences[1:]])
    began = time.perf_counter()
    with database.begin() as session:
        index.replace_episode(session, episode, "en", corrected)
    corrected_at = time.perf_counter()
    with database.begin() as session:
        index.remove_episode(session, episode)
    removed_at = time.perf_counter()
    return {
        "correct_ms": round((corrected_at - began) * 1000, 1),
        "withdraw_ms": round((removed_at - corrected_at) * 1000, 1),
    }


if __name__ == "__main__":
    for name, figure in run(*map(int, sys.argv[1:])).items():
        print(f"{name:>24} {figure}")
