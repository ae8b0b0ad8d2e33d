"""Recordings on their way in, for the page of the studio and for programs alike.

Between the reads and the writes here the store is called with no transaction open, so these functions
commit: what they have written holds even if the next call to the store fails.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from app.errors import Invalid, NotFound
from app.models import Account, Episode, Recording, Show, Upload
from app.pipeline.engine import enqueue
from app.services import room, uploads
from app.storage import SignedPart, expected_parts
from app.storage.keys import recording_key
from app.web.audited import commit_before
from app.web.current import backends, settings
from app.web.session import current_session

ADDRESS_GOOD_FOR_S = 3600
MOST_ADDRESSES = 32

#: Parts that need not be sent again: number and sha256, or None where the store does not tell it.
There = Mapping[int, str | None]


def begin(
    who: Account,
    show: Show,
    episode: Episode | None,
    asked: uploads.Asked,
    upload_id: uuid.UUID | None = None,
) -> tuple[Upload, There]:
    """A new upload, or the one that is known by this id, or by the same file, and what has arrived of it.

    However often and at whatever moment the same is asked for, there is one.
    """
    session, now = current_session(), backends().clock()
    uploads.check(asked, settings().limits)
    known = _known(who, show, episode, asked, upload_id)
    if known is not None and known.completed_at is None:
        uploads.renew(known, asked, now)
        session.commit()
        there = _there(known)
        if there is not None:
            return known, there
        uploads.forget_lost(session, known.id)
        session.commit()
        known = None
    if known is None:
        known = _open(who, show, episode, asked, now, upload_id)
    return known, arrived(known) if known.completed_at else {}


def arrived(upload: Upload) -> There:
    """What has arrived. Raises NotFound where the store no longer knows the upload."""
    part_bytes = settings().limits.part_bytes
    if upload.completed_at is not None:
        return dict.fromkeys(part.number for part in expected_parts(upload.size_bytes, part_bytes))
    where = (upload.recording_id, upload.store_upload, upload.size_bytes, part_bytes)
    current_session().rollback()
    return uploads.arrived(backends().store, *where)


def addresses(who: Account, upload_id: uuid.UUID, parts: Sequence[uploads.AskedPart]) -> list[SignedPart]:
    """Addresses to which parts with just these sizes and hashes can be put, for an hour. Commits."""
    found = uploads.own_to_finish(current_session(), upload_id, who)
    if not 1 <= len(parts) <= MOST_ADDRESSES:
        raise Invalid({"parts": f"Ask for 1 to {MOST_ADDRESSES} parts."})
    for part in parts:
        uploads.check_part(found, settings().limits.part_bytes, part)
    found.touched_at = backends().clock()
    current_session().commit()
    return [
        backends().store.part_address(
            recording_key(found.recording_id),
            found.store_upload,
            part.number,
            size_bytes=part.size_bytes,
            sha256_hex=part.sha256_hex,
            expires_in_s=ADDRESS_GOOD_FOR_S,
        )
        for part in parts
    ]


def complete(who: Account, upload_id: uuid.UUID) -> Recording:
    """All parts are there: one Recording, and its work enqueued with it; the caller commits both."""
    session = current_session()
    found = uploads.own_to_finish(session, upload_id, who)
    if found.completed_at is None:
        found.touched_at = backends().clock()  # so that no sweep takes it while the store works
        commit_before()
        where = (found.recording_id, found.store_upload, found.size_bytes, settings().limits.part_bytes)
        session.rollback()
        uploads.put_together(backends().store, *where)
    recording, is_new = uploads.complete(
        session, uploads.own_to_finish(session, upload_id, who), who, backends().clock()
    )
    if is_new:
        enqueue(session, recording)
    return recording


def cancel(who: Account, upload_id: uuid.UUID) -> None:
    """Give it up and free its room. Commits."""
    session = current_session()
    found = uploads.own(session, upload_id, who)
    key, store_upload = recording_key(found.recording_id), found.store_upload
    uploads.forget(session, found)
    session.commit()
    backends().store.abort(key, store_upload)


def _known(
    who: Account, show: Show, episode: Episode | None, asked: uploads.Asked, upload_id: uuid.UUID | None
) -> Upload | None:
    if upload_id is not None:
        return uploads.with_id(current_session(), upload_id, who, show, episode, asked)
    return uploads.find_same(current_session(), who, show, episode, asked)


def _open(
    who: Account,
    show: Show,
    episode: Episode | None,
    asked: uploads.Asked,
    now: datetime,
    upload_id: uuid.UUID | None,
) -> Upload:
    """A new upload, where there is room. Raises Conflict."""
    session, store = current_session(), backends().store
    others = room.claims(session, now)
    session.rollback()
    found = room.measure(store, others)
    room.check(found, others, asked.size_bytes)
    opened = uploads.open_in_store(store)
    known = None
    try:
        uploads.hold(session, who)
        known = _known(who, show, episode, asked, upload_id)
        if known is None:  # another request may have been quicker
            room.check(found, room.claims(session, now), asked.size_bytes)
            known = uploads.begin(session, who, show, episode, asked, opened, now, upload_id)
            session.commit()
    finally:
        session.rollback()
        if known is None or known.recording_id != opened.recording_id:
            store.abort(recording_key(opened.recording_id), opened.store_upload)
    return known


def _there(upload: Upload) -> There | None:
    """None where the store no longer knows the upload."""
    try:
        return arrived(upload)
    except NotFound:
        return None
