"""Recordings on their way in: small answers for the script of the upload page.

The script asks for an upload, sends parts to signed addresses of the store, and completes. Between the
reads and the writes here the store is called with no transaction open.
"""

import enum
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid, NotFound
from app.models import Episode, EpisodeKind, PublishWish, Show, Upload
from app.pipeline.engine import enqueue
from app.services import room, uploads
from app.storage import ObjectStore
from app.storage.keys import recording_key
from app.web.current import backends, settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account, show_to_make, wanted_episode

_ADDRESS_GOOD_FOR_S = 3600
_MOST_ADDRESSES = 32


@bp.post("/uploads")
def upload_begin() -> ResponseReturnValue:
    """A new upload, or the unfinished one of the same file: its id, part size, and what has arrived."""
    said = _said()
    session, now = current_session(), backends().clock()
    episode = wanted_episode(said.get("episode"))
    show = episode.show if episode else show_to_make(_text(said, "show"))
    asked = _asked(said)
    uploads.check(asked, settings().limits)
    known = uploads.find_same(session, account(), show, episode, asked)
    if known is not None:
        uploads.renew(known, asked, now)
        session.commit()
        there = _parts_there(known)
        if there is not None:
            return _upload_answer(known, there)
        uploads.forget_lost(session, known.id)
        session.commit()
    return _upload_answer(_begin(show, episode, asked, now), {})


def _asked(said: Mapping[str, Any]) -> uploads.Asked:
    return uploads.Asked(
        file_name=_text(said, "file_name"),
        size_bytes=_number(said, "size_bytes"),
        first_part_sha256=_text(said, "first_part_sha256"),
        title=_text(said, "title"),
        kind=_choice(EpisodeKind, said, "kind"),
        wish=_choice(PublishWish, said, "wish"),
        agreed=said.get("agreed") is True,
    )


def _begin(show: Show, episode: Episode | None, asked: uploads.Asked, now: datetime) -> Upload:
    """A new upload, where there is room. Raises Conflict."""
    session, store, who = current_session(), backends().store, account()
    others = room.claims(session, now)
    session.rollback()
    found = room.measure(store, others)
    room.check(found, others, asked.size_bytes)
    opened = uploads.open_in_store(store)
    known = uploads.find_same(session, who, show, episode, asked)
    try:
        if known is None:  # another tab may have been quicker
            room.check(found, room.claims(session, now), asked.size_bytes)
            known = uploads.begin(session, who, show, episode, asked, opened, now)
            session.commit()
    finally:
        session.rollback()
        if known is None or known.recording_id != opened.recording_id:
            store.abort(recording_key(opened.recording_id), opened.store_upload)
    return known


@bp.get("/uploads/<uuid:upload_id>")
def upload_state(upload_id: uuid.UUID) -> ResponseReturnValue:
    """How far an upload is: which parts need not be sent again."""
    found = uploads.own(current_session(), upload_id, account())
    current_session().close()
    return _upload_answer(found, _arrived(found))


@bp.post("/uploads/<uuid:upload_id>/parts")
def upload_parts(upload_id: uuid.UUID) -> ResponseReturnValue:
    """Addresses to which parts with just these sizes and hashes can be put, for an hour."""
    session, store = current_session(), backends().store
    found = uploads.own_to_finish(session, upload_id, account())
    asked = _said().get("parts")
    if not isinstance(asked, list) or not 1 <= len(asked) <= _MOST_ADDRESSES:
        raise Invalid({"parts": f"Ask for 1 to {_MOST_ADDRESSES} parts."})
    parts = [_part(said) for said in asked]
    for part in parts:
        uploads.check_part(found, settings().limits.part_bytes, part)
    found.touched_at = backends().clock()
    session.commit()
    return jsonify(parts=[_address(store, found, part) for part in parts])


@bp.post("/uploads/<uuid:upload_id>/complete")
def upload_complete(upload_id: uuid.UUID) -> ResponseReturnValue:
    """All parts are there: one Recording, and its work is enqueued in the same transaction."""
    session, store, who = current_session(), backends().store, account()
    found = uploads.own_to_finish(session, upload_id, who)
    if found.completed_at is None:
        found.touched_at = backends().clock()  # so that no sweep takes it while the store works
        session.commit()
        where = (found.recording_id, found.store_upload, found.size_bytes, settings().limits.part_bytes)
        uploads.put_together(store, *where)
    recording, is_new = uploads.complete(
        session, uploads.own_to_finish(session, upload_id, who), who, backends().clock()
    )
    if is_new:
        enqueue(session, recording)
    answer = {
        "recording": str(recording.id),
        "state": url_for("studio.recording_state", recording_id=recording.id),
        "episode": url_for("studio.episode", episode_id=recording.episode_id),
        "edit": url_for("studio.episode_edit", episode_id=recording.episode_id),
    }
    session.commit()
    return jsonify(answer)


@bp.post("/uploads/<uuid:upload_id>/cancel")
def upload_cancel(upload_id: uuid.UUID) -> ResponseReturnValue:
    """Give it up and free its room."""
    session = current_session()
    found = uploads.own(session, upload_id, account())
    key, store_upload = recording_key(found.recording_id), found.store_upload
    uploads.forget(session, found)
    session.commit()
    backends().store.abort(key, store_upload)
    return jsonify(cancelled=True)


def _said() -> Mapping[str, Any]:
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        raise Invalid({"": "The request could not be read."})
    return said


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    # half a character, which JSON can spell and nothing can keep
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Invalid({name: "This is not text."})
    return value


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid({name: "This is not a number."})
    return value


def _part(said: object) -> uploads.AskedPart:
    if not isinstance(said, dict):
        raise Invalid({"parts": "Each part has a number, a size and a hash."})
    return uploads.AskedPart(_number(said, "number"), _number(said, "size_bytes"), _text(said, "sha256"))


def _address(store: ObjectStore, upload: Upload, part: uploads.AskedPart) -> dict[str, object]:
    signed = store.part_address(
        recording_key(upload.recording_id),
        upload.store_upload,
        part.number,
        size_bytes=part.size_bytes,
        sha256_hex=part.sha256_hex,
        expires_in_s=_ADDRESS_GOOD_FOR_S,
    )
    return {
        "number": part.number,
        "url": _near(signed.url),
        "method": signed.method,
        "headers": dict(signed.headers),
    }


_Choice = TypeVar("_Choice", bound=enum.StrEnum)


def _choice(kind: type[_Choice], said: Mapping[str, Any], name: str) -> _Choice:
    try:
        return kind(_text(said, name))
    except ValueError as error:
        raise Invalid({name: "Choose one of the list."}) from error


def _parts_there(upload: Upload) -> dict[int, str | None] | None:
    """None where the store no longer knows the upload."""
    try:
        return _arrived(upload)
    except NotFound:
        return None


def _arrived(upload: Upload) -> dict[int, str | None]:
    where = (upload.recording_id, upload.store_upload, upload.size_bytes, settings().limits.part_bytes)
    return uploads.arrived(backends().store, *where)


def _near(address: str) -> str:
    """Our own address without its host: the page may have been reached by another name of this machine."""
    return address.removeprefix(settings().public_url)


def _upload_answer(upload: Upload, there: dict[int, str | None]) -> ResponseReturnValue:
    return jsonify(
        id=str(upload.id),
        part_bytes=settings().limits.part_bytes,
        size_bytes=upload.size_bytes,
        arrived=list(there),
        hashes={number: sha256 for number, sha256 in there.items() if sha256},
        completed=upload.completed_at is not None,
        parts=url_for("studio.upload_parts", upload_id=upload.id),
        complete=url_for("studio.upload_complete", upload_id=upload.id),
        cancel=url_for("studio.upload_cancel", upload_id=upload.id),
        state=url_for("studio.upload_state", upload_id=upload.id),
    )
