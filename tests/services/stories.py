"""Stories for tests: a recording, its words, a storyteller who has agreed; not published."""

from sqlalchemy.orm import Session

from app.models import (
    Consent,
    Credit,
    CreditRole,
    Enclosure,
    Episode,
    EpisodeKind,
    Person,
    Show,
    TranscriptRow,
)
from tests.factories import WHEN, make_enclosure, make_episode, make_recording, make_transcript


def make_teller(session: Session, episode: Episode, name: str = "Bea") -> Credit:
    """Somebody who tells the story; no consent yet."""
    person = Person(community_id=episode.show.community_id, public_name=name, created_at=WHEN)
    credit = Credit(person=person, role=CreditRole.storyteller)
    episode.credits.append(credit)
    session.flush()
    return credit


def make_consent(session: Session, episode: Episode, person: Person) -> Consent:
    """The person has agreed."""
    consent = Consent(
        person=person,
        purpose="Publish",
        how_given="In writing",
        taken_by="Ada",
        given_on=WHEN.date(),
        created_at=WHEN,
    )
    episode.consents.append(consent)
    session.flush()
    return consent


def make_sound(
    session: Session, episode: Episode, *, checked: bool = True
) -> tuple[Enclosure, TranscriptRow]:
    """A recording of it with everything that is made from one; it becomes the episode's."""
    recording = make_recording(session, episode)
    enclosure = make_enclosure(session, recording)
    transcript = make_transcript(session, recording, checked_at=WHEN if checked else None)
    session.expire(episode, ["recording", "enclosure", "transcript"])
    return enclosure, transcript


def make_story(
    session: Session, show: Show | None = None, *, checked: bool = True, **said: object
) -> Episode:
    """A story to which nothing is missing."""
    episode = make_episode(session, show, kind=EpisodeKind.story, **said)
    make_sound(session, episode, checked=checked)
    make_consent(session, episode, make_teller(session, episode).person)
    return episode
