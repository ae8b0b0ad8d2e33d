"""Transcripts: every word with its time, in all formats; corrected and checked as in the studio."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields, validate

from app.errors import NotFound
from app.models import Episode, Scope, TranscriptRow
from app.services import corrections, drafts, transcripts
from app.web.api import schemas, shown
from app.web.api.caller import account
from app.web.api.operations import CONFLICT, operation
from app.web.api.values import Id, Many, Moment, Part, Said, Shown, Text, Whole, between
from app.web.current import backends
from app.web.session import current_session
from transcription.formats import BY_EXTENSION, FORMATS

_TAG = "Transcripts"
_MOST_CORRECTIONS = 100


class Word(Shown):
    """One word."""

    start_ms = Whole(required=True)
    end_ms = Whole(required=True)
    text = Text(required=True, metadata={"description": "With the space before it."})
    probability = fields.Float(required=True, metadata={"description": "How sure the machine was, 0 to 1."})


class Segment(Shown):
    """One sentence."""

    number = Whole(required=True)
    start_ms = Whole(required=True)
    end_ms = Whole(required=True)
    text = Text(required=True)
    machine_text = Text(required=True, metadata={"description": "As the machine heard it."})
    speaker = Text(required=True, allow_none=True)
    revision = Whole(required=True, metadata={"description": "Send it with a correction."})
    checked_at = Moment(required=True, allow_none=True, metadata={"description": "Corrected by a person."})
    words = Many(Part(Word), required=True)


class Transcript(schemas.TranscriptInShort):
    """All that was said."""

    language_confidence = fields.Float(required=True)
    engine = Text(required=True)
    duration_ms = Whole(required=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True)
    segments = Many(Part(Segment), required=True)


class Corrected(Shown):
    """What was corrected, as it is now."""

    transcript_id = Id(required=True)
    revision = Whole(required=True, metadata={"description": "Of the transcript."})
    segments = Many(Part(Segment), required=True)


class Correction(Said):
    """A sentence as a person heard it."""

    number = Whole(required=True, validate=between(0, 999_999_999))
    revision = Whole(
        required=True,
        validate=between(0, 999_999_999),
        metadata={"description": "Of the sentence as you read it."},
    )
    text = Text(
        required=True,
        validate=validate.Length(
            max=transcripts.LONGEST_SENTENCE,
            error=f"A sentence can have up to {transcripts.LONGEST_SENTENCE:,} characters.",
        ),
        metadata={"description": "Empty where nothing was said.", "example": "Falls went down by a third."},
    )


class Corrections(Said):
    """Sentences as a person heard them; all of them are taken, or none."""

    transcript_id = Id(required=True, metadata={"description": "Of the transcript as you read it."})
    segments = Many(
        Part(Correction),
        required=True,
        validate=validate.Length(
            min=1, max=_MOST_CORRECTIONS, error=f"Send 1 to {_MOST_CORRECTIONS} sentences at once."
        ),
    )


class Checked(Said):
    """Which transcript was read, in which state."""

    transcript_id = Id(required=True)
    revision = Whole(required=True, validate=between(0, 999_999_999))


@operation("GET", "/episodes/<uuid:episode_id>/transcript", _TAG, scope=Scope.read, answer=Transcript)
def transcript(episode_id: uuid.UUID) -> Mapping[str, object]:
    """The transcript, with every word and its time"""
    return shown.of_transcript(_with_transcript(episode_id)[1])


@operation(
    "GET",
    "/episodes/<uuid:episode_id>/transcript.<ending>",
    _TAG,
    scope=Scope.read,
    media_types=tuple(form.media_type for form in FORMATS),
)
def transcript_file(episode_id: uuid.UUID, ending: str) -> Response:
    """The transcript as a file: WebVTT, SubRip, podcast JSON, a web page, plain text"""
    row = _with_transcript(episode_id)[1]
    form = BY_EXTENSION.get(ending)
    if form is None:
        raise NotFound(
            "There is no such format. Choose one of these: " + ", ".join(sorted(BY_EXTENSION)) + "."
        )
    response = Response(form.write(transcripts.as_transcript(row)), mimetype=form.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename=transcript.{form.extension}"
    return response


@operation(
    "PATCH",
    "/episodes/<uuid:episode_id>/transcript",
    _TAG,
    scope=Scope.edit,
    body=Corrections,
    answer=Corrected,
    refusals=(CONFLICT,),
)
def transcript_correct(episode_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Correct sentences; their times stay

    A sentence that somebody else has corrected since you read it is answered 409 with its text now, and
    nothing is changed.
    """
    session = current_session()
    found, row = _with_transcript(episode_id)
    asked = [corrections.Correction(**one) for one in said["segments"]]
    saved = corrections.correct(session, found, said["transcript_id"], asked, account(), backends().clock())
    answer = {
        "transcript_id": row.id,
        "revision": row.revision,
        "segments": list(map(shown.of_segment, saved)),
    }
    session.commit()
    return answer


@operation(
    "POST",
    "/episodes/<uuid:episode_id>/transcript/checked",
    _TAG,
    scope=Scope.edit,
    body=Checked,
    answer=schemas.Episode,
    refusals=(CONFLICT,),
)
def transcript_checked(episode_id: uuid.UUID, said: Mapping[str, Any]) -> Mapping[str, object]:
    """Say that a person has read all of it against the sound"""
    session = current_session()
    found, _ = _with_transcript(episode_id)
    corrections.mark_checked(
        session, found, said["transcript_id"], said["revision"], account(), backends().clock()
    )
    answer = shown.of_episode(found)
    session.commit()
    return answer


def _with_transcript(episode_id: uuid.UUID) -> tuple[Episode, TranscriptRow]:
    found = drafts.to_make(current_session(), episode_id, account())
    if found.transcript is None:
        raise NotFound("There is no transcript yet.")
    return found, found.transcript
