"""Whether everybody has agreed of whom it has to be known. Records are kept by services/drafts.py."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Consent, CreditRole, Episode, EpisodeKind, Person


def lacking(session: Session, episode: Episode) -> list[str]:
    """Whoever agreed once and no longer does, whatever the episode is called; and a story's tellers."""
    standing: dict[uuid.UUID, bool] = {}
    names: dict[uuid.UUID, str] = {}
    for person_id, name, withdrawn_at in session.execute(
        sa.select(Consent.person_id, Person.public_name, Consent.withdrawn_at)
        .join(Person, Consent.person_id == Person.id)
        .where(Consent.episode_id == episode.id)
        .order_by(Consent.created_at, Consent.id)
    ):
        names[person_id] = name
        standing[person_id] = standing.get(person_id, False) or withdrawn_at is None
    found = [f"{names[person_id]} no longer agrees." for person_id, stands in standing.items() if not stands]
    if episode.kind is not EpisodeKind.story:
        return found
    tellers = [credit.person for credit in episode.credits if credit.role is CreditRole.storyteller]
    if not tellers:
        return [*found, "Name the storyteller under people."]
    never_asked = [person.public_name for person in tellers if person.id not in standing]
    return [*found, *(f"Consent is missing for {name}." for name in never_asked)]
