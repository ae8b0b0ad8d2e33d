"""Whether the disk has room for one more recording, beside those that are on their way already.

The store is asked with no transaction open, and the claims of others are read anew before the row is
written, so that two recordings are not both taken where only one fits.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models import Upload
from app.storage import ObjectStore
from app.storage.keys import recording_key

#: Parts are put together into a second file, and the pipeline works on a copy of its own.
_COPIES = 2
_SPARE_BYTES = 256 * 1024**2
#: An upload that nobody continued for so long keeps what has arrived, but holds no room for the rest.
CLAIM_HOURS = 24


@dataclass(frozen=True)
class Claim:
    """An upload that still needs room."""

    recording_id: uuid.UUID
    store_upload: str
    size_bytes: int


@dataclass(frozen=True)
class Room:
    """What the store said: room left (None where it does not say), and what of each upload lies there."""

    free_bytes: int | None
    arrived_bytes: Mapping[uuid.UUID, int]


def claims(session: Session, now: datetime) -> list[Claim]:
    """The uploads that are on their way."""
    rows = session.execute(
        sa.select(Upload.recording_id, Upload.store_upload, Upload.size_bytes).where(
            Upload.completed_at.is_(None), Upload.touched_at >= now - timedelta(hours=CLAIM_HOURS)
        )
    )
    return [Claim(*row) for row in rows]


def measure(store: ObjectStore, others: Sequence[Claim]) -> Room:
    """Ask the store; call it with no transaction open."""
    free_bytes = store.free_bytes()
    if free_bytes is None:
        return Room(None, {})
    return Room(
        free_bytes,
        {
            claim.recording_id: store.received_bytes(recording_key(claim.recording_id), claim.store_upload)
            for claim in others
        },
    )


def check(room: Room, others: Sequence[Claim], size_bytes: int) -> None:
    """Raises Conflict where the disk would not hold the recording, and all that was promised before."""
    if room.free_bytes is None:
        return
    promised = sum(
        claim.size_bytes * _COPIES - room.arrived_bytes.get(claim.recording_id, 0) for claim in others
    )
    if room.free_bytes < size_bytes * _COPIES + _SPARE_BYTES + promised:
        raise Conflict(
            "There is not enough room for this recording at present. Ask the person who runs this service "
            "to make room; then send it again."
        )
