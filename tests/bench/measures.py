"""One measurement each, in a process of its own so that its memory is its own.

`python -m tests.bench.measures NAME ARGUMENTS...` prints one line of JSON.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transcription.quality import word_errors
from transcription.speech_file import read_speech
from transcription.windows import join, language_places, plan_windows


def speech_ours(
    path: str, reference: str, weights: str, slots: str, engine_name: str, accurate: str = ""
) -> dict[str, Any]:
    """Our scheme as the worker runs it: language once, windows from the levels, `slots` at a time."""
    from concurrent.futures import ThreadPoolExecutor

    from app.audio.waveform import draw
    from transcription.transcriber import load_engine

    engine = load_engine(engine_name, Path(weights), int(slots), model="base")
    engine.transcribe(read_speech(path, 0, 2000), language="en")  # load the weights before the clock runs
    start_s = time.perf_counter()
    levels = draw(Path(path)).levels_dbfs
    duration_ms = (Path(path).stat().st_size - 44) // 32
    windows = plan_windows(levels, 100, duration_ms)
    language, _ = engine.detect_language(
        [read_speech(path, *place) for place in language_places(duration_ms)]
    )
    with ThreadPoolExecutor(int(slots)) as pool:
        results = list(
            pool.map(
                lambda window: engine.transcribe(
                    read_speech(path, window.start_ms, window.end_ms),
                    language=language,
                    accurate=bool(accurate),
                ),
                windows,
            )
        )
    heard = join(windows, results, duration_ms, language)
    took_s = time.perf_counter() - start_s
    text = " ".join(segment.text for segment in heard.segments)
    return _speech(reference, text, took_s, duration_ms / 1000)


def speech_default(path: str, reference: str, weights: str) -> dict[str, Any]:
    """faster-whisper's own defaults on the same weights: one pass, beam of five."""
    from faster_whisper import WhisperModel

    model = WhisperModel(weights, device="cpu", compute_type="int8")
    start_s = time.perf_counter()
    segments, info = model.transcribe(path)
    text = " ".join(segment.text for segment in segments)
    return _speech(reference, text, time.perf_counter() - start_s, info.duration)


def speech_openai(path: str, reference: str, weights: str, beam: str = "") -> dict[str, Any]:
    """openai-whisper's own way through a file, greedy or as its command line does, on the same weights."""
    import whisper

    from transcription.checkpoint import load_checkpoint

    load_checkpoint(Path(weights))
    (checkpoint,) = Path(weights).glob("openai-*.pt")
    model = whisper.load_model(str(checkpoint), device="cpu")
    duration_ms = (Path(path).stat().st_size - 44) // 32
    options: dict[str, Any] = {"beam_size": int(beam), "best_of": int(beam)} if beam else {}
    start_s = time.perf_counter()
    heard = model.transcribe(read_speech(path, 0, duration_ms), fp16=False, **options)
    return _speech(reference, heard["text"], time.perf_counter() - start_s, duration_ms / 1000)


def _speech(reference_path: str, heard: str, took_s: float, seconds: float) -> dict[str, Any]:
    errors = word_errors(Path(reference_path).read_text(), heard)
    return {
        "real_time_factor": round(took_s / seconds, 4),
        "word_error_rate": round(errors.rate, 4),
        "peak_mb": _peak_mb(),
        "seconds_of_speech": round(seconds),
    }


def mastering(path: str) -> dict[str, Any]:
    """Inspect and master, re-measuring included."""
    from app.audio import master, probe

    with tempfile.TemporaryDirectory() as folder:
        start_s = time.perf_counter()
        found = probe.inspect(Path(path))
        inspected_s = time.perf_counter() - start_s
        made = master.master(Path(path), found, Path(folder))
        took_s = time.perf_counter() - start_s
    seconds = found.duration_ms / 1000
    return {
        "times_real_time": round(seconds / took_s, 1),
        "inspect_share": round(inspected_s / took_s, 2),
        "passes": made.passes,
        "loudness_lufs": made.loudness_lufs,
        "true_peak_dbtp": made.true_peak_dbtp,
        "seconds_of_sound": round(seconds),
    }


def feed(count: str) -> dict[str, Any]:
    """How many feed answers a second one process gives, whole and "not modified", and the first rendering."""
    from app import create_app
    from app.backends import open_backends
    from app.migrate import migrate
    from app.settings import read_settings
    from tests.factories import make_published, make_show

    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({"HEARTH_DATA": folder})
        migrate(settings.database_url)
        backends = open_backends(settings)
        with backends.database.begin() as session:
            show = make_show(session, slug="many")
            for number in range(int(count)):
                make_published(session, show, title=f"Episode {number}", sentences=("One.",))
        client = create_app(backends=backends).test_client()
        start_s = time.perf_counter()
        first = client.get("/shows/many/feed.xml")
        rendered_s = time.perf_counter() - start_s
        condition = {"If-None-Match": first.headers["ETag"]}
        whole = _per_second(lambda: client.get("/shows/many/feed.xml").status_code == 200)
        unchanged = _per_second(
            lambda: client.get("/shows/many/feed.xml", headers=condition).status_code == 304
        )
        backends.database.dispose()
    return {
        "episodes": int(count),
        "bytes": len(first.data),
        "first_ms": round(rendered_s * 1000),
        "whole_per_second": whole,
        "not_modified_per_second": unchanged,
    }


def _per_second(ask: Callable[[], bool], seconds: float = 3.0) -> int:
    count, end_s = 0, time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        if not ask():
            raise RuntimeError("not the answer that was to be measured")
        count += 1
    return round(count / seconds)


def search(count: str) -> dict[str, Any]:
    """Milliseconds for each kind of query over so many sentences."""
    from tests.search.bench import run

    return dict(run(int(count)))


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "speech_ours": speech_ours,
    "speech_default": speech_default,
    "speech_openai": speech_openai,
    "mastering": mastering,
    "feed": feed,
    "search": search,
}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]](*sys.argv[2:])))
