"""Real speech for workers, a short voice for steps, hands with a made engine, and PostgreSQL."""

import subprocess
import uuid
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.audio.sandbox import ffmpeg_path
from app.backends import Backends
from app.db import Database
from app.pipeline.border import Hands
from tests.audio.sounds import make_voice, write_wav
from tests.fakes import SaidAloud
from tests.pipeline.making import LIBRIVOX
from tests.postgres import PostgresServer

REPEATS = 4


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two windows of a person reading, a little under two minutes, as an MP3."""
    if not LIBRIVOX.is_dir():
        pytest.fail("These tests hear real speech: install it with `apt-get install pocketsphinx-testdata`.")
    folder = tmp_path_factory.mktemp("speech")
    pieces = []
    for path in sorted(LIBRIVOX.glob("*.wav")):
        with wave.open(str(path)) as file:
            pieces.append(file.readframes(file.getnframes()) + bytes(2 * 16 * 700))
    with wave.open(str(folder / "reading.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(pieces) * REPEATS)
    command = [str(ffmpeg_path()), "-v", "error", "-i", str(folder / "reading.wav"), "-q:a", "4"]
    subprocess.run([*command, str(folder / "reading.mp3")], check=True, timeout=120)
    return folder / "reading.mp3"


@pytest.fixture(scope="session")
def sentence() -> Path:
    """One sentence, read by a person: the shortest real way through everything."""
    return sorted(LIBRIVOX.glob("*.wav"))[0]


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds that sound like a voice and say nothing."""
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", make_voice(3))


@pytest.fixture
def hands(backends: Backends) -> Iterator[Hands]:
    """This process as a worker without the durable engine; what is said is given, not heard."""
    said = SaidAloud()
    taken = Hands.take(replace(backends, engine=lambda: said), "here")
    yield taken
    Hands.let_go()


@pytest.fixture
def on_postgres(backends: Backends, postgres: PostgresServer, migrated_postgres: str) -> Iterator[Backends]:
    """The same backends, on a PostgreSQL database."""
    url = postgres.database(uuid.uuid4().hex, migrated_postgres)
    database = Database(url)
    yield replace(backends, settings=replace(backends.settings, database_url=url), database=database)
    database.dispose()
