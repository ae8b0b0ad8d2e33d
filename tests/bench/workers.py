"""How the window phase grows with the number of workers, against what it could be at best.

The best is ceil(windows / workers) windows one after the other, each as long as it is known to take; what is
measured goes from the begin of the first window to the end of the last, on PostgreSQL, one slot a worker.
"""

import os
import statistics
import sys
import tempfile
import time
import uuid
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.backends import Backends
from app.models import RecordingState, Show, Step
from app.pipeline import engine, queues
from app.storage.keys import recording_key
from tests.bench.corpus import read_corpus
from tests.bench.crew import Crew, crew, interval_s, still_working
from tests.factories import make_community, make_enclosure, make_episode, make_recording, make_show
from tests.pipeline.making import wait_for
from transcription.speech_file import RATE_HZ

SIZES = (1, 2, 4, 8, 16)
#: Windows that end in a second, all workers together: what hands them out shares two cores with all of them
#: here, where real workers bring cores of their own.
_WINDOWS_A_S = 4
#: A window of Whisper base takes four times as long on one core: what is lost between two shows more.
_SHORTEST_S = 2.0
SHORT = 160
_LONG_MS = 3 * 3_600_000
_SHORT_MS = 20_000
#: Speech for the real engine: eight windows.
_REAL_S = 780
_IDLE_S = 60.0


@dataclass(frozen=True)
class Phase:
    """One measurement: how many windows were heard, in which time, by how many workers."""

    workers: int
    windows: int
    took_s: float
    window_s: float

    @property
    def efficiency(self) -> float:
        """1 would be that nothing is lost."""
        return -(-self.windows // self.workers) * self.window_s / self.took_s


def efficiency() -> dict[str, Any]:
    """One recording of three hours and 160 short ones, by each number of workers; what an idle one costs."""
    long: dict[str, float] = {}
    short: dict[str, float] = {}
    idle = 0.0
    for count in SIZES:
        with crew(weights_folder(), stand_in_s(count)) as workers:
            workers.grow(count)
            idle = idle or idle_cost(workers)
            for found, recordings, duration_ms in ((long, 1, _LONG_MS), (short, SHORT, _SHORT_MS)):
                phase = measure(workers, recordings, duration_ms)
                found[str(count)] = round(phase.efficiency, 3)
                say(f"{count} workers, {phase.windows} windows: {phase.took_s:.1f} s, {found[str(count)]}")
    return {
        "efficiency": long,
        f"efficiency_{SHORT}_short": short,
        "window_s": {str(count): stand_in_s(count) for count in SIZES},
        "idle_worker_processor_s_a_minute": idle,
    }


def stand_in_s(workers: int) -> float:
    """How long the stand-in takes for a window, where so many work."""
    return max(_SHORTEST_S, workers / _WINDOWS_A_S)


def idle_cost(workers: Crew) -> float:
    """Seconds of a core that one worker uses in a minute in which there is nothing to do."""
    before_s, began_s = workers.processor_s(), time.monotonic()
    time.sleep(_IDLE_S)
    used_s = workers.processor_s() - before_s
    return round(used_s / (time.monotonic() - began_s) * 60 / len(workers.members), 2)


def whisper() -> dict[str, Any]:
    """The same real speech with Whisper, one thread a worker, by one and by two of them."""
    took_s: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch, crew(weights_folder(), 0) as workers:
        speech = read_corpus(None, Path(scratch), at_least_s=_REAL_S)
        for count in (1, 2):
            workers.grow(count)
            phase = measure(workers, 1, round(speech.seconds * 1000), speech.path)
            took_s[str(count)] = round(phase.took_s, 1)
            say(f"{count} workers with Whisper, {phase.windows} windows: {phase.took_s:.1f} s")
    return {
        "whisper_seconds_of_speech": round(speech.seconds),
        "whisper_s": took_s,
        "whisper_times_as_fast": round(took_s["1"] / took_s["2"], 2),
    }


def measure(workers: Crew, recordings: int, duration_ms: int, speech: Path | None = None) -> Phase:
    """Hand recordings in that are mastered, and wait until all is done."""
    before = len(workers.heard())
    _hand_in(workers.backends, recordings, duration_ms, speech)
    wait_for(lambda: not still_working(workers.backends), 1800, every_s=0.5)  # whoever looks often costs too
    heard = workers.heard()[before:]
    window_s = workers.seconds or statistics.mean(one.ended_s - one.began_s for one in heard)
    return Phase(len(workers.members), len(heard), interval_s(heard), window_s)


def _hand_in(backends: Backends, count: int, duration_ms: int, speech: Path | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        sound = speech or _silence(Path(scratch) / "speech.wav", duration_ms)
        turn = queues.turn(backends.clock())  # they arrive in the same second
        with backends.database.begin() as session:
            show = session.query(Show).first() or make_show(session, make_community(session))
            for _ in range(count):
                episode = make_episode(session, show, slug=uuid.uuid4().hex)
                recording = make_recording(session, episode, state=RecordingState.working, step=Step.windows)
                recording.duration_ms = duration_ms
                make_enclosure(session, recording)
                backends.store.put_file(recording_key(recording.id, "speech.wav"), sound)
                name = f"{engine.workflow_id(recording)}-windows"
                said = (str(recording.id), recording.attempt, turn)
                engine.enqueue_workflow(
                    session, queues.TRANSCRIPTION, "windows_v2", name, *said, priority=turn
                )


def _silence(path: Path, duration_ms: int) -> Path:
    """A speech file in which nobody says anything."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for _ in range(duration_ms // 1000):
            file.writeframes(bytes(2 * RATE_HZ))
    return path


def weights_folder() -> Path:
    """Whisper base, which a worker wants to see before it begins."""
    return Path(os.environ.get("HEARTH_WEIGHTS") or Path(os.environ["HEARTH_DATA"]) / "weights") / "base"


def say(text: str) -> None:
    """For the person at the terminal; standard output is for the line of JSON."""
    print(text, file=sys.stderr, flush=True)
