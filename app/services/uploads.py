"""A recording on its way in: recognised after a reload, put together once, then an Episode's Recording.

Calls to the store may take seconds, so none of them happens in the functions that take a session; the
view makes them in between, with no transaction open (house, decision 2).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NoRoom, NotFound, TooLarge
from app.models import (
    Account,
    Episode,
    EpisodeKind,
    EpisodeState,
    PublishWish,
    Recording,
    RecordingState,
    Show,
    Step,
    Upload,
)
from app.services import access, drafts, fields, recordings
from app.settings import Limits
from app.storage import ObjectStore, expected_parts
from app.storage.errors import PartsWrong, StoreFull, UploadFinished, UploadMissing
from app.storage.keys import recording_key

#: What the producer confirms. A changed text is a new version; rows keep the version that was shown.
AGREEMENT_VERSION = "1"
AGREEMENT = (
    "Everyone who can be heard in this recording knows what the show is for, where it will be heard, "
    "and has agreed to that."
)

#: Said on the page; what a file really is, the pipeline finds out from its bytes.
FORMATS = "MP3, M4A, WAV, FLAC, OGG, Opus, AIFF, WMA or AMR, or the sound of an MP4, MOV or WebM film"
ACCEPT = ".mp3,.m4a,.m4b,.aac,.wav,.flac,.ogg,.oga,.opus,.aif,.aiff,.wma,.amr,.mp4,.mov,.webm,audio/*"

FULL = "There is no room left on the service. Tell the operator; what has been sent is kept."
GONE = "This upload is no longer there. Choose the file again to start anew."

#: States in which an episode may still be waiting to be published.
WAITING = (EpisodeState.draft, EpisodeState.unpublished)

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Asked:
    """What a person wants to send, for which show, and what is to become of it."""

    file_name: str
    size_bytes: int
    first_part_sha256: str
    title: str
    kind: EpisodeKind
    wish: PublishWish
    agreed: bool


@dataclass(frozen=True)
class AskedPart:
    """A part that a person wants to send."""

    number: int
    size_bytes: int
    sha256_hex: str


@dataclass(frozen=True)
class Opened:
    """An upload as the store knows it, before there is a row."""

    recording_id: uuid.UUID
    store_upload: str


def check(asked: Asked, limits: Limits) -> None:
    """Raises Invalid, TooLarge for what cannot be sent at all."""
    check_agreed(asked.agreed)
    if asked.size_bytes <= 0:
        raise Invalid({"file": f"“{fields.file_name(asked.file_name)}” is empty."})
    if asked.size_bytes > limits.recording_bytes:
        raise TooLarge("A recording can have up to 4 GB. Save it as MP3 or M4A and send that.")
    if len(asked.first_part_sha256) != 64 or not set(asked.first_part_sha256) <= _HEX:
        raise Invalid({"file": "The file could not be read. Choose it again."})
    fields.refuse({**fields.too_long(Episode, {"title": fields.line(asked.title)})})


def check_agreed(agreed: bool) -> None:
    """Raises Invalid unless the producer has confirmed the agreement."""
    if not agreed:
        raise Invalid({"agreed": "Confirm that everyone who can be heard has agreed."})


def find_same(
    session: Session, account: Account, show: Show, episode: Episode | None, asked: Asked
) -> Upload | None:
    """The unfinished upload of the same file by the same account: name, size, first part's hash."""
    return session.scalar(
        sa.select(Upload)
        .where(
            Upload.account_id == account.id,
            Upload.show_id == show.id,
            Upload.episode_id == (episode.id if episode else None),
            Upload.file_name == fields.file_name(asked.file_name),
            Upload.size_bytes == asked.size_bytes,
            Upload.first_part_sha256 == asked.first_part_sha256,
            Upload.completed_at.is_(None),
        )
        .order_by(Upload.created_at.desc())
        .limit(1)
    )


def with_id(
    session: Session,
    upload_id: uuid.UUID,
    account: Account,
    show: Show,
    episode: Episode | None,
    asked: Asked,
) -> Upload | None:
    """The upload with an id that its sender chose, finished or not.

    Raises NotFound where somebody else's has it, Conflict where it is of another file.
    """
    found = session.get(Upload, upload_id, populate_existing=True)
    if found is None:
        return None
    if found.account_id != account.id:
        raise NotFound(GONE)
    meant = (show.id, episode.id if episode else None, fields.file_name(asked.file_name), asked.size_bytes)
    is_same = (found.show_id, found.episode_id, found.file_name, found.size_bytes) == meant
    if not is_same or found.first_part_sha256 != asked.first_part_sha256:
        raise Conflict("This id was given to another file. Choose a new one.")
    return found


def hold(session: Session, account: Account) -> None:
    """No other upload of this account's is begun until this transaction ends: the same one twice is one."""
    session.execute(sa.select(Account.id).where(Account.id == account.id).with_for_update())


def open_in_store(store: ObjectStore) -> Opened:
    """Begin in the store. If no row follows, the sweep of abandoned uploads removes it."""
    recording_id = uuid.uuid4()
    return Opened(recording_id, store.begin(recording_key(recording_id)))


def begin(
    session: Session,
    account: Account,
    show: Show,
    episode: Episode | None,
    asked: Asked,
    opened: Opened,
    now: datetime,
    upload_id: uuid.UUID | None = None,
) -> Upload:
    """The row of an upload that the store has opened. Raises Conflict where another has the id just now."""
    upload = Upload(
        id=upload_id or uuid.uuid4(),
        account_id=account.id,
        show_id=show.id,
        episode_id=episode.id if episode else None,
        recording_id=opened.recording_id,
        store_upload=opened.store_upload,
        file_name=fields.file_name(asked.file_name),
        size_bytes=asked.size_bytes,
        first_part_sha256=asked.first_part_sha256,
        created_at=now,
    )
    renew(upload, asked, now)
    session.add(upload)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Another upload has this id. Choose a new one.") from error
    return upload


def renew(upload: Upload, asked: Asked, now: datetime) -> None:
    """What the person last said of a file that is still on its way."""
    upload.title = fields.line(asked.title)
    upload.kind = asked.kind.value
    upload.wish = asked.wish.value
    upload.agreement_version = AGREEMENT_VERSION
    upload.agreed_at = now
    upload.touched_at = now


def own(session: Session, upload_id: uuid.UUID, account: Account) -> Upload:
    """An upload of this account's, read anew. Raises NotFound."""
    upload = session.get(Upload, upload_id, populate_existing=True)
    if upload is None or upload.account_id != account.id:
        raise NotFound(GONE)
    return upload


def own_to_finish(session: Session, upload_id: uuid.UUID, account: Account) -> Upload:
    """An upload of this account's into a show for which it still makes episodes.

    Raises NotFound, NotAllowed: somebody may have left the community since the upload began.
    """
    upload = own(session, upload_id, account)
    show = session.get_one(Show, upload.show_id)
    if show.deleted_at is not None:
        raise NotFound("There is nothing at this address.")
    access.require_making(session, account, show.community_id)
    return upload


def check_part(upload: Upload, part_bytes: int, part: AskedPart) -> None:
    """Raises Conflict for a part that this file does not have: another file was chosen."""
    sizes = {known.number: known.size_bytes for known in expected_parts(upload.size_bytes, part_bytes)}
    changed = part.number == 1 and part.sha256_hex != upload.first_part_sha256
    if upload.completed_at is not None or changed or sizes.get(part.number) != part.size_bytes:
        raise Conflict("The file has changed since the upload began. Choose it again.")


def arrived(
    store: ObjectStore, recording_id: uuid.UUID, store_upload: str, size_bytes: int, part_bytes: int
) -> dict[int, str | None]:
    """The parts that need not be sent again: number and sha256, or None where the store does not tell it.

    Raises NotFound for an upload that is gone. Where the store has put the parts together already, all of
    them count: the service died before the row was written, and only completing once more is left to do.
    """
    try:
        return {
            part.number: part.sha256_hex for part in store.parts(recording_key(recording_id), store_upload)
        }
    except UploadFinished:
        return {part.number: None for part in expected_parts(size_bytes, part_bytes)}
    except UploadMissing as error:
        raise NotFound(GONE) from error


def put_together(
    store: ObjectStore, recording_id: uuid.UUID, store_upload: str, size_bytes: int, part_bytes: int
) -> None:
    """Make one object of the parts; safe to repeat.

    Raises Conflict while parts are missing, NoRoom, NotFound.
    """
    key = recording_key(recording_id)
    try:
        store.complete(key, store_upload, expected_parts(size_bytes, part_bytes))
    except PartsWrong as error:
        raise Conflict("Some parts of the recording have not arrived yet.") from error
    except StoreFull as error:
        raise NoRoom(FULL) from error
    except (UploadMissing, UploadFinished) as error:
        raise NotFound(GONE) from error


def complete(session: Session, upload: Upload, account: Account, now: datetime) -> tuple[Recording, bool]:
    """The Recording of an upload whose object is there, and whether this call made it.

    However often and from wherever it is called, there is one Recording: the row is locked and read anew.
    """
    locked = session.scalars(
        sa.select(Upload)
        .where(Upload.id == upload.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if locked is None:
        raise NotFound(GONE)  # cancelled in another window
    upload = locked
    known = session.get(Recording, upload.recording_id)
    if known is not None:
        return known, False
    show = session.get_one(Show, upload.show_id)
    episode = session.get(Episode, upload.episode_id) if upload.episode_id else None
    if episode is None:
        title = upload.title or title_from(upload.file_name)
        episode = drafts.create(session, show, title, EpisodeKind(upload.kind), account, now)
    if episode.state in WAITING and access.may_publish(session, account, show):
        episode.wish = PublishWish(upload.wish)
    recording = receive(
        session,
        episode,
        account,
        upload.recording_id,
        upload.file_name,
        upload.size_bytes,
        (upload.agreement_version, upload.agreed_at),
        now,
    )
    upload.completed_at = upload.touched_at = now
    session.flush()
    return recording, True


def receive(
    session: Session,
    episode: Episode,
    account: Account | None,
    recording_id: uuid.UUID,
    name: str,
    size_bytes: int,
    agreed: tuple[str, datetime],
    now: datetime,
) -> Recording:
    """The row of a recording whose object is in the store; the caller enqueues it and commits both."""
    recording = Recording(
        id=recording_id,
        episode=episode,
        file_name=fields.file_name(name),
        key=recording_key(recording_id),
        size_bytes=size_bytes,
        state=RecordingState.working,
        step=Step.receive,
        agreement_version=agreed[0],
        agreed_by=account.id if account else None,
        agreed_at=agreed[1],
        created_at=now,
    )
    session.add(recording)
    session.flush()
    recordings.make_way(session, recording, now)
    if episode.deleted_at is not None:
        recordings.interrupt(session, episode, now)
    if episode.recording_id is None:
        episode.recording_id = recording.id
        session.flush()
    return recording


def title_from(name: str) -> str:
    """A first title from a file's name: "ward_round-3.mp3" is "Ward round 3"."""
    stem = name.rpartition(".")[0] or name
    words = fields.line(stem.replace("_", " ").replace("-", " "))[:255] or "Untitled"
    return words[0].upper() + words[1:]


def forget(session: Session, upload: Upload) -> None:
    """Remove the row of an upload that was given up; the caller aborts it in the store afterwards."""
    if upload.completed_at is not None:
        raise Conflict("The recording has already been received. You can move its episode to the bin.")
    session.delete(upload)
    session.flush()


def forget_lost(session: Session, upload_id: uuid.UUID) -> None:
    """Remove the row of an upload that the store no longer knows."""
    session.execute(sa.delete(Upload).where(Upload.id == upload_id, Upload.completed_at.is_(None)))
