"""From an inspected recording to the levelled MP3 that listeners get, and the speech file that is transcribed.

Loudness by EBU R 128: the inspection measured the source, so one gain and a peak limiter come first; the MP3 is then
decoded and measured, and made again with better figures, at most three times. This file must not know how a
recording was refused, stored or tagged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.audio import sandbox
from app.audio.errors import ChildFailed
from app.audio.measures import Measures, read_loudness, read_measures
from app.audio.probe import STEADY_TIMES, WITHOUT_METADATA, Inspection, Sound, reading
from app.audio.progress import Progress, cpu_s_for
from app.audio.sandbox import MIB, Job, Limits, Run
from app.audio.waveform import SPEECH_RATE_HZ, draw

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
_REHEARSED_DB = (0.0, 2.0, 5.0)
_LOWEST_LIMIT_DBFS = -23.0
_SAME_LENGTH_MS = 50
# what each child has done of the whole, as far as a person sees it: encode, measure, and the same again
_SHARES = (0.15, 0.65, 0.85, 0.9, 0.94, 0.96, 0.98)
_REHEARSAL_SHARES = (0.0, 0.15)


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


@dataclass(frozen=True)
class _Form:
    """What an MP3 of this recording will be."""

    channels: int
    sample_rate_hz: int
    bit_rate_bps: int
    target_lufs: float


@dataclass(frozen=True)
class _Try:
    """The figures of one pass; `lu_per_db` is what a dB of gain brings where the limiter is at work."""

    gain_db: float
    limit_dbfs: float
    lu_per_db: float = 1.0


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
    work = _Work(
        source.resolve(), inspection, form, folder, ffmpeg or sandbox.ffmpeg_path(), run, cancelled, report
    )
    tried = _first(work)
    history: list[tuple[_Try, Measures]] = []
    while True:
        work.encode(tried, number=len(history))
        history.append((tried, work.measure(number=len(history))))
        better = _better(form, history)
        if better is None or len(history) == MOST_PASSES:
            break
        tried = better
    measured = history[-1][1]
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
        passes=len(history),
        levels_dbfs=picture.levels_dbfs,
        waveform=picture.heights,
        notes=_notes(form, tried, measured, inspection.duration_ms - duration_ms),
    )


def _form(inspection: Inspection, settings: MasterSettings) -> _Form:
    stereo = inspection.sound is Sound.STEREO
    return _Form(
        channels=2 if stereo else 1,
        sample_rate_hz=inspection.mastered_rate_hz,
        bit_rate_bps=settings.stereo_bit_rate_bps if stereo else settings.mono_bit_rate_bps,
        target_lufs=STEREO_LUFS if stereo else MONO_LUFS,
    )


def _first(work: "_Work") -> _Try:
    """Gain and limit of the first pass; where the limiter will work hard, three gains are rehearsed unencoded."""
    gain_db = min(MOST_GAIN_DB, work.form.target_lufs - work.inspection.loudness_lufs)
    if work.inspection.peak_dbfs + gain_db <= _LIMIT_DBFS + _HARD_DB:
        return _Try(gain_db, _LIMIT_DBFS)
    gains_db = [gain_db + more_db for more_db in _REHEARSED_DB]
    heard_lufs = work.rehearse(gains_db)
    index = 1 if heard_lufs[1] >= work.form.target_lufs else 2
    risen_lu = heard_lufs[index] - heard_lufs[index - 1]
    lu_per_db = min(1.0, max(0.2, risen_lu / (gains_db[index] - gains_db[index - 1])))
    needed_db = gains_db[index - 1] + (work.form.target_lufs - heard_lufs[index - 1]) / lu_per_db
    return _Try(min(MOST_GAIN_DB, needed_db), _HARD_LIMIT_DBFS, lu_per_db)


def _better(form: _Form, history: list[tuple[_Try, Measures]]) -> _Try | None:
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


def _notes(form: _Form, tried: _Try, measured: Measures, missing_ms: int) -> tuple[str, ...]:
    notes = []
    if form.target_lufs - measured.loudness_lufs > TOLERANCE_LU and tried.gain_db >= MOST_GAIN_DB:
        notes.append(
            f"The recording is very quiet. It was raised by {MOST_GAIN_DB:g} dB and is still quieter than others."
        )
    elif abs(form.target_lufs - measured.loudness_lufs) > TOLERANCE_LU:
        notes.append(
            f"The loudness is {measured.loudness_lufs:.1f} LUFS and not {form.target_lufs:g}: "
            "the loudest moments stand far above the rest."
        )
    if measured.true_peak_dbtp > CEILING_DBTP:
        notes.append(f"The loudest peak is {measured.true_peak_dbtp:.1f} dBTP, above {CEILING_DBTP:g}.")
    if abs(missing_ms) > _SAME_LENGTH_MS:
        notes.append(f"The MP3 differs from the recording by {abs(missing_ms)} ms in length.")
    return tuple(notes)


@dataclass(frozen=True)
class _Work:
    """The children of one mastering."""

    source: Path
    inspection: Inspection
    form: _Form
    folder: Path
    ffmpeg: Path
    run: Run
    cancelled: Callable[[], bool] | None
    report: Callable[[float], None] | None

    @property
    def mp3_path(self) -> Path:
        return self.folder / "recording.mp3"

    @property
    def speech_path(self) -> Path:
        return self.folder / "speech.wav"

    def rehearse(self, gains_db: list[float]) -> list[float]:
        """The loudness of the levelled sound with each of these gains, before any encoding."""
        names = [f"g{number}" for number in range(len(gains_db))]
        source = f"[0:a:0]{_decoded(self.inspection, self.form)},asplit={len(names)}"
        graph = source + "".join(f"[{name}]" for name in names)
        output: tuple[str, ...] = ()
        for name, gain_db in zip(names, gains_db, strict=True):
            graph += (
                f";[{name}]{_levelled(_Try(gain_db, _HARD_LIMIT_DBFS))},ebur128=framelog=quiet[{name}out]"
            )
            output += ("-map", f"[{name}out]", "-f", "null", "-")
        arguments = (*reading(self.source, self.inspection.demuxer), "-filter_complex", graph, *output)
        words = self._child(arguments, _REHEARSAL_SHARES)
        return read_loudness(words, len(gains_db))

    def encode(self, tried: _Try, *, number: int) -> None:
        """Source to MP3; the first pass also writes the speech file."""
        graph = f"[0:a:0]{_decoded(self.inspection, self.form)},{_levelled(tried)}"
        speech: tuple[str, ...] = ()
        mp3 = (
            *WITHOUT_METADATA,
            *STEADY_TIMES,
            *("-c:a", "libmp3lame", "-b:a", str(self.form.bit_rate_bps)),
            # the name that players look for before they trust the gap header
            *("-id3v2_version", "0", "-write_id3v1", "0", "-metadata:s:a:0", "encoder=LAME3.101"),
            *("-f", "mp3", f"./{self.mp3_path.name}"),
        )
        if number == 0:
            graph += (
                f",asplit[loud][low];[low]aformat=channel_layouts=mono,aresample={SPEECH_RATE_HZ}[speech]"
            )
            speech = (
                *("-map", "[speech]", *WITHOUT_METADATA, *STEADY_TIMES),
                *("-c:a", "pcm_s16le", "-f", "wav", f"./{self.speech_path.name}"),
            )
        else:
            graph += "[loud]"
        source = reading(self.source, self.inspection.demuxer)
        output = ("-y", "-filter_complex", graph, "-map", "[loud]", *mp3, *speech)
        self._child((*source, *output), _SHARES[2 * number : 2 * number + 2])

    def measure(self, *, number: int) -> Measures:
        """The MP3 as a listener's player decodes it."""
        chain = "ebur128=peak=true:framelog=quiet,astats=measure_overall=Number_of_samples:measure_perchannel=none"
        output = ("-map", "0:a:0", "-af", chain, "-f", "null", "-")
        arguments = (*reading(self.mp3_path.resolve(), "mp3"), *output)
        words = self._child(arguments, _SHARES[2 * number + 1 : 2 * number + 3])
        measures = read_measures(words)
        if measures is None:
            raise ChildFailed(exit_code=0, last_words=f"No figures in: {words[-400:]}")
        return measures

    def _child(self, arguments: tuple[str, ...], share: tuple[float, ...]) -> str:
        duration_ms = self.inspection.duration_ms
        largest_bit_rate_bps = max(SPEECH_RATE_HZ * 16, self.form.bit_rate_bps)
        limits = Limits(
            cpu_s=int(cpu_s_for(duration_ms)),
            wall_s=4 * cpu_s_for(duration_ms),
            output_bytes=MIB + duration_ms * largest_bit_rate_bps // 8000 * 11 // 10,
        )
        progress = Progress(duration_ms, self._reporter(share))
        job = Job(
            self.ffmpeg, (*arguments, "-progress", "pipe:1"), self.folder, limits, readable=(self.source,)
        )
        finished = self.run(
            job, on_line=progress.on_line, allowed_cpu_s=progress.allowed_cpu_s, cancelled=self.cancelled
        )
        if finished.exit_code != 0:
            raise ChildFailed(exit_code=finished.exit_code, last_words=finished.words)
        return finished.words

    def _reporter(self, share: tuple[float, ...]) -> Callable[[float], None] | None:
        report = self.report
        if report is None:
            return None
        start, end = share
        return lambda fraction: report(start + (end - start) * fraction)


def _decoded(inspection: Inspection, form: _Form) -> str:
    """The filters from the source to its mono or stereo form, in the source's own time."""
    alone = {Sound.SAME_ON_BOTH: "c0", Sound.LEFT_ONLY: "c0", Sound.RIGHT_ONLY: "c1"}.get(inspection.sound)
    layout = "mono" if inspection.sound is Sound.MONO else "stereo"
    only = f",pan=mono|c0={alone}" if alone else ""
    return f"asetpts=N/SR/TB,aresample={form.sample_rate_hz},aformat=channel_layouts={layout}{only}"


def _levelled(tried: _Try) -> str:
    """Gain and peak limiter; its look-ahead is taken off again, so that times stay."""
    limit = 10 ** (tried.limit_dbfs / 20)
    return (
        f"volume={tried.gain_db:.3f}dB:precision=double,"
        f"alimiter=limit={limit:.6f}:level=false:latency=true:attack=5:release=50"
    )
