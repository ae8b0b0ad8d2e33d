"""Real speech with its text, joined to one recording, so that windows are as long as in life.

`--corpus DIR` takes a folder with a `corpus.tsv` (columns file, seconds, language, reference ...); by
default the LibriVox samples of Debian's pocketsphinx-testdata are used, and the demo as our synthetic
voices speak it. All of it is read speech: conversation is harder, for every engine.
"""

import csv
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.audio.sandbox import ffmpeg_path
from app.demo.scripts import SCRIPTS
from app.demo.voices import speak
from transcription.speech_file import RATE_HZ

LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
PAUSE_S = 1.0


@dataclass(frozen=True)
class Speech:
    """One recording of joined pieces, and what is said in it."""

    name: str
    path: Path
    seconds: float
    reference: str


def read_corpus(folder: Path | None, scratch: Path, *, at_least_s: float = 0) -> Speech:
    """All pieces of a corpus as one 16 kHz mono WAV, repeated until it is long enough."""
    pieces = _from_table(folder) if folder else _librivox()
    return _joined(folder.name if folder else "LibriVox", pieces, scratch, at_least_s=at_least_s)


def read_demo(scratch: Path, *, enough_s: float) -> Speech:
    """The demo's first recordings, two voices in most, as they are spoken for `./dev demo`."""
    pieces: list[tuple[Path, str]] = []
    seconds = 0.0
    for number, script in enumerate(SCRIPTS):
        path = scratch / f"demo-{number}.wav"
        speak(script.turns, path)
        pieces.append((path, " ".join(text for _, text in script.turns)))
        seconds += len(decode(path)) / RATE_HZ
        if seconds >= enough_s:
            break
    return _joined("the demo, synthetic voices", pieces, scratch)


def _joined(name: str, pieces: list[tuple[Path, str]], scratch: Path, *, at_least_s: float = 0) -> Speech:
    samples: list[npt.NDArray[np.int16]] = []
    words: list[str] = []
    pause = np.zeros(int(RATE_HZ * PAUSE_S), dtype=np.int16)
    seconds = 0.0
    while not samples or seconds < at_least_s:
        for path, text in pieces:
            piece = decode(path)
            samples += [piece, pause]
            words.append(text)
            seconds += (len(piece) + len(pause)) / RATE_HZ
    target = scratch / f"corpus-{int(seconds)}.wav"
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.concatenate(samples).astype("<i2").tobytes())
    return Speech(name, target, seconds, " ".join(words))


def decode(path: Path) -> npt.NDArray[np.int16]:
    """16 kHz mono samples of a file of the corpus (trusted, so without the sandbox)."""
    command = [ffmpeg_path(), "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE_HZ), "-f", "s16le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, dtype="<i2")


def _from_table(folder: Path) -> list[tuple[Path, str]]:
    with (folder / "corpus.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(folder / row["file"], row["reference"]) for row in rows if row.get("language", "en") == "en"]


def _librivox() -> list[tuple[Path, str]]:
    """The samples with the text in `transcription`: "words (file name)" on each line."""
    lines = (LIBRIVOX / "transcription").read_text().splitlines()
    found = []
    for line in lines:
        text, _, name = line.rpartition("(")
        path = LIBRIVOX / f"{name.strip(' )')}.wav"
        if path.exists():
            found.append((path, text.replace("<s>", "").replace("</s>", "").strip()))
    if not found:
        raise RuntimeError("The LibriVox samples are missing: apt-get install pocketsphinx-testdata")
    return found
