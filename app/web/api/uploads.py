"""Recordings on their way in: begun under an id of the sender's own, sent in parts, completed.

Parts go straight to the store, to addresses that are signed for each of them.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.errors import Invalid
from app.models import Episode, EpisodeKind, PublishWish, Recording, Scope, Show, Upload
from app.models import Episode as EpisodeRow
from app.pipeline.engine import enqueue
from app.services import drafts, recordings, shows, uploads
from app.web import uploading
from app.web.api import schemas, shown
from app.web.api.caller import account
from app.web.api.operations import CONFLICT, FULL, UNAVAILABLE, operation
from app.web.api.values import Choice, Id, Many, Part, Said, Shown, Text, Whole, Yes, between, up_to
from app.web.current import backends, public_address, settings
from app.web.session import current_session

_TAG = "Uploads"
_STORE = (CONFLICT, UNAVAILABLE, FULL)

_SHA256 = validate.Regexp(r"^[0-9a-f]{64}\Z", error="This is no sha256: 64 digits from 0 to f.")


class UploadBegin(Said):
    """A recording that is to be sent."""

    show = Text(required=True, metadata={"description": "The slug of the show.", "example": "ward-rounds"})
    episode_id = Id(
        allow_none=True,
        load_default=None,
        metadata={"description": "Where it replaces the recording of an episode of this show."},
    )
    file_name = Text(required=True, metadata={"example": "ward-round.mp3"})
    size_bytes = Whole(required=True, validate=between(1, None), metadata={"example": 1_000_000})
    first_part_sha256 = Text(
        required=True,
        validate=_SHA256,
        metadata={"description": "Of the first part, or of the whole file where it has only one."},
    )
    title = Text(
        load_default="",
        validate=up_to(EpisodeRow, "title"),
        metadata={"description": "Without one it is made from the file's name."},
    )
    kind = Choice(EpisodeKind, by_value=True, load_default=EpisodeKind.episode)
    wish = Choice(
        PublishWish,
        by_value=True,
        load_default=PublishWish.none,
        metadata={"description": "Taken only where the account may publish in the show."},
    )
    everyone_agreed = Yes(
        required=True,
        validate=validate.Equal(True, error="Confirm that everyone who can be heard has agreed."),
        metadata={"description": uploads.AGREEMENT},
    )


class UploadState(Shown):
    """How far an upload is; once it is complete, how far its recording is."""

    id = Id(required=True)
    show = Text(required=True)
    file_name = Text(required=True)
    size_bytes = Whole(required=True)
    part_bytes = Whole(
        required=True, metadata={"description": "Of each part but the last, which has the rest."}
    )
    arrived = Many(Whole(), required=True, metadata={"description": "Numbers of parts, from 1."})
    is_complete = Yes(required=True)
    episode_id = Id(required=True, allow_none=True)
    studio_url = Text(required=True, allow_none=True)
    recording = Part(schemas.Recording, required=True, allow_none=True)


class PartAsked(Said):
    """A part that is to be sent."""

    number = Whole(required=True, validate=between(1, 10_000))
    size_bytes = Whole(required=True, validate=between(1, None))
    sha256 = Text(required=True, validate=_SHA256)


class PartsAsked(Said):
    """Parts that are to be sent."""

    parts = Many(
        Part(PartAsked),
        required=True,
        validate=validate.Length(
            min=1, max=uploading.MOST_ADDRESSES, error=f"Ask for 1 to {uploading.MOST_ADDRESSES} parts."
        ),
    )


class PartAddress(Shown):
    """Where a part is sent, and how."""

    number = Whole(required=True)
    method = Text(required=True)
    url = Text(required=True, metadata={"description": "Of the store; without our token."})
    headers = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Send them too."},
    )


class PartAddresses(Shown):
    """Where parts are sent."""

    parts = Many(Part(PartAddress), required=True)
    good_for_s = Whole(required=True)


@operation(
    "PUT",
    "/uploads/<uuid:upload_id>",
    _TAG,
    scope=Scope.upload,
    body=UploadBegin,
    answer=UploadState,
    refusals=_STORE,
)
def upload_begin(upload_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Begin an upload, or find it again

    Choose the id yourself, for example a UUIDv5 of the file's sha256: however often the same is asked for,
    there is one upload, and one recording of it. Another file under the same id is answered 409.
    """
    session = current_session()
    show = shows.to_make(session, said["show"], account())
    episode = _episode_of(show, said["episode_id"])
    asked = uploads.Asked(
        file_name=said["file_name"],
        size_bytes=said["size_bytes"],
        first_part_sha256=said["first_part_sha256"],
        title=said["title"],
        kind=said["kind"],
        wish=said["wish"],
        agreed=said["everyone_agreed"],
    )
    found, there = uploading.begin(account(), show, episode, asked, upload_id)
    return _state(found, there)


@operation("GET", "/uploads/<uuid:upload_id>", _TAG, scope=Scope.upload, answer=UploadState, refusals=_STORE)
def upload_state(upload_id: uuid.UUID) -> Mapping[str, object]:
    """Which parts have arrived; afterwards, how far the recording is

    It is there for a week after the last part; the episode stays.
    """
    found = uploads.own(current_session(), upload_id, account())
    return _state(found, uploading.arrived(found))


@operation(
    "POST",
    "/uploads/<uuid:upload_id>/parts",
    _TAG,
    scope=Scope.upload,
    body=PartsAsked,
    answer=PartAddresses,
    refusals=_STORE,
)
def upload_parts(upload_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Addresses to which parts with just these sizes and hashes can be sent"""
    parts = [uploads.AskedPart(one["number"], one["size_bytes"], one["sha256"]) for one in said["parts"]]
    signed = uploading.addresses(account(), upload_id, parts)
    told = [
        {"number": part.number, "method": to.method, "url": to.url, "headers": dict(to.headers)}
        for part, to in zip(parts, signed, strict=True)
    ]
    return {"parts": told, "good_for_s": uploading.ADDRESS_GOOD_FOR_S}


@operation(
    "POST",
    "/uploads/<uuid:upload_id>/complete",
    _TAG,
    scope=Scope.upload,
    answer=UploadState,
    refusals=_STORE,
)
def upload_complete(upload_id: uuid.UUID) -> Mapping[str, object]:
    """All parts are there: make the episode, and begin to work on it"""
    uploading.complete(account(), upload_id)
    found = uploads.own(current_session(), upload_id, account())
    answer = _state(found, uploading.arrived(found))
    current_session().commit()
    return answer


@operation("DELETE", "/uploads/<uuid:upload_id>", _TAG, scope=Scope.upload, refusals=_STORE)
def upload_cancel(upload_id: uuid.UUID) -> None:
    """Give an upload up that is not complete"""
    uploading.cancel(account(), upload_id)


@operation(
    "POST",
    "/recordings/<uuid:recording_id>/again",
    _TAG,
    scope=Scope.upload,
    answer=schemas.Recording,
    refusals=(CONFLICT,),
)
def recording_again(recording_id: uuid.UUID) -> Mapping[str, object]:
    """Try a recording again that failed: nothing has to be sent again"""
    session = current_session()
    recording = recordings.to_make(session, recording_id, account())
    recordings.try_again(session, recording, backends().clock())
    enqueue(session, recording)
    answer = shown.of_recording(recording)
    session.commit()
    return answer


def _episode_of(show: Show, episode_id: uuid.UUID | None) -> Episode | None:
    if episode_id is None:
        return None
    found = drafts.to_make(current_session(), episode_id, account())
    if found.show_id != show.id:
        raise Invalid({"episode_id": "This episode is one of another show."})
    return found


def _state(upload: Upload, there: uploading.There) -> Mapping[str, object]:
    session = current_session()
    recording = session.get(Recording, upload.recording_id)
    episode_id = recording.episode_id if recording else None
    return {
        "id": upload.id,
        "show": session.get_one(Show, upload.show_id).slug,
        "file_name": upload.file_name,
        "size_bytes": upload.size_bytes,
        "part_bytes": settings().limits.part_bytes,
        "arrived": sorted(there),
        "is_complete": upload.completed_at is not None,
        "episode_id": episode_id,
        "studio_url": public_address(f"/studio/episodes/{episode_id}") if episode_id else None,
        "recording": shown.of_recording(recording) if recording else None,
    }
