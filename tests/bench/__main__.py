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
from transcription.transcriber import why_not_here

PARTS = ("speech", "mastering", "feed", "search", "upload")


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with corpus.tsv; by default LibriVox samples")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    found: dict[str, Any] = {}
    heard: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if "speech" in options.only:
            heard |= _all_speech(options.corpus, scratch)
            _speech_table(heard)
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
    if found:
        _table(found)
    print(json.dumps(heard | found))
    return 0


def _all_speech(corpus: Path | None, scratch: Path) -> dict[str, Any]:
    """A corpus of somebody's own, or LibriVox and part of the demo.

    The reference engine is not asked about LibriVox: it goes on from its own last text, which fails where
    five sentences are said again and again.
    """
    if corpus is not None:
        return _speech(read_corpus(corpus, scratch), scratch, reference=True)
    found = _speech(read_corpus(None, scratch, at_least_s=300), scratch)
    return found | _speech(read_demo(scratch, enough_s=240), scratch, reference=True)


def _speech(speech: Speech, scratch: Path, *, reference: bool = False) -> dict[str, Any]:
    """Our default and others on the same sound and weights; the reference engine, which is slow, if asked."""
    text = scratch / "reference.txt"
    text.write_text(speech.reference)
    weights = Path(os.environ.get("HEARTH_WEIGHTS") or Path(os.environ["HEARTH_DATA"]) / "weights") / "base"
    given = (speech.path, text, weights)
    ours = ("speech_ours", *given, min(2, os.cpu_count() or 1))
    rows = {
        "Hearth": (*ours, "faster-whisper"),
        "Hearth, accurate": (*ours, "faster-whisper", "accurate"),
        "faster-whisper's defaults": ("speech_default", *given),
    }
    if reference and why_not_here("openai-whisper"):
        print("openai-whisper is not installed: not compared", file=sys.stderr)
    elif reference:
        rows |= {
            "Hearth with openai-whisper": (*ours, "openai-whisper"),
            "openai-whisper, greedy": ("speech_openai", *given),
            "openai-whisper, beam of 5": ("speech_openai", *given, 5),
        }
    found = {name: _run(*row) for name, row in rows.items()}
    first = found["Hearth"]["real_time_factor"]
    for figures in found.values():
        figures["times_as_long_as_hearth"] = round(figures["real_time_factor"] / first, 1)
    return {f"{name} ({speech.name}, {round(speech.seconds)} s)": row for name, row in found.items()}


def _speech_table(heard: dict[str, dict[str, Any]]) -> None:
    print("| engine (speech) | seconds of work for a second | to ours | words wrong | peak memory |")
    print("|---|---|---|---|---|")
    for name, row in heard.items():
        print(
            f"| {name} | {row['real_time_factor']:.3f} | {row['times_as_long_as_hearth']} | "
            f"{row['word_error_rate']:.1%} | {row['peak_mb']} MB |"
        )


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
