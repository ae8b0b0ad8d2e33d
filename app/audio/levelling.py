"""The children of one mastering rehearse, or encode and measure; which figures are good is decided elsewhere.

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

# what each child has done of the whole, as far as a person sees it: the first pass, and further ones
_SHARES = (0.15, 0.85, 0.93, 0.98)
_REHEARSAL_SHARE = (0.0, 0.15)
_REHEARSED_WHOLE_MS = 120_000
_REHEARSED_S = 10
_LAST_WORDS = 4000
_SPEECH_NAME = "speech.wav"
_SPEECH = ("-map", "[speech]", *WITHOUT_METADATA, "-c:a", "pcm_s16le", "-f", "wav", f"./{_SPEECH_NAME}")
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
    def pass_path(self) -> Path:
        return self.folder / "recording.pass.mp3"

    @property
    def speech_path(self) -> Path:
        return self.folder / _SPEECH_NAME

    def rehearse(self, gains_db: list[float], limit_dbfs: float) -> list[float]:
        """The loudness of the levelled sound with each of these gains, before any encoding.

        A long recording is heard in parts: what the limiter takes away from them, it takes from the whole.
        """
        chains = ["anull", *(_levelled(Figures(gain_db, limit_dbfs)) for gain_db in gains_db)]
        graph = f"[dec:0]asplit={len(chains)}" + "".join(f"[in{number}]" for number in range(len(chains)))
        output: tuple[str, ...] = ()
        for number, chain in enumerate(chains):
            graph += f";[in{number}]{chain},ebur128=framelog=quiet[out{number}]"
            output += ("-map", f"[out{number}]", "-f", "null", "-")
        some_s = _REHEARSED_S if self.inspection.duration_ms > _REHEARSED_WHOLE_MS else None
        source = self._source(of_each_40_s=some_s)
        words = self._child((*source, "-dec", "0:0", "-filter_complex", graph, *output), _REHEARSAL_SHARE)
        plain_lufs, *levelled_lufs = read_loudness(words, len(chains))
        return [self.inspection.loudness_lufs + lufs - plain_lufs for lufs in levelled_lufs]

    def encode(self, tried: Figures, *, number: int) -> Measures:
        """Source to the MP3 of this pass, and its figures; the first pass also writes the speech file.

        What the encoder gives is decoded and measured beside it, as a listener's player decodes it.
        """
        graph = f"{self._sound()},{_levelled(tried)}"
        speech: tuple[str, ...] = ()
        if number == 0:
            graph += (
                f",asplit[loud][low];[low]aformat=channel_layouts=mono,aresample={SPEECH_RATE_HZ}[speech]"
            )
            speech = _SPEECH
        else:
            graph += "[loud]"
        counter = "astats=measure_overall=Number_of_samples:measure_perchannel=none"
        output = (
            *("-dec", "0:0", "-filter_complex", graph, "-map", "[loud]", *self._mp3(), *speech),
            *("-dec", "1:0", "-filter_complex", f"[dec:1]ebur128=peak=true:framelog=quiet,{counter}[heard]"),
            *("-map", "[heard]", "-f", "null", "-"),
        )
        words = self._child((*self._source(), "-y", *output), _SHARES[number : number + 2])
        measures = read_measures(words)
        if measures is None:
            raise ChildFailed(exit_code=0, last_words=f"No figures in: {words[-400:]}")
        return measures

    def _sound(self) -> str:
        return "[dec:0]" + own_time(self.form.sample_rate_hz, "stereo" if self.form.channels == 2 else "mono")

    def keep(self) -> None:
        """The MP3 of the last pass takes the place of the one before."""
        self.pass_path.replace(self.mp3_path)

    def drop(self) -> None:
        """The MP3 of the last pass is not wanted."""
        self.pass_path.unlink()

    def _mp3(self) -> tuple[str, ...]:
        return (
            *WITHOUT_METADATA,
            *("-c:a", "libmp3lame", "-b:a", str(self.form.bit_rate_bps)),
            # the name that players look for before they trust the gap header
            *("-id3v2_version", "0", "-write_id3v1", "0", "-metadata:s:a:0", "encoder=LAME3.101"),
            *("-f", "mp3", f"./{self.pass_path.name}"),
        )

    def _source(self, of_each_40_s: int | None = None) -> tuple[str, ...]:
        sound, rate_hz = self.inspection.sound, self.form.sample_rate_hz
        layout = "mono" if sound is Sound.MONO else "stereo"
        return (
            *reading(self.source, self.inspection.demuxer, self.inspection.skipped_bytes),
            *in_one_form(rate_hz, layout, only=_KEPT_CHANNEL.get(sound), of_each_40_s=of_each_40_s),
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
            raise ChildFailed(exit_code=finished.exit_code, last_words=finished.words[-_LAST_WORDS:])
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
