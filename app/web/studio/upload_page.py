"""The page on which recordings are sent, and the form that needs no script.

The form's file lies in the data directory when the view begins (receiving.py); it is put into the store
with no transaction open, then its rows are written and its work is enqueued together.
"""

import uuid
from pathlib import Path

import sqlalchemy as sa
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.errors import Conflict, Invalid, TooLarge
from app.models import Episode, EpisodeKind, PublishWish, Recording, Show
from app.pipeline.engine import enqueue
from app.services import access, drafts, fields, room, uploads
from app.storage.keys import recording_key
from app.web.current import backends, settings
from app.web.session import current_session
from app.web.studio.blueprint import bp
from app.web.studio.forms import UploadForm, options, page
from app.web.studio.guard import account, show_to_make, wanted_episode

#: As many as the column of an episode's title holds.
TITLE_LETTERS = 255


@bp.get("/upload")
def upload() -> ResponseReturnValue:
    """Choose a show and a file; formats and limits are said first."""
    form = _form()
    if (wanted := request.args.get("show")) in {choice.value for choice in form.show.choices}:
        form.show.data = wanted
    form.recording_id.data = str(uuid.uuid4())
    return page("studio/upload.html", form, **_context(wanted_episode(request.args.get("episode"))))


@bp.post("/upload")
def upload_plain() -> ResponseReturnValue:
    """The whole recording in one form, where there is no script."""
    form = _form()
    episode = wanted_episode(request.args.get("episode"))
    file = form.recording.data
    if form.validate_on_submit():
        try:
            recording = _receive_plain(form, episode, file if isinstance(file, FileStorage) else None)
        except Invalid as refused:
            form.blame(refused)
        except (Conflict, TooLarge) as refused_file:
            form.blame(Invalid({"recording": str(refused_file)}))
        else:
            return redirect(url_for("studio.episode", episode_id=recording.episode_id))
    current_session().rollback()
    return page("studio/upload.html", form, **_context(episode))


def _receive_plain(form: UploadForm, episode: Episode | None, file: FileStorage | None) -> Recording:
    """Store the file, then write its rows and enqueue its work. Raises Refusal, Unavailable."""
    session, store, who = current_session(), backends().store, account()
    problems = {}
    if file is None or not file.filename:
        problems["recording"] = "Choose a recording."
    if not form.agreed.data:
        problems["agreed"] = "Confirm that everyone who can be heard has agreed."
    if problems or file is None:
        raise Invalid(problems)
    show = episode.show if episode else show_to_make(form.show.data)
    size_bytes = file.stream.seek(0, 2)
    if size_bytes == 0:
        raise Invalid({"recording": "The file is empty. Choose another one."})
    if size_bytes > settings().limits.plain_form_bytes:
        raise TooLarge("Without JavaScript a recording can have up to 1 GB.")
    name = fields.file_name(file.filename)
    recording_id = _id_for(form.recording_id.data, f"{who.id} {size_bytes} {name}")
    known = session.get(Recording, recording_id)
    if known is not None:
        return known  # the button was pressed twice
    names = (show.id, episode.id if episode else None)
    others = room.claims(session, backends().clock())
    session.rollback()
    room.check(room.measure(store, others), others, size_bytes)
    file.stream.flush()
    store.put_file(recording_key(recording_id), _path_of(file))
    return _write_plain(form, file, recording_id, size_bytes, *names)


def _write_plain(
    form: UploadForm,
    file: FileStorage,
    recording_id: uuid.UUID,
    size_bytes: int,
    show_id: uuid.UUID,
    episode_id: uuid.UUID | None,
) -> Recording:
    session, who, now = current_session(), account(), backends().clock()
    show = session.get_one(Show, show_id, populate_existing=True)
    known = session.get(Recording, recording_id)
    if known is not None:
        return known
    episode = session.get(Episode, episode_id) if episode_id else None
    if episode is None:
        title = form.title.data or uploads.title_from(fields.file_name(file.filename))
        episode = drafts.create(session, show, title, EpisodeKind(form.kind.data), who, now)
    if episode.state in uploads.WAITING and access.may_publish(session, who, show):
        episode.wish = PublishWish(form.wish.data)
    agreed = (uploads.AGREEMENT_VERSION, now)
    recording = uploads.receive(
        session,
        episode,
        who,
        recording_id,
        file.filename or "",
        size_bytes,
        agreed,
        now,
    )
    enqueue(session, recording)
    session.commit()
    return recording


def _shows() -> list[Show]:
    """The shows for which this account makes episodes."""
    return list(
        current_session().scalars(
            sa.select(Show)
            .where(
                Show.community_id.in_(access.communities_of(current_session(), account())),
                Show.deleted_at.is_(None),
            )
            .order_by(Show.title)
        )
    )


def _form() -> UploadForm:
    form = UploadForm()
    form.show.choices = options((show.slug, show.title) for show in _shows())
    return form


def _context(episode: Episode | None) -> dict[str, object]:
    return {
        "episode": episode,
        "formats": uploads.FORMATS,
        "accept": uploads.ACCEPT,
        "limits": settings().limits,
        "title_letters": TITLE_LETTERS,
    }


def _id_for(form_id: str | None, file: str) -> uuid.UUID:
    """One id for one file in one form: pressing twice is one recording, another file is another."""
    try:
        return uuid.uuid5(uuid.UUID(form_id or ""), file)
    except ValueError:
        return uuid.uuid4()


def _path_of(file: FileStorage) -> Path:
    """Where receiving.py keeps the file."""
    return Path(str(file.stream.name))
