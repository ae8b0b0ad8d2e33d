"""The children of one mastering rehearse, encode and measure; which figures are good is decided elsewhere.

Times stay those of the source: the limiter's look-ahead and the encoder's gap are taken off again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.audio.errors import ChildFailed
from app.audio.measures import Measures, read_loudness, read_measures
from app.audio.probe import Inspection, Sound
from app.audio.progress import Progress, cpu_s_for
from app.audio.sandbox import MIB, Job, Limits, Run
from app.audio.source import WITHOUT_METADATA, in_one_form, own_time, reading
from app.audio.waveform import SPEECH_RATE_HZ

# what each child has done of the whole, as far as a person sees it: encode, measure, and the same again
_SHARES = (0.15, 0.65, 0.85, 0.9, 0.94, 0.96, 0.98)
_REHEARSAL_SHARE = (0.0, 0.15)
_KEPT_CHANNEL = {
    Sound.SAME_ON_BOTH: "c0",
    Sound.LEFT_ONLY: "c0",
    Sound.RIGHT_ONLY: "c1",
    Sound.CANCELLING_LEFT: "c0",
    Sound.CANCELLING_RIGHT: "c1",
}


@dataclass(frozen=True)
class Form:
    """What an MP3 of this recording will be."""

    channels: int
    sample_rate_hz: int
    bit_rate_bps: int
    target_lufs: float


@dataclass(frozen=True)
class Figures:
    """The figures of one pass; `lu_per_db` is what a dB of gain brings where the limiter is at work."""

    gain_db: float
    limit_dbfs: float
    lu_per_db: float = 1.0


@dataclass(frozen=True)
class Work:
    """The children of one mastering."""

    source: Path
    inspection: Inspection
    form: Form
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

    def rehearse(self, gains_db: list[float], limit_dbfs: float) -> list[float]:
        """The loudness of the levelled sound with each of these gains, before any encoding."""
        names = [f"g{number}" for number in range(len(gains_db))]
        graph = f"{self._sound()},asplit={len(names)}" + "".join(f"[{name}]" for name in names)
        output: tuple[str, ...] = ()
        for name, gain_db in zip(names, gains_db, strict=True):
            graph += f";[{name}]{_levelled(Figures(gain_db, limit_dbfs))},ebur128=framelog=quiet[{name}out]"
            output += ("-map", f"[{name}out]", "-f", "null", "-")
        arguments = (*self._source(), "-dec", "0:0", "-filter_complex", graph, *output)
        words = self._child(arguments, _REHEARSAL_SHARE)
        return read_loudness(words, len(gains_db))

    def encode(self, tried: Figures, *, number: int) -> None:
        """Source to MP3; the first pass also writes the speech file."""
        graph = f"{self._sound()},{_levelled(tried)}"
        speech: tuple[str, ...] = ()
        mp3 = (
            *WITHOUT_METADATA,
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
                *("-map", "[speech]", *WITHOUT_METADATA),
                *("-c:a", "pcm_s16le", "-f", "wav", f"./{self.speech_path.name}"),
            )
        else:
            graph += "[loud]"
        output = ("-dec", "0:0", "-filter_complex", graph, "-map", "[loud]", *mp3, *speech)
        self._child((*self._source(), "-y", *output), _SHARES[2 * number : 2 * number + 2])

    def measure(self, *, number: int) -> Measures:
        """The MP3 as a listener's player decodes it."""
        counter = "astats=measure_overall=Number_of_samples:measure_perchannel=none"
        chain = f"ebur128=peak=true:framelog=quiet,{counter}"
        output = ("-map", "0:a:0", "-af", chain, "-f", "null", "-")
        arguments = (*reading(self.mp3_path.resolve(), "mp3"), *output)
        words = self._child(arguments, _SHARES[2 * number + 1 : 2 * number + 3])
        measures = read_measures(words)
        if measures is None:
            raise ChildFailed(exit_code=0, last_words=f"No figures in: {words[-400:]}")
        return measures

    def _sound(self) -> str:
        return "[dec:0]" + own_time(self.form.sample_rate_hz, "stereo" if self.form.channels == 2 else "mono")

    def _source(self) -> tuple[str, ...]:
        sound, rate_hz = self.inspection.sound, self.form.sample_rate_hz
        layout = "mono" if sound is Sound.MONO else "stereo"
        return (
            *reading(self.source, self.inspection.demuxer, self.inspection.skipped_bytes),
            *in_one_form(rate_hz, layout, _KEPT_CHANNEL.get(sound)),
        )

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


def _levelled(tried: Figures) -> str:
    """Gain and peak limiter; its look-ahead is taken off again, so that times stay."""
    limit = 10 ** (tried.limit_dbfs / 20)
    return (
        f"volume={tried.gain_db:.3f}dB:precision=double,"
        f"alimiter=limit={limit:.6f}:level=false:latency=true:attack=5:release=50"
    )
