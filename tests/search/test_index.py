"""Who sees what, in which order, and what is left when it is gone."""

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.search import index
from app.search.errors import SearchUnsupported
from app.search.hits import IndexedText, Piece
from app.search.query import parse
from tests.search.library import EPISODES, PUBLISHED, Library, make_text, make_texts, marked_words

SEARCH_EPISODES = sa.select(sa.column("episode_id", sa.Uuid())).select_from(sa.table("search_episodes"))


def test_a_hit_says_where_it_is_and_which_words_were_found(library: Library) -> None:
    episode_id = library.make_episode(["We met at noon.", "The nurses sang."])

    results = library.search("nurse")

    assert (results.count, results.more_than, results.page, results.pages) == (1, False, 1, 1)
    hit = results.hits[0]
    assert (episode_id, "sentence", 1, 5_000, 9_000) == (
        hit.episode_id,
        hit.kind,
        hit.position,
        hit.start_ms,
        hit.end_ms,
    )
    assert hit.text == "The nurses sang."
    assert hit.marked == (Piece("The ", False), Piece("nurses", True), Piece(" sang.", False))


def test_titles_summaries_and_notes_have_no_time(library: Library) -> None:
    library.make_episode([make_text("title", "Nurses at night")])

    hit = library.search("night").hits[0]

    assert (hit.kind, hit.start_ms, hit.end_ms) == ("title", None, None)


@pytest.mark.parametrize("state", ["draft", "unpublished", "withdrawn"])
def test_an_episode_that_is_not_published_is_neither_shown_nor_counted(library: Library, state: str) -> None:
    library.make_episode([make_text("title", "Nurses"), "The nurse sang."], state=state)

    results = library.search("nurse")

    assert (results.count, results.more_than, results.hits, results.pages) == (0, False, (), 1)


def test_an_episode_vanishes_with_its_state_and_comes_back_with_it(library: Library) -> None:
    episode_id = library.make_episode(["The nurse sang."])
    library.make_episode(["Another nurse sang."])

    library.set_state(episode_id, "withdrawn")
    assert library.found("nurse") == {"Another nurse sang."}
    library.set_state(episode_id, "published")
    assert len(library.found("nurse")) == 2


def test_an_episode_that_no_table_knows_is_never_shown(sqlite_library: Library) -> None:
    library = sqlite_library  # PostgreSQL lets nobody take an episode away from under its texts
    episode_id = library.make_episode(["The nurse sang."])
    everything = sa.select(sa.literal(episode_id, sa.Uuid()))
    library.session.commit()
    with library.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")  # foreign keys are not switched inside of a transaction
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DELETE FROM episodes")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")

    assert count_texts(library) == 1
    assert library.search("nurse", visible=everything).count == 0


def test_unpublished_episodes_do_not_fill_up_the_count(library: Library) -> None:
    for _ in range(3):
        library.make_episode([f"The nurse {number} sang." for number in range(900)], state="draft")
    library.make_episode(["The nurse sang."])

    results = library.search("nurse")

    assert (results.count, results.more_than) == (1, False)


def test_a_search_can_be_of_one_show(library: Library) -> None:
    other = library.make_show(uuid.uuid4())
    library.make_episode(["The nurse sang here."])
    library.make_episode(["The nurse sang there."], show_id=other)

    assert [hit.text for hit in library.search("nurse", show_id=other).hits] == ["The nurse sang there."]
    assert library.search("nurse", show_id=uuid.uuid4()).count == 0


def test_a_search_can_be_of_one_community(library: Library) -> None:
    community_id = uuid.uuid4()
    first, second = library.make_show(community_id), library.make_show(community_id)
    library.make_episode(["The nurse sang elsewhere."])
    library.make_episode(["The nurse sang first."], show_id=first, day=1)
    library.make_episode(["The nurse sang second."], show_id=second, day=2)
    library.make_episode(["The nurse sang unseen."], show_id=second, state="draft")

    of_community = library.search("nurse", community_id=community_id)

    assert [hit.text for hit in of_community.hits] == ["The nurse sang second.", "The nurse sang first."]
    assert library.search("nurse", community_id=community_id, show_id=library.show).count == 0
    assert library.search("nurse", community_id=community_id, show_id=first).count == 1


def test_titles_stand_above_notes_and_notes_above_speech(library: Library) -> None:
    library.make_episode(
        [
            "Nurse nurse nurse.",
            make_text("notes", "A long note in which, among many other things, a nurse is named."),
            make_text("summary", "A summary that names the nurse and several other people too."),
            make_text("title", "What the nurse and all the other people said on that evening"),
            *(f"Nothing of the kind in sentence {number}." for number in range(50)),
        ]
    )

    assert [hit.kind for hit in library.search("nurse").hits] == ["title", "summary", "notes", "sentence"]


def test_the_better_match_comes_first_then_the_newer(library: Library) -> None:
    other = [f"Nothing of the kind in sentence {number}." for number in range(50)]
    library.make_episode(["The nurse sang, old.", *other], day=1)
    library.make_episode(["The nurse sang, new.", *other], day=2)
    library.make_episode(["A nurse is a nurse is a nurse.", *other], day=0)

    assert [hit.text for hit in library.search("nurse").hits] == [
        "A nurse is a nurse is a nurse.",
        "The nurse sang, new.",
        "The nurse sang, old.",
    ]


def test_over_two_thousand_hits_are_not_ranked_but_the_newest_are_shown(library: Library) -> None:
    for day in (5, 1, 3):
        library.make_episode([f"Nurse {place} of day {day}." for place in range(700)], day=day)
    library.make_episode([make_text("title", "Nurse nurse nurse")], day=0)
    library.make_episode([f"Nurse {place} unseen." for place in range(100)], day=9, state="draft")

    results = library.search("nurse", per_page=100)

    assert (results.count, results.more_than, results.pages) == (2_000, True, 20)
    assert [f"Nurse {place} of day 5." for place in range(100)] == [hit.text for hit in results.hits]
    across = library.search("nurse", per_page=64, page=11).hits
    assert across[59].text == "Nurse 699 of day 5."
    assert across[60].text == "Nurse 0 of day 3."
    assert len(across) == 64


@pytest.mark.parametrize("sentences", [2_000, 2_001])
def test_two_thousand_hits_is_the_border(library: Library, sentences: int) -> None:
    library.make_episode([f"Nurse {place}." for place in range(sentences)])

    results = library.search("nurse")

    assert (2_000, sentences > 2_000) == (results.count, results.more_than)


@pytest.mark.parametrize("of_each", [2, 52])
def test_pages_show_every_hit_once(library: Library, of_each: int) -> None:
    for day in range(40):
        library.make_episode(
            ["A doctor sang.", *(f"Nurse {day} {place}." for place in range(of_each))], day=day % 7
        )
    first = library.search("nurse", per_page=30)

    pages = [library.search("nurse", per_page=30, page=page) for page in range(1, first.pages + 1)]
    hits = [(hit.episode_id, hit.position) for page in pages for hit in page.hits]

    assert first.count == len(hits) == len(set(hits)) == min(40 * of_each, 2_000)
    assert [page.page for page in pages] == list(range(1, first.pages + 1))
    assert first == library.search("nurse", per_page=30)


@pytest.mark.parametrize(("asked", "shown"), [(-1, 1), (0, 1), (2, 2), (3, 3), (4, 3), (10**30, 3)])
def test_a_page_that_is_not_there_is_the_nearest(library: Library, asked: int, shown: int) -> None:
    library.make_episode([f"Nurse {place}." for place in range(25)])

    results = library.search("nurse", page=asked, per_page=10)

    assert shown == results.page
    assert results.hits


def test_only_excluded_words_find_nothing(library: Library) -> None:
    library.make_episode(["The nurse sang."])

    assert library.search("-doctor").count == 0
    assert library.search("").count == 0


def test_replacing_texts_forgets_the_old_ones(library: Library) -> None:
    episode_id = library.make_episode(["The nurse sang.", "It rained.", "We left."])

    index.replace_episode(library.session, episode_id, "en", make_texts(["The doctor sang.", "We left."]))

    assert library.found("nurse") == library.found("rained") == set()
    assert library.found("doctor") == {"The doctor sang."}
    assert [hit.position for hit in library.search("left").hits] == [1]
    check_integrity(library)


def test_replacing_texts_by_the_same_writes_nothing(library: Library) -> None:
    texts = make_texts(["The nurse sang.", make_text("title", "Nurses")])
    episode_id = library.make_episode(texts)
    before = written(library)

    index.replace_episode(library.session, episode_id, "en-GB", iter(texts))

    assert before == written(library)
    assert library.search("nurse").count == 2


def test_replacing_the_language_replaces_the_stems(library: Library) -> None:
    texts = make_texts(["Les infirmières chantent."])
    episode_id = library.make_episode(texts, language="en")
    assert library.found("infirmier") == set()

    index.replace_episode(library.session, episode_id, "fr", texts)

    assert len(library.found("infirmier")) == 1
    check_integrity(library)


def test_a_word_is_stemmed_by_the_rules_of_the_text_it_is_looked_for_in(library: Library) -> None:
    library.make_episode(["Die Kinder lachen."], language="de")
    library.make_episode(["The kindest of all."], language="en")

    assert library.found("kind") == {"Die Kinder lachen."}
    assert library.found("kindly") == set()


def test_removing_an_episode_leaves_no_row(library: Library) -> None:
    kept = library.make_episode(["The nurse stayed."])
    gone = library.make_episode(["The nurse left.", make_text("title", "Nurses")])

    index.remove_episode(library.session, gone)
    index.remove_episode(library.session, gone)

    assert library.found("nurse") == {"The nurse stayed."}
    assert list(library.session.scalars(SEARCH_EPISODES)) == [kept]
    assert count_texts(library) == 1
    check_integrity(library)


def test_an_episode_that_is_deleted_takes_its_texts_along(library: Library) -> None:
    gone = library.make_episode(["The nurse left."])
    library.make_episode(["The nurse stayed."])

    library.session.execute(sa.delete(EPISODES).where(EPISODES.c.id == gone))

    assert count_texts(library) == 1
    check_integrity(library)


def test_an_episode_can_come_back_after_it_was_removed(library: Library) -> None:
    episode_id = library.make_episode(["The nurse left."])
    index.remove_episode(library.session, episode_id)

    index.replace_episode(library.session, episode_id, "en", make_texts(["The nurse is back."]))

    assert library.found("nurse") == {"The nurse is back."}


def test_nothing_is_kept_that_was_not_committed(library: Library) -> None:
    episode_id = library.make_episode(["The nurse sang."])
    library.session.commit()

    index.remove_episode(library.session, episode_id)
    library.session.rollback()

    assert library.found("nurse") == {"The nurse sang."}
    check_integrity(library)


def test_texts_of_older_rules_are_stemmed_again(library: Library) -> None:
    library.make_episode(["The nurses sang."])
    library.make_episode(["The nurse wept."])
    make_old(library)
    library.session.execute(sa.text("UPDATE search_episodes SET rules = 'older'"))
    assert library.found("nurse") == set()

    assert index.restem(library.session) == 2
    assert index.restem(library.session) == 0

    assert library.found("nurse") == {"The nurses sang.", "The nurse wept."}
    check_integrity(library)


def test_thousands_of_texts_of_one_episode_stay_with_it(library: Library) -> None:
    long = library.make_episode([f"Nurse {place}." for place in range(3_000)])
    library.make_episode(["The doctor sang."])

    index.remove_episode(library.session, long)

    assert library.search("nurse").count == 0
    assert library.found("doctor") == {"The doctor sang."}


def test_every_kind_of_text_can_hold_any_characters(library: Library) -> None:
    text = "NUL \0 nurse \u202e ¶ · \"quoted\" 'single' -- ; \U0010ffff"
    library.make_episode([make_text("title", text), IndexedText("notes", 7, None, None, text)])

    hits = library.search('nurse "quoted" single').hits

    text = text if library.is_sqlite else text.replace("\0", "")  # PostgreSQL keeps none
    assert [text, text] == [hit.text for hit in hits]
    assert marked_words(hits[0]) == ["nurse", "quoted", "single"]


def test_a_database_with_search_is_supported(library: Library) -> None:
    index.require_support(library.session)


def test_another_database_is_refused_with_advice() -> None:
    session = Session(sa.create_mock_engine("mysql://", lambda *_given: None))  # type: ignore[arg-type]

    with pytest.raises(SearchUnsupported, match=r"DATABASE_URL names mysql.*SQLite"):
        index.require_support(session)
    with pytest.raises(SearchUnsupported):
        index.search(session, parse("nurse"), visible=PUBLISHED)


def check_integrity(library: Library) -> None:
    """FTS5 compares its index with the texts and raises where they differ; of PostgreSQL we count words."""
    if library.is_sqlite:
        check = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"
        library.session.execute(sa.text(check))
        return
    known = library.session.execute(sa.text("SELECT term, texts FROM search_vocabulary")).all()
    counted = library.session.execute(
        sa.text(
            "SELECT substr(lexeme, 2), count(*)"
            " FROM search_texts, unnest(tsvector_to_array(vector)) AS lexeme"
            " WHERE left(lexeme, 1) = '·' GROUP BY lexeme"
        )
    )
    assert {row[0]: row[1] for row in counted} == {row[0]: row[1] for row in known}


def written(library: Library) -> object:
    """What is another thing after every row that is written."""
    if library.is_sqlite:
        return library.session.scalar(sa.text("SELECT total_changes()"))
    rows = sa.text("SELECT id, CAST(ctid AS text) FROM search_texts ORDER BY id")
    return library.session.execute(rows).all()


def make_old(library: Library) -> None:
    """As if other rules had made the stems."""
    changes = ["UPDATE search_texts SET stems = 'old', words = 'old'"]
    if not library.is_sqlite:
        changes = ["UPDATE search_texts SET vector = ''", "DELETE FROM search_vocabulary"]
    for change in changes:
        library.session.execute(sa.text(change))


def count_texts(library: Library) -> int:
    """How many texts the index holds."""
    return library.session.scalars(sa.select(sa.func.count()).select_from(sa.table("search_texts"))).one()
