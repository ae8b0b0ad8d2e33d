"""`./dev publish`: a recording from the command line, by the same way as from the web form.

If no worker's heartbeat is fresh it works itself, for this recording only: it claims what waits of it.
Whoever works, and whoever dies, the rest goes back to the queues that every worker serves.
"""

import os
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import IO

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audio.errors import SandboxBroken
from app.backends import Backends
from app.errors import Refusal, TooLarge, Unavailable, WrongKind
from app.models import (
    Account,
    Community,
    Episode,
    EpisodeKind,
    EpisodeState,
    PublishWish,
    Recording,
    RecordingState,
    Show,
)
from app.pipeline import engine, places, worker
from app.pipeline.border import find_ffmpeg
from app.pipeline.places import Place
from app.pipeline.taking import Taker
from app.services import drafts, episodes, feeds, fields, recordings, room, shows, uploads
from app.services.progress import STEP_WORDS, held_up
from app.services.progress import progress as progress_of
from app.storage.keys import recording_key

REFUSED = 2
FAILED = 1


class _Stopped(BaseException):
    """Ctrl-C, or a service manager: no error of anybody's, and nothing on the way may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number  # as a shell says it


def publish_file(backends: Backends, file: Path, show_slug: str, title: str, *, wait: bool) -> int:
    """Take the file in and have it published when its transcript is ready; the exit code.

    However it ends, it ends with one line in words, and nothing of it works on: what was taken in goes
    on with the next worker.
    """
    recording_id = uuid.uuid4()
    _stop_on_signals()
    try:
        return _publish(backends, file, show_slug, title, recording_id, wait=wait)
    except (Refusal, Unavailable) as error:
        return _refuse(str(error))
    except SandboxBroken as error:
        return _break_off(backends, recording_id, f"{error} HEARTH_FFMPEG names another.", FAILED)
    except _Stopped as stopped:
        return _break_off(backends, recording_id, "Stopped.", stopped.code)
    except Exception as error:  # the command's border: a line for whoever typed it, also about what is ours
        words = f"It broke off by an error of ours ({type(error).__name__})."
        return _break_off(backends, recording_id, words, FAILED)


def _stop_on_signals() -> None:
    """The first signal is waited out, so that the rest is handed back; the second ends at once."""
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            os._exit(128 + number)
        raise _Stopped(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # a shell's background job ignores Ctrl-C
            signal.signal(number, stop)


def _break_off(backends: Backends, recording_id: uuid.UUID, words: str, code: int) -> int:
    try:
        with backends.database.reading() as session:
            known = session.get(Recording, recording_id) is not None
        stays = (
            "The recording is kept and goes on with the next worker." if known else "Nothing was taken in."
        )
    except sa.exc.SQLAlchemyError:
        stays = "If the recording was taken in, it goes on with the next worker."
    _say(" ".join(f"{words} {stays}".split()))
    return code


def _publish(
    backends: Backends, file: Path, show_slug: str, title: str, recording_id: uuid.UUID, *, wait: bool
) -> int:
    _check(backends, file)
    if wait and _nobody_works(backends):
        find_ffmpeg(backends)  # before anything is taken in: there is nobody else to do it
    key = recording_key(recording_id)
    backends.store.put_file(key, file)
    with backends.database.begin() as session:
        show = _show(session, backends, show_slug)
        episode, recording = _rows(session, backends, show, file, title, recording_id)
        engine.enqueue(session, recording)
        page = f"{backends.settings.public_url}/shows/{show.slug}/{episode.slug}"
        feed = shows.feed_address(backends.settings.public_url, show.slug)
    if not wait:
        click.echo(f"page: {page}\nfeed: {feed}")
        return 0
    state, reason = _wait(backends, recording_id)
    if state is RecordingState.refused:
        _forget(backends, episode.id)
        return _refuse(reason)
    with backends.database.reading() as session:
        done = session.get_one(Episode, episode.id)
        if state is not RecordingState.ready or done.state is not EpisodeState.published:
            why = reason or " ".join(episodes.hindrances(session, done)) or "It was not published."
            click.echo(" ".join(why.split()), err=True)
            return FAILED
        base = backends.settings.public_url
        click.echo(
            f"page: {page}\nfeed: {feed}\naudio: {base}{feeds.enclosure_path(done)}\n"
            f"vtt: {base}/transcripts/{done.guid}.vtt"
        )
    return 0


def _check(backends: Backends, file: Path) -> None:
    if not file.is_file() or not os.access(file, os.R_OK):
        raise WrongKind(f"{file} is not a file that can be read.")
    size_bytes = file.stat().st_size
    limit = backends.settings.limits.recording_bytes
    if size_bytes == 0:
        raise WrongKind("The file is empty.")
    if size_bytes > limit:
        raise TooLarge(f"The file is larger than the limit of {limit // 1024**3} GiB.")
    with backends.database.reading() as session:
        others = room.claims(session, backends.clock())
    room.check(room.measure(backends.store, others), others, size_bytes)


def _nobody_works(backends: Backends) -> bool:
    with backends.database.reading() as session:
        return not engine.fresh_worker(session)


@dataclass
class _Hand:
    """This process as a worker, where nobody else is one."""

    backends: Backends
    only: IO[bytes] | None = None
    place: Place | None = None
    heart: engine.Heartbeat | None = None
    taker: Taker | None = None

    def help(self, recording_id: uuid.UUID) -> None:
        """Work on the recording as soon as nobody else works at all, and then to its end."""
        if self.heart is None and (not _nobody_works(self.backends) or not self._only_one()):
            return
        if self.heart is None:
            self.place, self.heart, self.taker = worker.begin_own(self.backends)
        with self.backends.database.reading() as session:
            if not engine.waits(session, recordings.get(session, recording_id)):
                return  # the usual case takes no write lock
        with self.backends.database.begin() as session:
            engine.claim(session, recordings.get(session, recording_id), self.heart.executor_id)

    def _only_one(self) -> bool:
        """On SQLite, whether the only place is ours; False where another has begun, or has yet to beat."""
        if not self.backends.settings.is_sqlite or self.only is not None:
            return True
        lock = places.open_lock(self.backends.settings.data / "worker.lock")
        if not places.try_lock(lock):
            lock.close()
            return False
        self.only = lock
        return True

    def rest(self) -> None:
        """No longer a worker: what is left is everybody's."""
        if self.taker is not None:
            self.taker.stop()
        if self.heart is not None:
            self.heart.stop()
        if self.place is not None:
            self.place.leave()


def _wait(backends: Backends, recording_id: uuid.UUID) -> tuple[RecordingState, str]:
    """How it ended. Works here as soon as nobody else does, also where the other worker ends meanwhile."""
    hand = _Hand(backends)
    said = ""
    try:
        while True:
            hand.help(recording_id)
            with backends.database.reading() as session:
                recording = recordings.get(session, recording_id)
                progress = progress_of(recording, backends.clock())
                state, reason = recording.state, recording.reason
                held = f" ({held_up(recording)})" if held_up(recording) else ""
            if state is not RecordingState.working:
                return state, reason
            left = f", about {progress.seconds_left} s left" if progress.seconds_left else ""
            text = f"{STEP_WORDS[progress.step]}{held}: {progress.step_fraction:.0%}{left}"
            if text != said:
                _say(text)
                said = text
            time.sleep(0.5)
    finally:
        hand.rest()


def _show(session: Session, backends: Backends, slug: str) -> Show:
    """The show, made with its community where it is missing."""
    slug = fields.slug(slug, "show")
    show = session.scalar(sa.select(Show).where(Show.slug == slug, Show.deleted_at.is_(None)))
    if show is not None:
        return show
    now = backends.clock()
    community = session.scalar(sa.select(Community).order_by(Community.created_at).limit(1))
    if community is None:
        community = Community(slug="community", name="Our community", created_at=now)
        session.add(community)
    name = slug.replace("-", " ").strip().capitalize() or "Show"
    said = shows.ShowFields(
        title=name,
        description=name,
        author=backends.settings.service_name,
        owner_email=backends.settings.contact_email,
    )
    return shows.create(session, community, said, backends.settings.public_url, now)


def _rows(
    session: Session, backends: Backends, show: Show, file: Path, title: str, recording_id: uuid.UUID
) -> tuple[Episode, Recording]:
    """Whoever types the command confirms by it what the web form asks for."""
    now: datetime = backends.clock()
    owner = session.scalar(sa.select(Account).where(Account.is_owner).limit(1))
    title = title.strip() or uploads.title_from(file.name)
    episode = drafts.create(session, show, title, EpisodeKind.episode, owner, now)
    episode.wish = PublishWish.when_ready
    agreed = (uploads.AGREEMENT_VERSION, now)
    size_bytes = file.stat().st_size
    recording = uploads.receive(session, episode, owner, recording_id, file.name, size_bytes, agreed, now)
    return episode, recording


def _forget(backends: Backends, episode_id: uuid.UUID) -> None:
    """A refused file leaves no episode behind; its bytes stay until the sweep."""
    with backends.database.begin() as session:
        episode = session.get_one(Episode, episode_id)
        episode.wish = PublishWish.none
        episode.deleted_at = backends.clock()


def _refuse(reason: str) -> int:
    click.echo(" ".join(reason.split()), err=True)
    return REFUSED


def _say(text: str) -> None:
    click.echo(text, err=True)
    sys.stderr.flush()
