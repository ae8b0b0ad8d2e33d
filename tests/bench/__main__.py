"""`./dev bench [--corpus DIR] [--only NAME ...]`: all measurements, as a table and one line of JSON."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.corpus import Speech, read_corpus, read_demo
from tests.bench.uploading import measure as measure_uploads

PARTS = ("speech", "mastering", "feed", "search", "upload")


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with corpus.tsv; by default LibriVox samples")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if "speech" in options.only:
            found |= _speech(read_corpus(options.corpus, scratch, at_least_s=300), scratch)
            if options.corpus is None:
                found |= _speech(read_demo(scratch), scratch)
        if "mastering" in options.only:
            long = read_corpus(options.corpus, scratch, at_least_s=900)
            found["mastering"] = _run("mastering", _as_stereo(long, scratch))
        if "feed" in options.only:
            found["feed, 100 episodes"] = _run("feed", "100")
            found["feed, 1,000 episodes"] = _run("feed", "1000")
        if "search" in options.only:
            found["search, 100,000 sentences (ms)"] = _run("search", "100000")
        if "upload" in options.only:
            found["upload"] = measure_uploads()
    _table(found)
    print(json.dumps(found))
    return 0


def _speech(speech: Speech, scratch: Path) -> dict[str, Any]:
    reference = scratch / "reference.txt"
    reference.write_text(speech.reference)
    weights = Path(os.environ.get("HEARTH_WEIGHTS") or Path(os.environ["HEARTH_DATA"]) / "weights") / "base"
    slots = str(min(2, os.cpu_count() or 1))
    given = (speech.path, reference, weights)
    name = f"{speech.name}, {round(speech.seconds)} s"
    return {
        f"Hearth ({name})": _run("speech_ours", *given, slots),
        f"Hearth, accurate ({name})": _run("speech_ours", *given, slots, "accurate"),
        f"faster-whisper's defaults ({name})": _run("speech_default", *given),
    }


def _as_stereo(speech: Speech, scratch: Path) -> Path:
    """A recording as producers bring it: 44.1 kHz stereo, two microphones that do not hear the same."""
    from app.audio.sandbox import ffmpeg_path

    target = scratch / "stereo.flac"
    subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", speech.path, "-filter_complex",
         "[0:a]asplit[a][b];[b]adelay=7,volume=-4dB[c];[a][c]join=inputs=2:channel_layout=stereo",
         "-ar", "44100", target],
        check=True,
    )  # fmt: skip
    return target


def _run(name: str, *arguments: object) -> dict[str, Any]:
    """One measurement in its own process, with nothing else of ours beside it."""
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tests.bench.measures", name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _table(found: dict[str, Any]) -> None:
    print("| what | figures |\n|---|---|")
    for name, figures in found.items():
        text = " · ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
        print(f"| {name} | {text} |")


if __name__ == "__main__":
    sys.exit(main())
