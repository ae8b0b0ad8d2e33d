"""Real weights, real speech, and made sounds that hold none."""

import math
import re
import subprocess
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from tests.transcription.speech_server import serving
from transcription.speech_file import RATE_HZ, Samples, samples_from_pcm
from transcription.transcriber import DEFAULT_ENGINE, REMOTE_ENGINE, Transcriber, load_engine

LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
GAP_MS = 700


#: Which engines a test hears with, by the fixture that it asks for. Only the default and the extra decode
#: here; the remote one asks the default over HTTP.
ENGINES_OF = {
    "engine": (DEFAULT_ENGINE, REMOTE_ENGINE, "openai-whisper"),
    "local_engine": (DEFAULT_ENGINE, "openai-whisper"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Those of an extra only where it was asked for: they are not collected otherwise."""
    extras = metafunc.config.getoption("extras")
    for fixture, names in ENGINES_OF.items():
        if fixture in metafunc.fixturenames:
            asked = [name for name in names if name != "openai-whisper" or "openai" in extras]
            metafunc.parametrize(fixture, asked, indirect=True, scope="session")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that import what only an extra installs."""
    of_extra = collection_path.name in ("test_checkpoint.py", "test_openai_whisper.py")
    return True if of_extra and "openai" not in config.getoption("extras") else None


@pytest.fixture(scope="session")
def engines(weights: Path) -> Iterator[Callable[[str], Transcriber]]:
    """Engines by name, each made once; the remote one asks a real server that hears with the default."""
    with ExitStack() as open_servers:

        @cache
        def by_name(name: str) -> Transcriber:
            server = None
            if name == REMOTE_ENGINE:
                server = open_servers.enter_context(serving(by_name(DEFAULT_ENGINE))).place
            return load_engine(name, weights, slots=2, server=server)

        yield by_name


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, engines: Callable[[str], Transcriber]) -> Transcriber:
    """Every engine in turn."""
    return engines(request.param)


@pytest.fixture(scope="session")
def local_engine(request: pytest.FixtureRequest, engines: Callable[[str], Transcriber]) -> Transcriber:
    """Every engine in turn that hears on this machine."""
    return engines(request.param)


@pytest.fixture(scope="session")
def default_engine(engines: Callable[[str], Transcriber]) -> Transcriber:
    """The default engine alone."""
    return engines(DEFAULT_ENGINE)


@pytest.fixture(scope="session")
def readings() -> list[tuple[Samples, str]]:
    """Sentences of a novel, read by a person: sound and text."""
    if not LIBRIVOX.is_dir():
        pytest.fail("These tests hear real speech: install it with `apt-get install pocketsphinx-testdata`.")
    lines = (LIBRIVOX / "transcription").read_text().splitlines()
    found = [re.fullmatch(r"<s> (.*) </s> \((\S+)\)", line.strip()) for line in lines]
    return [(_samples(LIBRIVOX / f"{line[2]}.wav"), line[1]) for line in found if line]


@pytest.fixture(scope="session")
def chapter(readings: list[tuple[Samples, str]]) -> tuple[Samples, str]:
    """All the sentences one after the other, with a pause between them; about 27 s."""
    gap = np.zeros(GAP_MS * RATE_HZ // 1000, np.float32)
    return np.concatenate([part for sound, _ in readings for part in (sound, gap)]), " ".join(
        text for _, text in readings
    )


def speech_file(path: Path, samples: Samples) -> Path:
    """Write samples as the service writes its speech file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return path


def soundless(kind: str, seconds: int = 30) -> Samples:
    """Thirty seconds in which nobody speaks."""
    random = np.random.default_rng(7)
    time = np.arange(seconds * RATE_HZ) / RATE_HZ
    white = random.standard_normal(time.size)
    brown = np.cumsum(white)
    notes = [[220.0, 277.2, 329.6], [196.0, 246.9, 293.7], [174.6, 220.0, 261.6], [164.8, 207.7, 246.9]]
    chords = sum(
        np.sin(math.tau * np.array([chord[part] for chord in notes])[(time // 2).astype(int) % 4] * time)
        for part in range(3)
    )
    sounds = {
        "silence": np.zeros(time.size),
        "white noise": 0.1 * white,
        "brown noise": 0.3 * (brown - brown.mean()) / np.abs(brown).max(),
        "hum": 0.2 * np.sin(math.tau * 50 * time) + 0.05 * np.sin(math.tau * 150 * time),
        "chords": 0.1 * chords,
    }
    return np.asarray(sounds[kind], dtype=np.float32)


def _samples(path: Path) -> Samples:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    command += ["-ar", str(RATE_HZ), "-ac", "1", "-f", "s16le", "-"]
    return samples_from_pcm(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
