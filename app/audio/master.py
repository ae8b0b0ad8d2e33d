"""From an inspected recording to the levelled MP3 for listeners, and the speech file for transcribing.

Loudness by EBU R 128: the inspection measured the source, so one gain and a peak limiter come first; the
MP3 is decoded and measured while it is made, and made again with better figures, at most three times; the
best is kept. This file must not know how a recording was refused, stored or tagged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.audio import sandbox
from app.audio.levelling import Figures, Form, Work
from app.audio.measures import Measures
from app.audio.probe import Inspection, Sound
from app.audio.sandbox import Run
from app.audio.waveform import draw

STEREO_LUFS = -16.0
MONO_LUFS = -19.0
TOLERANCE_LU = 0.5
CEILING_DBTP = -1.0
MOST_GAIN_DB = 20.0
MOST_PASSES = 3

_CLOSE_ENOUGH_LU = 0.4
"""Narrower than the tolerance: other meters may differ by a tenth."""
_LIMIT_DBFS = CEILING_DBTP - 2.0
"""Peaks between samples and the encoder's own overshoot need room."""
_HARD_DB = 3.0
"""Peaks further above the limit than this make the limiter take loudness away: worth a rehearsal."""
_HARD_LIMIT_DBFS = CEILING_DBTP - 2.5
_REHEARSED_DB = (0.0, 3.0)
_ENCODER_TAKES_LU = 0.2
"""Speech loses this much in the MP3, measured; aiming higher by it saves a pass."""
_LOWEST_LIMIT_DBFS = -23.0
_SAME_LENGTH_MS = 50


@dataclass(frozen=True)
class MasterSettings:
    """What an operator may choose: constant bit rates of the MP3."""

    mono_bit_rate_bps: int = 96_000
    stereo_bit_rate_bps: int = 128_000


@dataclass(frozen=True)
class Mastered:
    """The two files and what is known of them; loudness, peak and length are those of the MP3 as decoded.

    `levels_dbfs` has one value per 100 ms of the speech file, `waveform` about 800 heights of 0 to 100.
    """

    mp3_path: Path
    speech_path: Path
    duration_ms: int
    channels: int
    sample_rate_hz: int
    bit_rate_bps: int
    loudness_lufs: float
    true_peak_dbtp: float
    gain_db: float
    passes: int
    levels_dbfs: tuple[float, ...]
    waveform: tuple[int, ...]
    notes: tuple[str, ...] = ()


def master(
    source: Path,
    inspection: Inspection,
    folder: Path,
    *,
    settings: MasterSettings | None = None,
    ffmpeg: Path | None = None,
    report: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    run: Run = sandbox.run,
) -> Mastered:
    """Write `recording.mp3` and `speech.wav` (16 kHz, mono, 16 bit, 44 bytes of header) into `folder`.

    Safe to run again: both files are overwritten. `report` gets rising fractions up to 1. Raises ChildDied,
    ChildFailed (a full disk, for example), Cancelled, SandboxBroken.
    """
    form = _form(inspection, settings or MasterSettings())
    work = Work(
        source.resolve(), inspection, form, folder, ffmpeg or sandbox.ffmpeg_path(), run, cancelled, report
    )
    tried, measured, passes = _best_of_passes(work)
    picture = draw(work.speech_path)
    if report is not None:
        report(1.0)
    duration_ms = measured.samples * 1000 // form.sample_rate_hz
    return Mastered(
        mp3_path=work.mp3_path,
        speech_path=work.speech_path,
        duration_ms=duration_ms,
        channels=form.channels,
        sample_rate_hz=form.sample_rate_hz,
        bit_rate_bps=form.bit_rate_bps,
        loudness_lufs=measured.loudness_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        gain_db=round(tried.gain_db, 2),
        passes=passes,
        levels_dbfs=picture.levels_dbfs,
        waveform=picture.heights,
        notes=_notes(inspection, form, measured, duration_ms),
    )


def _best_of_passes(work: Work) -> tuple[Figures, Measures, int]:
    """The figures and measures of the MP3 that was kept, and how many passes there were."""
    tried: Figures | None = _first(work)
    history: list[tuple[Figures, Measures]] = []
    best = 0
    while tried is not None and len(history) < MOST_PASSES:
        number = len(history)
        history.append((tried, work.encode(tried, number=number)))
        if number == 0 or _badness(work.form, history[number][1]) < _badness(work.form, history[best][1]):
            best = number
            work.keep()
        else:
            work.drop()
        tried = _better(work.form, history)
    return (*history[best], len(history))


def _badness(form: Form, measured: Measures) -> tuple[float, float]:
    """The peak comes before the loudness: it cannot be taken back by a player."""
    over_db = max(0.0, measured.true_peak_dbtp - CEILING_DBTP)
    return over_db, abs(form.target_lufs - measured.loudness_lufs)


def _form(inspection: Inspection, settings: MasterSettings) -> Form:
    stereo = inspection.sound is Sound.STEREO
    return Form(
        channels=2 if stereo else 1,
        sample_rate_hz=inspection.mastered_rate_hz,
        bit_rate_bps=settings.stereo_bit_rate_bps if stereo else settings.mono_bit_rate_bps,
        target_lufs=STEREO_LUFS if stereo else MONO_LUFS,
    )


def _first(work: Work) -> Figures:
    """Gain and limit of the first pass; where the limiter will work hard, two gains are rehearsed."""
    aim_lufs = work.form.target_lufs + _ENCODER_TAKES_LU
    gain_db = min(MOST_GAIN_DB, aim_lufs - work.inspection.loudness_lufs)
    if work.inspection.peak_dbfs + gain_db <= _LIMIT_DBFS + _HARD_DB:
        return Figures(gain_db, _LIMIT_DBFS)
    gains_db = [gain_db + more_db for more_db in _REHEARSED_DB]
    low_lufs, high_lufs = work.rehearse(gains_db, _HARD_LIMIT_DBFS)
    lu_per_db = min(1.0, max(0.2, (high_lufs - low_lufs) / (gains_db[1] - gains_db[0])))
    needed_db = gain_db + (aim_lufs - low_lufs) / lu_per_db
    return Figures(min(MOST_GAIN_DB, needed_db), _HARD_LIMIT_DBFS, lu_per_db)


def _better(form: Form, history: list[tuple[Figures, Measures]]) -> Figures | None:
    """Figures for another pass, None if the last one is good or cannot be bettered."""
    tried, measured = history[-1]
    missing_lu = form.target_lufs - measured.loudness_lufs
    over_db = measured.true_peak_dbtp - CEILING_DBTP
    lower_db = 0.0
    if over_db > 0:
        lower_db = over_db + (0.3 if len(history) == 1 else 0.8)
    limit_dbfs = max(_LOWEST_LIMIT_DBFS, tried.limit_dbfs - lower_db)
    more_db = 0.0
    if abs(missing_lu) > _CLOSE_ENOUGH_LU or lower_db:
        # a lower limit takes away what the limiter's share of the sound had
        more_db = missing_lu / tried.lu_per_db + lower_db * (1 / tried.lu_per_db - 1)
    better = replace(tried, gain_db=min(MOST_GAIN_DB, tried.gain_db + more_db), limit_dbfs=limit_dbfs)
    return None if better == tried else better


def _notes(inspection: Inspection, form: Form, measured: Measures, duration_ms: int) -> tuple[str, ...]:
    notes = []
    missing_lu = form.target_lufs - measured.loudness_lufs
    if missing_lu > TOLERANCE_LU and form.target_lufs - inspection.loudness_lufs > MOST_GAIN_DB:
        notes.append(
            f"The recording is very quiet. It was raised by {MOST_GAIN_DB:g} dB "
            "and is still quieter than others."
        )
    elif abs(missing_lu) > TOLERANCE_LU:
        notes.append(
            f"The loudness is {measured.loudness_lufs:.1f} LUFS and not {form.target_lufs:g}: "
            "the loudest moments stand far above the rest."
        )
    if measured.true_peak_dbtp > CEILING_DBTP:
        notes.append(f"The loudest peak is {measured.true_peak_dbtp:.1f} dBTP, above {CEILING_DBTP:g}.")
    missing_ms = inspection.duration_ms - duration_ms
    if abs(missing_ms) > _SAME_LENGTH_MS:
        notes.append(f"The MP3 differs from the recording by {abs(missing_ms)} ms in length.")
    return tuple(notes)
