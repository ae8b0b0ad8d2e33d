"""The database by itself: past every service, on both engines, no unfit story is ever public."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.models import Episode, EpisodeState, Show
from tests.factories import make_episode, make_published
from tests.services.stories import make_consent, make_sound, make_story, make_teller

UNDO = {
    "a consent is withdrawn": "UPDATE consents SET withdrawn_at = given_on",
    "a consent is removed": "DELETE FROM consents",
    "a consent is given to somebody else": "UPDATE consents SET person_id = (SELECT id FROM people "
    "WHERE id NOT IN (SELECT person_id FROM credits WHERE role = 'storyteller') LIMIT 1)",
    "the storyteller is taken out": "DELETE FROM credits WHERE role = 'storyteller'",
    "the storyteller becomes a guest": "UPDATE credits SET role = 'guest'",
    "the check is taken back": "UPDATE transcripts SET checked_at = NULL",
    "the transcript is removed": "DELETE FROM transcripts",
}
PUBLISH = "UPDATE episodes SET state = 'published', published_at = created_at"


def make_published_story(session: Session) -> Episode:
    episode = make_story(session)
    episode.state, episode.published_at = EpisodeState.published, episode.created_at
    session.commit()
    return episode


def state_of(database: Database, episode: Episode) -> EpisodeState:
    with database.reading() as session:
        return session.scalars(sa.select(Episode.state).where(Episode.id == episode.id)).one()


def test_a_whole_story_can_be_published(database: Database) -> None:
    with database.session() as session:
        episode = make_story(session)
        session.execute(sa.text(PUBLISH))
        session.commit()

    assert state_of(database, episode) is EpisodeState.published


@pytest.mark.parametrize("missing", UNDO)
def test_a_story_to_which_something_is_missing_is_refused(database: Database, missing: str) -> None:
    with database.session() as session:
        make_published(session)  # somebody else's
        make_story(session)
        session.execute(sa.text(UNDO[missing]))
        session.commit()

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.execute(sa.text(PUBLISH + " WHERE kind = 'story'"))


def test_a_second_storyteller_has_to_agree_too(database: Database) -> None:
    with database.session() as session:
        make_teller(session, make_story(session))

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.execute(sa.text(PUBLISH))


def test_a_story_cannot_be_born_published(database: Database) -> None:
    with database.session() as session:
        make_published(session)
        columns = [c.name for c in Episode.__table__.columns if c.name not in ("id", "guid", "slug", "kind")]
        new = "lower(hex(randomblob(16)))" if database.url.startswith("sqlite") else "gen_random_uuid()"

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.execute(
                sa.text(
                    f"INSERT INTO episodes (id, guid, slug, kind, {', '.join(columns)}) "
                    f"SELECT {new}, {new}, 'other', 'story', {', '.join(columns)} FROM episodes"
                )
            )


def test_a_published_episode_cannot_become_a_story(database: Database) -> None:
    with database.session() as session:
        make_published(session)

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.execute(sa.text("UPDATE episodes SET kind = 'story'"))


def test_a_story_with_records_of_consent_stays_a_story(database: Database) -> None:
    with database.session() as session:
        make_published_story(session)

        with pytest.raises(sa.exc.DBAPIError, match="stays a story"):
            session.execute(sa.text("UPDATE episodes SET kind = 'episode'"))


def test_an_episode_of_which_somebody_no_longer_agrees_is_not_public(database: Database) -> None:
    with database.session() as session:
        episode = make_published(session)
        consent = make_consent(session, episode, make_teller(session, episode).person)
        session.commit()
        session.execute(sa.text("UPDATE consents SET withdrawn_at = given_on"))
        session.commit()
        assert state_of(database, episode) is EpisodeState.unpublished

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.execute(sa.text(PUBLISH))
        session.rollback()
        make_consent(session, episode, consent.person)
        session.execute(sa.text(PUBLISH))
        session.commit()
    assert state_of(database, episode) is EpisodeState.published


def test_nothing_is_published_without_sound(database: Database) -> None:
    with database.session() as session:
        make_episode(session)

        with pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.text(PUBLISH))


@pytest.mark.parametrize("lost", UNDO)
def test_a_published_story_that_loses_what_it_stands_on_is_taken_back(database: Database, lost: str) -> None:
    with database.session() as session:
        other = make_published(session)
        episode = make_published_story(session)
        revision, changed_at = episode.show.revision, episode.show.changed_at
        session.execute(sa.text(UNDO[lost]))
        session.commit()

    assert state_of(database, episode) is EpisodeState.unpublished
    assert state_of(database, other) is EpisodeState.published
    with database.reading() as session:
        show = session.get_one(Show, episode.show_id)
        assert show.revision > revision
        assert show.changed_at > changed_at


def test_a_storyteller_who_has_not_agreed_takes_a_published_story_back(database: Database) -> None:
    with database.session() as session:
        episode = make_published_story(session)
        make_teller(session, episode, "Cy")
        session.commit()

    assert state_of(database, episode) is EpisodeState.unpublished


def test_what_changes_nothing_takes_nothing_back(database: Database) -> None:
    with database.session() as session:
        episode = make_published_story(session)
        for harmless in (
            "UPDATE consents SET purpose = 'Publish it'",
            "UPDATE transcripts SET revision = revision + 1",
            "UPDATE credits SET position = 3",
        ):
            session.execute(sa.text(harmless))
        session.commit()

    assert state_of(database, episode) is EpisodeState.published


def test_a_published_story_can_be_removed_with_all_that_belongs_to_it(database: Database) -> None:
    with database.session() as session:
        make_published_story(session)
        session.execute(sa.text("DELETE FROM episodes"))
        session.commit()

        for table in ("episodes", "consents", "credits", "transcripts", "enclosures", "recordings"):
            assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0


def test_publishing_while_consent_is_being_withdrawn_ends_unpublished(database: Database) -> None:
    with database.session() as session:
        episode = make_story(session)
        session.commit()
    withdrawing = database.session()
    withdrawing.execute(sa.text(UNDO["a consent is withdrawn"]))
    refused: list[str] = []

    def publish() -> None:
        with database.session() as session:
            try:
                session.execute(sa.text(PUBLISH))
                session.commit()
            except sa.exc.DBAPIError as error:
                refused.append(str(error))

    thread = threading.Thread(target=publish)
    thread.start()
    thread.join(0.5)  # it waits for the other, or has seen its end
    withdrawing.commit()
    withdrawing.close()
    thread.join(30)

    assert len(refused) == 1
    assert state_of(database, episode) is EpisodeState.draft


def test_withdrawing_consent_while_it_is_being_published_ends_unpublished(database: Database) -> None:
    with database.session() as session:
        episode = make_story(session)
        session.commit()
    publishing = database.session()
    publishing.execute(sa.text(PUBLISH))

    def withdraw() -> None:
        with database.begin() as session:
            session.execute(sa.text(UNDO["a consent is withdrawn"]))

    thread = threading.Thread(target=withdraw)
    thread.start()
    thread.join(0.5)
    publishing.commit()
    publishing.close()
    thread.join(30)

    assert state_of(database, episode) is EpisodeState.unpublished


def test_the_words_of_another_recording_do_not_pass_for_checked_ones(database: Database) -> None:
    with database.session() as session:
        episode = make_published_story(session)
        _, checked = make_sound(session, make_episode(session))
        unchecked = make_sound(session, make_episode(session), checked=False)[1]
        episode.transcript_id = checked.id
        session.flush()
        episode.transcript_id = unchecked.id

        with pytest.raises(sa.exc.DBAPIError, match="a story needs consent"):
            session.flush()
