"""Room on the disk: what is taken must fit beside what was promised before."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.errors import Conflict
from app.models import Upload
from app.services import room
from app.services.room import Claim, Room
from tests.factories import WHEN
from tests.services.test_uploads import begin

GIB = 1024**3
OTHER = Claim(uuid.uuid4(), "other", GIB)


def test_a_recording_needs_twice_its_size_and_some() -> None:
    room.check(Room(500_000_000, {}), [], 10_000_000)

    with pytest.raises(Conflict, match="not enough room"):
        room.check(Room(500_000_000, {}), [], 200_000_000)


def test_room_that_was_promised_to_another_is_not_given_twice() -> None:
    room.check(Room(3 * GIB, {}), [], GIB)

    with pytest.raises(Conflict, match="not enough room"):
        room.check(Room(3 * GIB, {}), [OTHER], GIB)


def test_what_has_arrived_of_another_is_on_the_disk_already() -> None:
    """Its parts are not to come, but they are to be put together into a second file."""
    free_bytes = 4 * GIB - GIB // 2

    with pytest.raises(Conflict):
        room.check(Room(free_bytes, {OTHER.recording_id: GIB // 8}), [OTHER], GIB)
    room.check(Room(free_bytes, {OTHER.recording_id: GIB}), [OTHER], GIB)


def test_a_store_that_does_not_say_how_much_room_it_has_takes_everything() -> None:
    room.check(Room(None, {}), [OTHER], 4 * GIB)


def test_only_uploads_that_are_on_their_way_hold_room(session: Session, backends: Backends) -> None:
    begin(session, backends)
    assert [claim.size_bytes for claim in room.claims(session, WHEN)] == [20_000_000]

    assert room.claims(session, WHEN + timedelta(hours=25)) == []
    session.execute(sa.update(Upload).values(completed_at=WHEN))
    assert room.claims(session, WHEN) == []


def test_the_store_is_asked_how_much_has_arrived(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    found = room.measure(backends.store, room.claims(session, WHEN))

    assert found.free_bytes is not None
    assert found.arrived_bytes == {upload.recording_id: 0}
