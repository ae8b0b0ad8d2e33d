"""Whatever people do, in whatever order: what the public sees is allowed."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models import CreditRole, Enclosure, EpisodeState, PublishWish, Recording, TranscriptRow
from app.services import corrections, drafts, episodes, people
from app.services.published import public_episode_ids
from tests.factories import (
    make_account,
    make_enclosure,
    make_episode,
    make_recording,
    make_transcript,
)
from tests.services.stories import make_consent, make_story, make_teller


class Story(RuleBasedStateMachine):
    """One story in the hands of a facilitator, a pipeline and a storyteller."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self.session.rollback()
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.owner = make_account(self.session, is_owner=True)
        self.episode = make_story(self.session)
        self.guid = self.episode.guid
        self.seen = (self.episode.show.revision, self.public())
        self.session.flush()

    def public(self) -> bool:
        self.session.flush()
        return (
            self.session.scalar(
                sa.select(sa.exists().where(public_episode_ids().subquery().c.id == self.episode.id))
            )
            is True
        )

    def attempt(self, change: object, *arguments: object) -> None:
        self.now += timedelta(minutes=1)
        assert callable(change)
        try:
            change(self.session, self.episode, *arguments, self.now)
        except Conflict:
            self.session.flush()

    @rule()
    def publish(self) -> None:
        self.attempt(episodes.publish, self.owner)

    @rule()
    def wish(self) -> None:
        self.attempt(episodes.wish, PublishWish.when_ready, self.owner)

    @rule()
    def unpublish(self) -> None:
        self.attempt(episodes.unpublish, self.owner)

    @rule()
    def withdraw(self) -> None:
        self.attempt(episodes.withdraw, self.owner)

    @rule()
    def to_bin(self) -> None:
        self.attempt(episodes.to_bin, self.owner)

    @rule()
    def from_bin(self) -> None:
        self.attempt(episodes.from_bin, self.owner)

    @rule()
    def check(self) -> None:
        self.session.refresh(self.episode)
        row = self.episode.transcript
        if row is not None:
            self.attempt(corrections.mark_checked, row.id, row.revision, self.owner)

    @rule()
    def agree(self) -> None:
        for credit in self.episode.credits:
            make_consent(self.session, self.episode, credit.person)

    @rule()
    def no_longer_agree(self) -> None:
        standing = [consent for consent in self.episode.consents if consent.withdrawn_at is None]
        if standing:
            self.attempt(drafts.withdraw_consent, standing[0])

    @precondition(lambda self: self.episode.state is not EpisodeState.published)
    @rule()
    def name_another(self) -> None:
        if len(self.episode.credits) < 3:
            make_teller(self.session, self.episode)

    @rule()
    def take_somebody_out(self) -> None:
        if self.episode.credits:
            try:
                people.take_out(self.session, self.episode, self.episode.credits[0].id, self.now)
            except Conflict:
                self.session.expire(self.episode, ["credits"])

    @rule()
    def replace(self) -> None:
        kept = (self.episode.recording_id, self.episode.enclosure_id, self.episode.transcript_id)
        with self.session.no_autoflush:
            recording, words = self.arrive()
        episodes.take_enclosure(self.session, recording, self.now)
        if self.episode.state is EpisodeState.published:
            assert (self.episode.enclosure_id, self.episode.transcript_id) == kept[1:]
        episodes.take_transcript(self.session, recording, words, self.now)

    def arrive(self) -> tuple[Recording, TranscriptRow]:
        other = make_episode(self.session, self.episode.show)
        recording = make_recording(self.session, other)
        enclosure: Enclosure = make_enclosure(self.session, recording)
        words = make_transcript(self.session, recording)
        other.recording_id = other.enclosure_id = other.transcript_id = None
        self.session.flush()
        recording.episode = self.episode
        enclosure.episode_id = words.episode_id = self.episode.id
        self.session.flush()
        return recording, words

    @invariant()
    def what_the_public_sees_is_allowed(self) -> None:
        public = self.public()
        if public:
            self.session.refresh(self.episode)
            assert episodes.hindrances(self.session, self.episode) == []
            told = {c.person_id for c in self.episode.credits if c.role is CreditRole.storyteller}
            agreed = {c.person_id for c in self.episode.consents if c.withdrawn_at is None}
            assert told
            assert told <= agreed
            assert self.episode.transcript is not None
            assert self.episode.transcript.checked_at is not None
        assert self.episode.guid == self.guid

    @invariant()
    def the_feed_follows_whatever_appears_or_goes(self) -> None:
        now = (self.episode.show.revision, self.public())
        if now[1] != self.seen[1]:
            assert now[0] > self.seen[0]
        self.seen = now


def test_no_order_of_events_makes_public_what_may_not_be(session: Session) -> None:
    class Machine(Story):
        pass

    Machine.session = session

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
