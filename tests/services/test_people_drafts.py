"""What is said of an episode, and who agreed to it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.models import Consent, CreditRole, Episode, EpisodeKind, EpisodeState, PublishWish
from app.services import drafts, people
from app.services.drafts import EpisodeFields
from tests.factories import WHEN, make_account, make_episode, make_published
from tests.services.stories import make_consent, make_sound, make_teller


def make_story(session: Session) -> tuple[Episode, Consent]:
    """A published story with its consent."""
    episode = make_published(session)
    account = make_account(session, password=None)
    teller = people.add(session, episode.show.community, "Ruth", "", "", WHEN)
    people.credit(session, episode, teller, CreditRole.storyteller, WHEN)
    consent = drafts.record_consent(
        session,
        episode,
        teller,
        account,
        WHEN,
        purpose="Publishing the story",
        how_given="On the signed form",
        given_on=WHEN.date(),
        taken_by="Ada",
    )
    assert episode.transcript is not None
    episode.transcript.checked_at = WHEN
    episode.kind = EpisodeKind.story
    session.flush()
    return episode, consent


def test_a_story_that_only_waited_for_its_consent_is_published_with_it(session: Session) -> None:
    episode = make_episode(session, kind=EpisodeKind.story, wish=PublishWish.when_ready)
    make_sound(session, episode)
    teller = make_teller(session, episode).person
    account = make_account(session)

    drafts.record_consent(
        session, episode, teller, account, WHEN,
        purpose="Publish it", how_given="In writing", given_on=WHEN.date(), taken_by="Ada",
    )  # fmt: skip

    assert episode.state is EpisodeState.published


def test_a_withdrawn_consent_takes_the_story_back_at_once(session: Session) -> None:
    episode, consent = make_story(session)

    drafts.withdraw_consent(session, episode, consent, WHEN)

    assert episode.state is EpisodeState.unpublished
    assert consent.withdrawn_at == WHEN


def test_a_published_episode_cannot_become_a_story_without_consent(session: Session) -> None:
    episode = make_published(session)

    with pytest.raises(Conflict, match="storyteller"):
        drafts.edit(session, episode, EpisodeFields("Title", kind=EpisodeKind.story), WHEN)


def test_a_story_with_records_of_consent_stays_a_story(session: Session) -> None:
    episode, _ = make_story(session)

    with pytest.raises(Invalid) as refused:
        drafts.edit(session, episode, EpisodeFields("Title", kind=EpisodeKind.episode), WHEN)
    assert list(refused.value.problems) == ["kind"]


def test_a_story_that_was_none_becomes_an_episode(session: Session) -> None:
    episode = make_episode(session, kind=EpisodeKind.story)
    make_teller(session, episode)

    drafts.edit(session, episode, EpisodeFields("Title", kind=EpisodeKind.episode), WHEN)
    assert episode.kind is EpisodeKind.episode


def test_a_consent_withdrawn_from_an_episode_takes_it_back_too(session: Session) -> None:
    episode = make_published(session)
    consent = make_consent(session, episode, make_teller(session, episode).person)
    session.commit()

    drafts.withdraw_consent(session, episode, consent, WHEN)
    assert episode.state is EpisodeState.unpublished


def test_a_consent_cannot_be_given_tomorrow(session: Session) -> None:
    episode = make_episode(session)
    person = people.add(session, episode.show.community, "Ruth", "", "", WHEN)

    with pytest.raises(Invalid) as refused:
        drafts.record_consent(
            session,
            episode,
            person,
            make_account(session, password=None),
            WHEN,
            purpose="",
            how_given="x",
            given_on=(WHEN + timedelta(days=1)).date(),
            taken_by="x",
        )

    assert set(refused.value.problems) == {"purpose", "given_on"}


@pytest.mark.parametrize(
    ("field", "length"), [("title", 255), ("summary", 1000), ("content_note", 1000), ("notes", 20_000)]
)
def test_every_text_has_a_length(session: Session, field: str, length: int) -> None:
    episode = make_episode(session)
    values = {"title": "Title", field: "t" * length}

    drafts.edit(session, episode, EpisodeFields(**values), WHEN)
    with pytest.raises(Invalid) as refused:
        drafts.edit(session, episode, EpisodeFields(**{**values, field: "t" * (length + 1)}), WHEN)

    assert list(refused.value.problems) == [field]
