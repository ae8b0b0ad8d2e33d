"""Recordings on their way in: small answers for the script of the upload page.

The script asks for an upload, sends parts to signed addresses of the store, and completes.
"""

import enum
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid
from app.models import EpisodeKind, PublishWish, Upload
from app.services import uploads
from app.storage import SignedPart
from app.web import uploading
from app.web.current import settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.guard import account, show_to_make, wanted_episode


@bp.post("/uploads")
def upload_begin() -> ResponseReturnValue:
    """A new upload, or the unfinished one of the same file: its id, part size, and what has arrived."""
    said = _said()
    episode = wanted_episode(said.get("episode"))
    show = episode.show if episode else show_to_make(_text(said, "show"))
    asked = _asked(said)
    return _upload_answer(*uploading.begin(account(), show, episode, asked))


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


@bp.get("/uploads/<uuid:upload_id>")
def upload_state(upload_id: uuid.UUID) -> ResponseReturnValue:
    """How far an upload is: which parts need not be sent again."""
    found = uploads.own(current_session(), upload_id, account())
    return _upload_answer(found, uploading.arrived(found))


@bp.post("/uploads/<uuid:upload_id>/parts")
def upload_parts(upload_id: uuid.UUID) -> ResponseReturnValue:
    """Addresses to which parts with just these sizes and hashes can be put, for an hour."""
    asked = _said().get("parts")
    if not isinstance(asked, list):
        raise Invalid({"parts": "Each part has a number, a size and a hash."})
    parts = [_part(said) for said in asked]
    signed = uploading.addresses(account(), upload_id, parts)
    told = zip(parts, signed, strict=True)
    return jsonify(parts=[_address(part.number, address) for part, address in told])


@bp.post("/uploads/<uuid:upload_id>/complete")
def upload_complete(upload_id: uuid.UUID) -> ResponseReturnValue:
    """All parts are there: one Recording, and its work is enqueued in the same transaction."""
    recording = uploading.complete(account(), upload_id)
    answer = {
        "recording": str(recording.id),
        "state": url_for("studio.recording_state", recording_id=recording.id),
        "episode": url_for("studio.episode", episode_id=recording.episode_id),
        "edit": url_for("studio.episode_edit", episode_id=recording.episode_id),
    }
    current_session().commit()
    return jsonify(answer)


@bp.post("/uploads/<uuid:upload_id>/cancel")
def upload_cancel(upload_id: uuid.UUID) -> ResponseReturnValue:
    """Give it up and free its room."""
    uploading.cancel(account(), upload_id)
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


def _address(number: int, signed: SignedPart) -> dict[str, object]:
    return {
        "number": number,
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


def _near(address: str) -> str:
    """Our own address without its host: the page may have been reached by another name of this machine."""
    return address.removeprefix(settings().public_url)


def _upload_answer(upload: Upload, there: uploading.There) -> ResponseReturnValue:
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
