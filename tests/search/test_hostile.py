"""Whatever is typed or said, search answers, and finds what reading every text would find."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search import index
from app.search.needles import needle, places
from app.search.query import Query, Term, parse
from app.search.readings import readings
from tests.search.library import Library, make_texts

FRAGMENTS = (
    "' OR 1=1 --",
    '" OR 1=1 --',
    "'; DROP TABLE episodes; --",
    "') UNION SELECT text FROM search_texts --",
    "nurse' AND (SELECT 1) AND 'a'='a",
    "% _ %nurse%",
    "nurse:*",
    "nurse & !night | (day)",
    "nurse <-> night",
    "NEAR(nurse night, 2)",
    'stems:"nurse"',
    "-stems:nurse",
    "{stems words}: nurse",
    "^nurse + night*",
    '"nurse" * "night"',
    "AND", "OR", "NOT", "NEAR", "nurse NOT", "NOT nurse", "nurse AND", "((((", "))))",
    "(a+)+$", ".*", "[nurse]", "\\", "\\'", "\\x00", "%00", "${nurse}", "{{7*7}}", "#{nurse}",
    "<script>alert(1)</script>", "<mark>", "&lt;", "\0", "nurse\0night", "\ud800", "\udfff nurse",
    "\u202enurse", "\ufeffnurse", "\u200b", "🙂", "👩🏽‍⚕️ nurse", "הָאָחוֹת", "\u0301", "ﷺ", "½", "¶ · ¶",
    "a" * 10_000, "a " * 5_000, '"' * 9_999, "*" * 10_000, "-" * 10_000, "a*" * 5_000, "é" * 10_000,
    "医" * 10_000, "-a " * 3_000, '"a b" ' * 2_000, "aa* " * 3_000, "1,000" * 2_000, "a-" * 5_000,
)  # fmt: skip
FORMS = ("{}", "nurse {}", '"{}"', "-{} nurse", "{}*")


@pytest.mark.parametrize("form", FORMS)
def test_no_typed_text_is_syntax(library: Library, form: str) -> None:
    library.make_episode(["The nurse sang at night.", "<script>alert(1)</script> nurse & day"])
    library.make_episode(["Die Krankenschwester sang."], language="de")
    library.make_episode(["A nurse unseen."], state="draft")

    for fragment, page in product(FRAGMENTS, (1, 10**12)):
        results = library.search(form.format(fragment), page=page, per_page=10**9)
        assert len(results.hits) == results.count <= 3, fragment
        assert "unseen" not in str(results), fragment

    assert library.search("nurse").count == 2


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One library for all examples; each replaces its texts and commits nothing."""
    library = Library(f"sqlite:///{tmp_path_factory.mktemp('library') / 'library.db'}")
    library.make_episode([])
    yield library
    library.close()


SAID = st.sampled_from(
    (
        *("nurse", "Nurses", "nursing", "follow-up", "followup", "follow", "up", "don't", "café", "cafe"),
        *("N.H.S.", "nhs", "1,000", "1000", "l'hôpital", "hopital", "infirmière", "the", "The", "a"),
        *("医療", "医", "हिन्दी", "¶", "🙂", "-", "…"),
    )
)
SENTENCES = st.lists(st.one_of(st.lists(SAID, max_size=8).map(" ".join), st.text(max_size=40)), max_size=6)
TERMS = st.one_of(
    SAID,
    SAID.map("-{}".format),
    st.tuples(SAID, st.integers(1, 6)).map(lambda word: f"{word[0][: word[1]]}*"),
    st.lists(SAID, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
    st.lists(SAID, min_size=1, max_size=2).map(lambda words: f'-"{" ".join(words)}"'),
    st.text(max_size=10),
)
QUERIES = st.lists(TERMS, min_size=1, max_size=4).map(" ".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    SENTENCES,
    st.lists(TERMS, min_size=1, max_size=4).map(" ".join),
    st.sampled_from(["en", "fr", "hi", "cy"]),
)
def test_the_index_finds_what_reading_every_text_finds(
    shared: Library, sentences: list[str], typed: str, language: str
) -> None:
    query = parse(typed)
    texts = [text.encode("utf-8", "ignore").decode() for text in sentences]
    expected = {place for place, text in enumerate(texts) if _matches(text, language, query)}
    with shared.session.begin_nested() as nested:
        episode_id = shared.make_episode([])
        index.replace_episode(shared.session, episode_id, language, make_texts(texts))
        results = shared.search(typed)
        nested.rollback()

    assert expected == {hit.position for hit in results.hits}
    assert all(any(piece.is_match for piece in hit.marked) for hit in results.hits)


def _matches(text: str, language: str, query: Query) -> bool:
    if not query.wanted:
        return False
    wanted = all(_stands_in(text, language, term) for term in query.wanted)
    return wanted and not any(_stands_in(text, language, term) for term in query.unwanted)


def _stands_in(text: str, language: str, term: Term) -> bool:
    return any(places(needle(term, language), reading) for reading in readings(text, language))
