"""What is openai-whisper's own, beyond the contract. Only where `--with openai` asks for it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from whisper.timing import dtw_cpu

from tests.transcription.conftest import LIBRIVOX
from transcription.openai_whisper import cheapest_way

ROOT = Path(__file__).resolve().parents[2]

#: One reading, in a process that has no programs to call, no home with weights in it, and one thread.
ALONE = """
import socket, sys, wave
from pathlib import Path

def no_network(*given):
    raise AssertionError("it asked for the network")

socket.socket.connect = no_network
socket.getaddrinfo = no_network
import torch
from transcription.speech_file import samples_from_pcm
from transcription.transcriber import load_engine

engine = load_engine("openai-whisper", Path(sys.argv[1]))
with wave.open(sys.argv[2]) as file:
    samples = samples_from_pcm(file.readframes(file.getnframes()))
(heard,) = engine.transcribe(samples, language="en")
print(torch.get_num_threads(), heard.text)
"""


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 2), (2, 40), (12, 90)])
def test_the_cheapest_way_is_the_library_s(rows: int, columns: int) -> None:
    costs = np.random.default_rng(rows).standard_normal((rows, columns))

    assert np.array_equal(cheapest_way(costs), dtw_cpu.py_func(costs))


def test_neither_ffmpeg_nor_the_network_is_asked_for(weights: Path, tmp_path: Path) -> None:
    reading = min(LIBRIVOX.glob("*.wav"), key=lambda path: path.stat().st_size)
    env = {
        "PATH": "/nowhere",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "LANG": os.environ.get("LANG", "C"),
    }
    command = [sys.executable, "-c", ALONE, weights, reading]
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert said.startswith("1 ")
    assert len(said.split()) > 5
