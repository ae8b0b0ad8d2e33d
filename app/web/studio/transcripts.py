"""A transcript read against the sound and corrected in place, sentence by sentence.

An hour has about seven hundred sentences: the page is plain text with one editor at a time. Each
sentence can be corrected without a script, on a page of its own.
"""

import uuid
from dataclasses import dataclass
from http import HTTPStatus

import sqlalchemy as sa
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Conflict, Invalid, NotFound
from app.models import Episode, SegmentRow, TranscriptRow
from app.services import corrections
from app.web.current import backends
from app.web.errors import wants_json
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import PlainForm, SentenceForm, page
from app.web.studio.guard import account, episode_to_make
from transcription.quality import RISKY_BELOW


@dataclass(frozen=True)
class Piece:
    """Some text of a sentence, and whether the machine was unsure of it."""

    text: str
    risky: bool


@bp.get("/episodes/<uuid:episode_id>/transcript")
def transcript(episode_id: uuid.UUID) -> ResponseReturnValue:
    """All sentences with their times, the words that the machine was unsure of marked."""
    found = episode_to_make(episode_id)
    row = _transcript_of(found)
    sentences = [(sentence, pieces(sentence)) for sentence in row.segments]
    return render_template(
        "studio/transcript.html",
        form=PlainForm(),
        episode=found,
        transcript=row,
        sentences=sentences,
        risky=sum(any(piece.risky for piece in parts) for _, parts in sentences),
    )


@bp.route("/episodes/<uuid:episode_id>/transcript/<int:number>", methods=["GET", "POST"])
def sentence(episode_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """Correct one sentence: answers the script with JSON, and everybody else with a page."""
    found, session = episode_to_make(episode_id), current_session()
    row = _transcript_of(found)
    was = _sentence(row, number)
    form = SentenceForm(data={"text": was.text, "transcript": row.id, "revision": was.revision})
    if form.validate_on_submit():
        corrections.read_transcript(found, _seen_transcript())
        text, revision = form.text.data or "", _seen_revision()
        try:
            correction = corrections.Correction(number, text, revision)
            (saved,) = corrections.correct(
                session, found, row.id, [correction], account(), backends().clock()
            )
        except Invalid as refused:
            form.blame(refused)
        except Conflict as refused_change:
            return _both(found, was, form, str(refused_change))
        else:
            parts = [{"text": piece.text, "risky": piece.risky} for piece in pieces(saved)]
            answer = {
                "text": saved.text,
                "revision": saved.revision,
                "transcript_revision": row.revision,
                "pieces": parts,
            }
            session.commit()
            if wants_json():
                return jsonify(answer)
            flash("Saved.")
            return redirect(url_for("studio.transcript", episode_id=episode_id, _anchor=f"s{number}"))
    if form.is_submitted() and wants_json():
        return jsonify(error="; ".join(form.text.errors) or "Not saved."), HTTPStatus.UNPROCESSABLE_ENTITY
    return page("studio/sentence.html", form, episode=found, sentence=was)


@bp.post("/episodes/<uuid:episode_id>/transcript/checked")
def transcript_checked(episode_id: uuid.UUID) -> ResponseReturnValue:
    """The person has read all of it against the sound."""
    found, session = episode_to_make(episode_id), current_session()
    _transcript_of(found)
    seen, revision = _seen_transcript(), _seen_revision()
    corrections.mark_checked(session, found, seen, revision, account(), backends().clock())
    session.commit()
    flash("Thank you. The page now says that a person has checked the transcript.")
    return redirect(url_for("studio.episode", episode_id=episode_id))


def pieces(sentence: SegmentRow) -> list[Piece]:
    """The sentence cut where the machine was sure and unsure; whole once a person has corrected it."""
    if sentence.checked_at is not None:
        return [Piece(sentence.text, False)]
    found: list[Piece] = []
    at = 0
    for _start, _end, word, probability in sentence.words:
        if probability >= RISKY_BELOW:
            continue
        begin = sentence.text.find(word.strip(), at)
        if begin < 0 or not word.strip():
            continue
        end = begin + len(word.strip())
        found += [Piece(sentence.text[at:begin], False), Piece(sentence.text[begin:end], True)]
        at = end
    found.append(Piece(sentence.text[at:], False))
    return [piece for piece in found if piece.text]


def _transcript_of(episode: Episode) -> TranscriptRow:
    row: TranscriptRow | None = episode.transcript
    if row is None:
        raise NotFound("There is no transcript yet.")
    return row


def _seen_transcript() -> uuid.UUID:
    """Which transcript the sender had before them; one that nobody has for whatever is no such name."""
    try:
        return uuid.UUID(request.form.get("transcript", ""))
    except ValueError:
        return uuid.UUID(int=0)


def _seen_revision() -> int:
    """Which state of it; -1, which no row has, for whatever is no number."""
    said = request.form.get("revision", "")
    return int(said) if said.isdecimal() and len(said) < 10 else -1


def _sentence(row: TranscriptRow, number: int) -> SegmentRow:
    found = current_session().scalar(
        sa.select(SegmentRow).where(SegmentRow.transcript_id == row.id, SegmentRow.number == number)
    )
    if found is None:
        raise NotFound("This sentence is no longer there.")
    return found


def _both(episode: Episode, now: SegmentRow, form: SentenceForm, why: str) -> ResponseReturnValue:
    """Somebody else was quicker: both texts, and the choice; nothing is lost."""
    yours = form.text.data or ""
    if wants_json():
        answer = {"error": why, "theirs": now.text, "yours": yours, "revision": now.revision}
        return jsonify(answer), HTTPStatus.CONFLICT
    form.revision.data = form.revision.raw_data = None
    form.revision.data = now.revision
    body = render_template(
        "studio/sentence.html", form=form, episode=episode, sentence=now, theirs=now.text, yours=yours
    )
    return body, HTTPStatus.CONFLICT
