"""People who are heard or credited, and who did what in an episode."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.models import Community, Consent, Credit, CreditRole, Episode, Person
from app.services import drafts, episodes, fields

MOST_CREDITS = 50


def of_community(session: Session, community_id: uuid.UUID) -> list[Person]:
    """Everyone known to a community, by name."""
    return list(
        session.scalars(
            sa.select(Person)
            .where(Person.community_id == community_id)
            .order_by(sa.func.lower(Person.public_name), Person.id)
        )
    )


def get(session: Session, person_id: uuid.UUID) -> Person:
    """Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("This person is no longer there.")
    return person


def add(
    session: Session, community: Community, public_name: str, about: str, link: str, now: datetime
) -> Person:
    """Somebody new, by the name that they want to be shown. Raises Invalid."""
    person = Person(community_id=community.id, created_at=now, **_checked(public_name, about, link))
    session.add(person)
    session.flush()
    return person


def edit(session: Session, person: Person, public_name: str, about: str, link: str, now: datetime) -> None:
    """Change what is shown of a person, in every show where they are credited. Raises Invalid."""
    for name, value in _checked(public_name, about, link).items():
        setattr(person, name, value)
    credited = session.scalars(
        sa.select(Episode).join(Credit, Credit.episode_id == Episode.id).where(Credit.person_id == person.id)
    ).unique()
    session.flush()
    for episode in credited:
        episodes.touch(session, episode, now)


def remove(session: Session, person: Person) -> None:
    """Forget somebody who is credited nowhere. Raises Conflict."""
    for table in (Credit, Consent):
        if session.scalar(sa.select(table.id).where(table.person_id == person.id).limit(1)) is not None:
            raise Conflict("This person is named in an episode. Take them out there first.")
    session.delete(person)
    session.flush()


def credit(session: Session, episode: Episode, person: Person, role: CreditRole, now: datetime) -> Credit:
    """Say that the person did this in the episode; saying it twice changes nothing.

    Raises NotFound for a person of another community, Conflict for too many.
    """
    if person.community_id != episode.show.community_id:
        raise NotFound("This person is not part of the community.")
    for known in episode.credits:
        if known.person_id == person.id and known.role is role:
            return known
    if len(episode.credits) >= MOST_CREDITS:
        raise Conflict(f"An episode can name up to {MOST_CREDITS} people.")
    made = Credit(
        person=person, role=role, position=max((known.position for known in episode.credits), default=-1) + 1
    )
    episode.credits.append(made)
    drafts.changed(session, episode, now)
    return made


def take_out(
    session: Session, episode: Episode, credit_id: uuid.UUID, now: datetime
) -> tuple[Person, CreditRole]:
    """Remove a credit; what it said. Raises NotFound."""
    for known in episode.credits:
        if known.id == credit_id:
            said = (known.person, known.role)
            episode.credits.remove(known)
            drafts.changed(session, episode, now)
            return said
    raise NotFound("This person is no longer named here.")


def _checked(public_name: str, about: str, link: str) -> dict[str, str]:
    values = {
        "public_name": fields.line(public_name),
        "about": fields.lines(about),
        "link": fields.line(link),
    }
    problems: dict[str, str | None] = {
        **fields.too_long(Person, values, about=4_000),
        **fields.missing(values, {"public_name": "Enter the name as it should be shown."}),
    }
    if message := fields.link_problem(values["link"]):
        problems["link"] = message
    fields.refuse(problems)
    return values
