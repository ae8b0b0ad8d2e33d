"""What it takes to publish, and what taking back does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict, NotAllowed, NotFound
from app.models import Account, Episode, EpisodeKind, EpisodeState, PublishWish, Show
from app.services import drafts, episodes, people, transcripts
from app.services.published import public_episode_ids
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_episode,
    make_membership,
    make_published,
    make_show,
)
from tests.services.stories import make_consent, make_sound, make_story, make_teller

LATER = WHEN + timedelta(days=3)


@pytest.fixture
def owner(session: Session) -> Account:
    return make_account(session, is_owner=True)


def is_public(session: Session, episode: Episode) -> bool:
    session.flush()
    return episode.id in set(session.scalars(public_episode_ids()))


def with_sound(
    session: Session,
    show: Show | None = None,
    *,
    checked: bool = False,
    kind: EpisodeKind = EpisodeKind.episode,
) -> Episode:
    episode = make_episode(session, show, kind=kind)
    make_sound(session, episode, checked=checked)
    return episode


def test_an_episode_with_sound_and_title_is_published(session: Session, owner: Account) -> None:
    episode = with_sound(session)
    episodes.publish(session, episode, owner, LATER)

    assert is_public(session, episode)
    assert episode.published_at == LATER


def test_without_sound_or_title_nothing_is_published(session: Session, owner: Account) -> None:
    episode = make_episode(session, title=" ")

    with pytest.raises(Conflict, match=r"no sound yet.*no title"):
        episodes.publish(session, episode, owner, LATER)
    assert not is_public(session, episode)


def test_a_show_may_ask_for_checked_transcripts(session: Session, owner: Account) -> None:
    episode = with_sound(session, show=make_show(session, requires_checked=True))
    with pytest.raises(Conflict, match="checked by a person"):
        episodes.publish(session, episode, owner, LATER)

    assert episode.transcript is not None
    transcripts.mark_checked(session, episode.transcript, owner, LATER)
    episodes.publish(session, episode, owner, LATER)
    assert is_public(session, episode)


def test_a_whole_story_is_published(session: Session, owner: Account) -> None:
    episode = make_story(session)
    episodes.publish(session, episode, owner, LATER)

    assert is_public(session, episode)


def test_a_story_needs_a_checked_transcript(session: Session, owner: Account) -> None:
    with pytest.raises(Conflict, match="checked by a person"):
        episodes.publish(session, make_story(session, checked=False), owner, LATER)


def test_a_story_needs_a_storyteller(session: Session, owner: Account) -> None:
    episode = with_sound(session, checked=True, kind=EpisodeKind.story)

    with pytest.raises(Conflict, match="Name the storyteller"):
        episodes.publish(session, episode, owner, LATER)


def test_every_storyteller_has_to_agree(session: Session, owner: Account) -> None:
    episode = make_story(session)
    second = make_teller(session, episode, "Cy")
    with pytest.raises(Conflict, match=r"Consent is missing for Cy\."):
        episodes.publish(session, episode, owner, LATER)

    make_consent(session, episode, second.person)
    episodes.publish(session, episode, owner, LATER)
    assert is_public(session, episode)


def test_a_withdrawn_consent_is_none(session: Session, owner: Account) -> None:
    episode = make_story(session)
    drafts.withdraw_consent(session, episode, episode.consents[0], LATER)

    with pytest.raises(Conflict, match=r"^Bea no longer agrees\.$"):
        episodes.publish(session, episode, owner, LATER)


def test_a_withdrawn_consent_counts_when_the_teller_is_named_no_more(
    session: Session, owner: Account
) -> None:
    episode = make_story(session)
    second = make_teller(session, episode, "Cy")
    make_consent(session, episode, second.person)
    people.take_out(session, episode, second.id, LATER)
    drafts.withdraw_consent(session, episode, episode.consents[1], LATER)

    with pytest.raises(Conflict, match=r"^Cy no longer agrees\.$"):
        episodes.publish(session, episode, owner, LATER)


def test_who_agrees_again_agrees(session: Session, owner: Account) -> None:
    episode = make_story(session)
    drafts.withdraw_consent(session, episode, episode.consents[0], LATER)
    make_consent(session, episode, episode.consents[0].person)

    episodes.publish(session, episode, owner, LATER)
    assert is_public(session, episode)


def test_consent_to_another_story_does_not_count(session: Session, owner: Account) -> None:
    first = make_story(session)
    second = with_sound(session, checked=True, kind=EpisodeKind.story, show=first.show)
    people.credit(session, second, first.credits[0].person, first.credits[0].role, LATER)

    with pytest.raises(Conflict, match="Consent is missing for Bea"):
        episodes.publish(session, second, owner, LATER)


def test_withdrawing_consent_takes_a_published_story_back_at_once(session: Session, owner: Account) -> None:
    episode = make_story(session)
    episodes.publish(session, episode, owner, WHEN)
    before = episode.show.revision
    drafts.withdraw_consent(session, episode, episode.consents[0], LATER)

    assert not is_public(session, episode)
    assert episode.show.revision > before


def test_the_pipeline_cannot_publish_what_a_person_could_not(session: Session) -> None:
    episode = make_story(session, checked=False)

    with pytest.raises(Conflict):
        episodes.publish(session, episode, None, LATER)


def test_an_unpublished_episode_comes_back_under_guid_and_date(session: Session, owner: Account) -> None:
    episode = with_sound(session)
    guid = episode.guid
    episodes.publish(session, episode, owner, WHEN)
    episodes.unpublish(session, episode, owner, LATER)
    assert not is_public(session, episode)

    episodes.publish(session, episode, owner, LATER)
    assert is_public(session, episode)
    assert (episode.guid, episode.published_at) == (guid, WHEN)


def test_only_what_is_published_can_be_taken_back(session: Session, owner: Account) -> None:
    episode = with_sound(session)

    with pytest.raises(Conflict, match="not published"):
        episodes.unpublish(session, episode, owner, LATER)
    with pytest.raises(Conflict, match="never published"):
        episodes.withdraw(session, episode, owner, LATER)


def test_withdrawing_ends_every_wish(session: Session, owner: Account) -> None:
    episode = make_published(session)
    episode.wish = PublishWish.when_ready
    episodes.withdraw(session, episode, owner, LATER)

    assert (episode.state, episode.withdrawn_at) == (EpisodeState.withdrawn, LATER)
    assert episode.wish is PublishWish.none
    assert not is_public(session, episode)


def test_an_unpublished_episode_can_be_withdrawn_for_good(session: Session, owner: Account) -> None:
    episode = make_published(session)
    episodes.unpublish(session, episode, owner, LATER)
    episodes.withdraw(session, episode, owner, LATER)

    assert episode.state is EpisodeState.withdrawn


def test_what_comes_out_of_the_bin_is_not_published(session: Session, owner: Account) -> None:
    episode = make_published(session)
    episodes.to_bin(session, episode, owner, WHEN)
    assert not is_public(session, episode)
    with pytest.raises(Conflict, match="in the bin"):
        episodes.publish(session, episode, owner, LATER)

    episodes.from_bin(session, episode, owner, LATER)
    assert not is_public(session, episode)
    episodes.publish(session, episode, owner, LATER)
    assert is_public(session, episode)


def test_the_thirty_days_begin_once_and_wishes_end_in_the_bin(session: Session, owner: Account) -> None:
    episode = make_episode(session)
    episodes.wish(session, episode, PublishWish.when_ready, owner, WHEN)
    episodes.to_bin(session, episode, owner, WHEN)
    episodes.to_bin(session, episode, owner, LATER)

    assert episodes.bin_ends(episode) == WHEN + timedelta(days=30)
    assert episode.wish is PublishWish.none


def test_a_withdrawn_episode_stays_withdrawn_through_the_bin(session: Session, owner: Account) -> None:
    episode = make_published(session)
    episodes.withdraw(session, episode, owner, WHEN)
    episodes.to_bin(session, episode, owner, WHEN)
    episodes.from_bin(session, episode, owner, LATER)

    assert episode.state is EpisodeState.withdrawn


def test_a_wish_for_what_is_there_is_fulfilled_at_once(session: Session, owner: Account) -> None:
    for wanted in (PublishWish.now, PublishWish.when_ready):
        episode = with_sound(session)
        episodes.wish(session, episode, wanted, owner, LATER)

        assert is_public(session, episode)
        assert episode.wish is PublishWish.none


def test_a_wish_never_outlasts_publication(session: Session, owner: Account) -> None:
    episode = make_published(session)
    episodes.wish(session, episode, PublishWish.when_ready, owner, LATER)

    assert episode.wish is PublishWish.none


def test_a_wish_does_not_lift_a_story_over_what_is_missing(session: Session, owner: Account) -> None:
    episode = make_story(session, checked=False)
    episodes.wish(session, episode, PublishWish.when_ready, owner, LATER)

    assert not is_public(session, episode)


@pytest.mark.parametrize(
    ("role", "producers_publish", "refused"),
    [
        ("facilitator", False, None),
        ("producer", True, None),
        ("producer", False, NotAllowed),
        ("storyteller", True, NotAllowed),
        ("member", True, NotAllowed),
        (None, True, NotFound),
    ],
)
def test_who_may_publish_and_take_back(
    session: Session, role: str | None, producers_publish: bool, refused: type[Exception] | None
) -> None:
    show = make_show(session, producers_publish=producers_publish)
    account = make_account(session)
    make_membership(session, account, show.community if role else make_community(session), role or "producer")
    draft, public = with_sound(session, show=show), make_published(session, show)
    never = make_published(session, show)
    changes: tuple[Callable[[], None], ...] = (
        lambda: episodes.publish(session, draft, account, LATER),
        lambda: episodes.wish(session, draft, PublishWish.now, account, LATER),
        lambda: episodes.unpublish(session, public, account, LATER),
        lambda: episodes.withdraw(session, never, account, LATER),
        lambda: episodes.to_bin(session, make_published(session, show), account, LATER),
    )

    for change in changes:
        if refused is None:
            change()
        else:
            with pytest.raises(refused):
                change()
    assert is_public(session, draft) is (refused is None)
    assert is_public(session, public) is (refused is not None)


def test_a_producer_who_may_not_publish_may_bin_a_draft(session: Session) -> None:
    show = make_show(session, producers_publish=False)
    account = make_account(session)
    make_membership(session, account, show.community, "producer")
    draft = with_sound(session, show=show)
    episodes.to_bin(session, draft, account, LATER)

    assert draft.deleted_at == LATER


def test_an_account_that_was_closed_publishes_nothing(session: Session, owner: Account) -> None:
    owner.active = False

    with pytest.raises(NotFound):
        episodes.publish(session, with_sound(session), owner, LATER)


def test_the_pages_of_a_binned_show_are_gone(session: Session) -> None:
    episode = make_published(session)
    episode.show.deleted_at = WHEN

    assert not is_public(session, episode)
    assert session.scalar(sa.select(sa.func.count()).select_from(public_episode_ids().subquery())) == 0
