"""What is said of an episode: title, notes, number, consent records.

Chapters are services/chapters.py; publishing, replacing and deleting services/episodes.py.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import may_write
from app.errors import Conflict, NotFound
from app.models import (
    Account,
    Consent,
    Episode,
    EpisodeKind,
    EpisodeState,
    EpisodeType,
    Person,
    PublishWish,
    Season,
    Show,
)
from app.services import access, episodes, fields, shows


@dataclass(frozen=True)
class EpisodeFields:
    """What a person may say of an episode."""

    title: str
    summary: str = ""
    notes: str = ""
    content_note: str = ""
    kind: EpisodeKind = EpisodeKind.episode
    episode_type: EpisodeType = EpisodeType.full
    explicit: bool = False
    number: int | None = None
    season_id: uuid.UUID | None = None


def get(session: Session, episode_id: uuid.UUID, *, hold: bool = False) -> Episode:
    """An episode, also one in the bin. Raises NotFound.

    With `hold` nobody else changes it until this transaction ends; rows that only name it may be added.
    """
    episode = session.get(Episode, episode_id, with_for_update={"key_share": True} if hold else None)
    if episode is None or episode.show.deleted_at is not None:
        raise NotFound("There is nothing at this address.")
    return episode


def to_make(session: Session, episode_id: uuid.UUID, account: Account) -> Episode:
    """An episode that this account may edit, also one in the bin. Raises NotFound, NotAllowed.

    Whoever may write holds it: one change after the other, on every database.
    """
    episode = get(session, episode_id, hold=may_write(session))
    access.require_making(session, account, episode.show.community_id)
    return episode


def create(
    session: Session, show: Show, title: str, kind: EpisodeKind, account: Account | None, now: datetime
) -> Episode:
    """A draft with an address made from its title, which then stays. Raises Invalid.

    `account` is None for a command that nobody has signed in for.
    """
    values: dict[str, object] = {"title": fields.line(title)}
    fields.refuse({**fields.too_long(Episode, values), **fields.missing(values, {"title": "Enter a title."})})
    shows.hold(session, show)  # two at once with one title are two addresses
    taken = set(session.scalars(sa.select(Episode.slug).where(Episode.show_id == show.id)))
    episode = Episode(
        show=show,
        slug=fields.first_free(fields.slug(title, kind.value), taken),
        kind=kind,
        title=str(values["title"]),
        explicit=show.explicit,
        created_by=account.id if account else None,
        created_at=now,
        changed_at=now,
    )
    session.add(episode)
    session.flush()
    return episode


def edit(session: Session, episode: Episode, said: EpisodeFields, now: datetime) -> None:
    """Change what is said of it; address and GUID stay. Raises Invalid."""
    values: dict[str, object] = asdict(said)
    for name in ("title", "summary", "content_note"):
        values[name] = fields.line(getattr(said, name))
    values["notes"] = fields.lines(said.notes)
    problems: dict[str, str | None] = {
        **fields.too_long(Episode, values),
        **fields.missing(values, {"title": "Enter a title."}),
    }
    if said.number is not None and not 1 <= said.number <= 99_999:
        problems["number"] = "Enter a number from 1 to 99,999, or leave it empty."
    if said.season_id is not None and not _season_of(session, episode, said.season_id):
        problems["season_id"] = "Choose a season of this show."
    if episode.kind is EpisodeKind.story and said.kind is not EpisodeKind.story and episode.consents:
        problems["kind"] = "Records of consent belong to this story, so it stays a story."
    fields.refuse(problems)
    for name, value in values.items():
        setattr(episode, name, value)
    _check_stays_public(session, episode)
    changed(session, episode, now)


def said_of(episode: Episode) -> EpisodeFields:
    """What is said of it now."""
    return EpisodeFields(
        **{field.name: getattr(episode, field.name) for field in dataclass_fields(EpisodeFields)}
    )


def version_of(episode: Episode) -> str:
    """Changes when anything of that changes, and with nothing else: the pipeline's work is none of it."""
    return hashlib.sha256(repr(said_of(episode)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def edit_seen(
    session: Session, episode: Episode, version: str, said: Mapping[str, Any], now: datetime
) -> None:
    """Change some of it, if it still is as the person saw it. Raises Conflict, and as `edit`."""
    session.refresh(episode, with_for_update=True)
    if version_of(episode) != version:
        raise Conflict("Somebody else has changed this since you read it. Read it again, then change it.")
    edit(session, episode, replace(said_of(episode), **said), now)


def record_consent(
    session: Session,
    episode: Episode,
    person: Person,
    account: Account,
    now: datetime,
    *,
    purpose: str,
    how_given: str,
    given_on: date,
    taken_by: str,
) -> Consent:
    """Keep that this person agreed: for what, how, when, taken by whom. Raises Invalid, NotFound."""
    if person.community_id != episode.show.community_id:
        raise NotFound("This person is not part of the community.")
    values = {
        "purpose": fields.line(purpose),
        "how_given": fields.line(how_given),
        "taken_by": fields.line(taken_by),
    }
    problems: dict[str, str | None] = {
        **fields.too_long(Consent, values),
        **fields.missing(
            values,
            {
                "purpose": "Say what they agreed to.",
                "how_given": "Say how they agreed, for example: on the signed form, in the recording.",
                "taken_by": "Say who asked them.",
            },
        ),
    }
    if given_on > now.date():
        problems["given_on"] = "Enter the day on which they agreed; it cannot be in the future."
    fields.refuse(problems)
    consent = Consent(person=person, given_on=given_on, created_by=account.id, created_at=now, **values)
    episode.consents.append(consent)
    changed(session, episode, now)
    return consent


def consent_of(episode: Episode, consent_id: uuid.UUID) -> Consent:
    """One consent record of the episode. Raises NotFound."""
    for consent in episode.consents:
        if consent.id == consent_id:
            return consent
    raise NotFound("This record is no longer there.")


def withdraw_consent(session: Session, episode: Episode, consent: Consent, now: datetime) -> None:
    """The person no longer agrees. The record stays, with its end; what is published is taken back at once.

    Whoever may edit the episode may do this: taking back never waits for a role.
    """
    if consent.withdrawn_at is not None:
        return
    was_public = episodes.is_public(episode, now)
    consent.withdrawn_at = now
    session.flush()
    if episode.state is EpisodeState.published and episodes.hindrances(session, episode):
        episode.state = EpisodeState.unpublished
        episode.wish = PublishWish.none
    episodes.touch(session, episode, now, was_public=was_public)


def _check_stays_public(session: Session, episode: Episode) -> None:
    """Before anything is written: the database would refuse it too, but not in words."""
    if episode.state is not EpisodeState.published:
        return
    with session.no_autoflush:
        found = episodes.hindrances(session, episode)
    if found:
        raise Conflict("It is published and would no longer be allowed to be. " + " ".join(found))


def _season_of(session: Session, episode: Episode, season_id: uuid.UUID) -> bool:
    season = session.get(Season, season_id)
    return season is not None and season.show_id == episode.show_id


def changed(session: Session, episode: Episode, now: datetime) -> None:
    """What is said of it has changed: feed and search follow.

    Raises Conflict where it is published and could not be published as it would now be.
    """
    _check_stays_public(session, episode)
    episodes.touch(session, episode, now)
    episodes.fulfil(session, episode, now)  # perhaps this was the last thing that a wish waited for
