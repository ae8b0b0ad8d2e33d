"""What each step does. No transaction of ours is open across a child process, a store or a mail call."""

import dataclasses
import hashlib
import smtplib
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import metrics
from app.audio import master as mastering
from app.audio import probe, tags, waveform
from app.audio.probe import Inspection, Sound
from app.backends import Backends
from app.mail import Letter
from app.models import Enclosure, EpisodeState, Recording, RecordingState, Step
from app.pipeline.border import Hands, log
from app.services import enclosures, episodes, recordings, transcripts
from app.storage.keys import enclosure_key, recording_key
from transcription.speech_file import samples_from_pcm, slice_bytes
from transcription.transcript import segment_from_stored, segment_to_stored
from transcription.windows import Window, language_places, plan_windows
from transcription.windows import join as join_windows

LEVELS_STEP_MS = 100


def receive(hands: Hands, recording: Recording) -> None:
    """A local copy of the recording, and its hash and size as they really are."""
    path = _source(hands, recording, fresh=True)
    sha256 = _sha256(path)
    with hands.ending(recording, Step.receive) as (_, row):
        row.sha256 = sha256
        row.size_bytes = path.stat().st_size


def inspect(hands: Hands, recording: Recording) -> None:
    """Whether this is one audio recording, how long, how loud."""
    with hands.turn(recording, Step.inspect):
        found = probe.inspect(
            _source(hands, recording),
            ffmpeg=hands.ffmpeg,
            longest_ms=hands.backends.settings.limits.recording_ms,
            report=hands.reporter(recording, Step.inspect),
            cancelled=hands.cancelled(recording, Step.inspect),
        )
    with hands.ending(recording, Step.inspect) as (session, row):
        recordings.keep_inspection(session, row, _plain(found))


def master(hands: Hands, recording: Recording) -> None:
    """The enclosure and the speech file; "publish now" happens here."""
    settings = hands.backends.settings
    folder = hands.job_folder(recording)
    with hands.turn(recording, Step.master), metrics.working("master", recording.duration_ms or 0):
        made = mastering.master(
            _source(hands, recording),
            _inspection(recording),
            folder,
            ffmpeg=hands.ffmpeg,
            settings=mastering.MasterSettings(settings.mono_kbps * 1000, settings.stereo_kbps * 1000),
            report=hands.reporter(recording, Step.master),
            cancelled=hands.cancelled(recording, Step.master),
        )
    tagged_at = hands.backends.clock() - enclosures.LOOK_BACK
    with hands.backends.database.reading() as session:
        wanted = enclosures.wanted_tags(session, recordings.get(session, recording.id).episode)
    artwork = enclosures.artwork_bytes(hands.backends.store, wanted)
    tags.write_tags(made.mp3_path, enclosures.as_tags(wanted, artwork, made.duration_ms))
    sha256 = _sha256(made.mp3_path)
    key = enclosure_key(recording.episode_id, sha256)
    store = hands.backends.store
    store.put_file(key, made.mp3_path)
    store.put_file(recording_key(recording.id, "speech.wav"), made.speech_path)
    with hands.ending(recording, Step.master) as (session, row):
        recordings.keep_enclosure(
            session,
            row,
            Enclosure(
                recording_id=recording.id,
                episode_id=recording.episode_id,
                key=key,
                size_bytes=made.mp3_path.stat().st_size,
                sha256=sha256,
                duration_ms=made.duration_ms,
                channels=made.channels,
                bit_rate_bps=made.bit_rate_bps,
                loudness_lufs=made.loudness_lufs,
                true_peak_dbtp=made.true_peak_dbtp,
                gain_db=made.gain_db,
                note=" ".join((*_inspection(recording).notes, *made.notes)),
                tags_digest=wanted.digest,
                tagged_at=tagged_at,
                waveform=list(made.waveform),
                created_at=hands.backends.clock(),
            ),
        )
        episodes.take_enclosure(session, row, hands.backends.clock())
        recordings.wait_for_turn(row)
    hands.clear(recording.id, recording.attempt)  # from here on everything is read from the store


def windows(hands: Hands, recording: Recording) -> None:
    """The language, once per recording, and where to cut."""
    store, settings = hands.backends.store, hands.backends.settings
    speech = recording_key(recording.id, "speech.wav")
    duration_ms = recording.duration_ms or 0
    with store.local_path(speech) as path:
        levels = waveform.draw(path).levels_dbfs
    spans = [(w.start_ms, w.end_ms) for w in plan_windows(levels, LEVELS_STEP_MS, duration_ms)]
    language, confidence = recording.episode.show.spoken_language or settings.language, 1.0
    if not language:
        pieces = [_samples(hands, recording, *place) for place in language_places(duration_ms)]
        language, confidence = hands.backends.engine().detect_language(pieces)
    with hands.ending(recording, Step.windows) as (session, row):
        recordings.plan(session, row, spans, language, confidence)


def transcribe(hands: Hands, recording: Recording, number: int) -> bool:
    """One window's words; a window that is done is not done again. Whether all are done then."""
    engine = hands.backends.engine()  # where there is none, nothing has been tried
    with hands.backends.database.single() as session:
        span = recordings.begin_window(session, recording, number)
    if span is None:
        with hands.backends.database.reading() as session:
            return recordings.has_all_words(session, recording)
    samples = _samples(hands, recording, *span)
    with metrics.working("transcribe", span[1] - span[0]):
        segments = engine.transcribe(
            samples, language=recording.language or "en", accurate=recording.episode.show.accurate
        )
    result: list[Any] = [segment_to_stored(segment) for segment in segments]
    with hands.ending(recording, Step.transcribe) as (session, row):
        return recordings.keep_result(session, row, number, result, hands.backends.clock())


def join(hands: Hands, recording: Recording) -> None:
    """All windows as one transcript of sentences."""
    with hands.backends.database.reading() as session:
        done = recordings.windows_of(session, recording)
    transcript = join_windows(
        [Window(w.number, w.start_ms, w.end_ms) for w in done],
        [[segment_from_stored(item) for item in w.result or []] for w in done],
        recording.duration_ms or 0,
        recording.language or "en",
    )
    engine_name = hands.backends.engine().name  # it may have to be loaded: never within a transaction
    confidence = 1.0 if recording.language_confidence is None else recording.language_confidence
    with hands.ending(recording, Step.join) as (session, row):
        transcripts.store(session, row, transcript, engine_name, confidence, hands.backends.clock())


def index(hands: Hands, recording: Recording) -> None:
    """The transcript becomes the episode's; it is searchable, and published where that was asked for."""
    now = hands.backends.clock()
    with hands.ending(recording, Step.index) as (session, row):
        transcript = transcripts.of_recording(session, row.id)
        episodes.take_transcript(session, row, transcript, now)
        recordings.finish(session, row, now)
        episodes.tell_ready(session, row.episode, now)


def tell(backends: Backends, recording_id: uuid.UUID, attempt: int) -> None:
    """Tidy up, and tell by mail how it ended; a mail server that refuses is logged, not repeated."""
    with backends.database.reading() as session:
        arrived = recordings.has_arrived(session, recording_id, attempt)
        letter = _letter(session, backends, recording_id, attempt)
    if arrived:
        backends.store.delete(recording_key(recording_id, "speech.wav"))
    if letter is None or not backends.mailer.sends:
        return
    try:
        # whoever dies between sending and writing that down leaves another to send it again
        backends.mailer.send(dataclasses.replace(letter, name=f"recording-{recording_id}-{attempt}"))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.warning("letter not sent: %s", type(error).__name__)


def _letter(session: Session, backends: Backends, recording_id: uuid.UUID, attempt: int) -> Letter | None:
    recording = session.get(Recording, recording_id)
    if recording is None or recording.attempt != attempt or recording.state is RecordingState.working:
        return None
    to = episodes.maker_email(session, recording.episode)
    if to is None:
        return None
    address = f"{backends.settings.public_url}/studio/episodes/{recording.episode_id}"
    if recording.episode.deleted_at is not None:
        return None
    is_public = episodes.is_public(recording.episode, backends.clock())
    if recording.episode.state is EpisodeState.published and recording.state is RecordingState.ready:
        if not is_public:
            return Letter(
                to,
                f"“{recording.episode.title}” is ready",
                f"It becomes public when you chose. Until then you can read and correct it:\n\n{address}\n",
            )
        return Letter(
            to,
            f"“{recording.episode.title}” is published",
            f"Its transcript was written by a machine. Read it and correct it here:\n\n{address}\n",
        )
    if recording.state is RecordingState.ready:
        return Letter(
            to,
            f"The transcript of “{recording.episode.title}” is ready",
            f"Every word is written down. Read it, correct it and publish it here:\n\n{address}\n",
        )
    return Letter(
        to,
        f"“{recording.episode.title}” needs you",
        f"{recording.reason}\n\nYour recording is kept. See what to do here:\n\n{address}\n",
    )


def _source(hands: Hands, recording: Recording, *, fresh: bool = False) -> Path:
    """The recording in this attempt's own folder; fetched again where another worker began."""
    path = hands.job_folder(recording) / "source"
    if fresh or not path.exists():
        part = path.with_name("source-arriving")
        hands.backends.store.download(recording.key, part)
        part.replace(path)
    return path


def _samples(hands: Hands, recording: Recording, start_ms: int, end_ms: int) -> Any:
    offset, length = slice_bytes(start_ms, end_ms)
    return samples_from_pcm(
        hands.backends.store.read_range(recording_key(recording.id, "speech.wav"), offset, length)
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(found: Inspection) -> dict[str, Any]:
    values = dataclasses.asdict(found)
    return {**values, "sound": found.sound.value, "notes": list(found.notes)}


def _inspection(recording: Recording) -> Inspection:
    values = dict(recording.inspection or {})
    return Inspection(**{**values, "sound": Sound(values["sound"]), "notes": tuple(values["notes"])})
