"""What an uploaded file is, found out in a sandboxed child: refused in words, or measured whole.

Two children: the first opens the file and decodes a moment of it, the second decodes everything once and
measures length, loudness and channels in the same run. Lengths that a file declares are never believed
(threats, T6). This file must not know how a recording is levelled, nor what becomes of a refusal.
"""

import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite, log10
from pathlib import Path

from app.audio import protections, sandbox
from app.audio.containers import NOT_A_RECORDING, Container, is_cut_off, sniff_file
from app.audio.errors import RecordingRefused, Refusal
from app.audio.measures import NEAR_SILENCE_LUFS, Measures, read_measures
from app.audio.progress import Progress, cpu_s_for
from app.audio.sandbox import MIB, Finished, Job, Limits, Run
from app.audio.source import WITHOUT_METADATA, in_one_form, own_time, reading
from app.audio.words import codec_of, count_errors, count_tracks, has_no_sound, length_ms, points_elsewhere

LONGEST_MS = 6 * 60 * 60 * 1000
SHORTEST_MS = 1000
MOST_CHANNELS = 8
SAMPLE_RATES_HZ = range(8_000, 192_001)

_MOST_TRACKS = 8
_MISSING_MS = 1500
_DUAL_MONO_DB = -45.0
_SILENT_CHANNEL_DBFS = -70.0
_CANCELLING_DB = -15.0
"""The sum of two channels of which this little is left is no room but a swapped wire; apart they make -3."""
# levels of channels need not see every sample: all of the first seconds, then every eighth frame
_SOME_FRAMES = "aselect='lt(n,500)+not(mod(n,8))'"


class Sound(StrEnum):
    """Where the sound is: decides whether a recording becomes mono.

    Channels that cancel each other when added keep the one named, the louder.
    """

    MONO = "mono"
    STEREO = "stereo"
    SAME_ON_BOTH = "same-on-both"
    LEFT_ONLY = "left-only"
    RIGHT_ONLY = "right-only"
    CANCELLING_LEFT = "cancelling-left"
    CANCELLING_RIGHT = "cancelling-right"


@dataclass(frozen=True)
class Inspection:
    """What a recording is; the length is counted in decoded samples, loudness in its mono or stereo form."""

    container: str
    demuxer: str
    codec: str
    duration_ms: int
    channels: int
    sample_rate_hz: int
    sound: Sound
    loudness_lufs: float
    peak_dbfs: float
    damaged: bool
    notes: tuple[str, ...] = ()
    skipped_bytes: int = 0

    @property
    def mastered_rate_hz(self) -> int:
        """The sample rate of its MP3: 44.1 kHz stays in its family, all else becomes 48 kHz."""
        return mastered_rate_hz(self.sample_rate_hz)


def mastered_rate_hz(sample_rate_hz: int) -> int:
    """44,100 for 11,025 and its multiples, otherwise 48,000."""
    return 44_100 if sample_rate_hz % 11_025 == 0 else 48_000


def inspect(
    path: Path,
    *,
    ffmpeg: Path | None = None,
    longest_ms: int = LONGEST_MS,
    shortest_ms: int = SHORTEST_MS,
    report: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    run: Run = sandbox.run,
) -> Inspection:
    """Open, decode and measure the file, or say in words why it is refused.

    Raises RecordingRefused, ChildDied (also as ChildTimeout), Cancelled, SandboxBroken.
    """
    protections.warn()
    path = path.resolve()
    container = sniff_file(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="inspect-") as folder:
        child = _Children(path, container, Path(folder), ffmpeg or sandbox.ffmpeg_path(), run, cancelled)
        opened = _open(child)
        heard, measures, duration_ms = _listen(child, opened, longest_ms, report)
    if duration_ms > longest_ms:
        raise _too_long(longest_ms)
    if duration_ms < shortest_ms:
        raise RecordingRefused("The recording is shorter than a second.", Refusal.TOO_SHORT)
    found = _conclude(container, opened, heard, measures, duration_ms)
    return _cut_off(found) if is_cut_off(path, container) and not found.damaged else found


@dataclass(frozen=True)
class _Children:
    """How each child of one inspection is started."""

    path: Path
    container: Container
    folder: Path
    ffmpeg: Path
    run: Run
    cancelled: Callable[[], bool] | None

    def job(self, output: tuple[str, ...], *, duration_ms: int) -> Job:
        limits = Limits(
            cpu_s=int(cpu_s_for(duration_ms)), wall_s=4 * cpu_s_for(duration_ms), output_bytes=MIB
        )
        source = reading(self.path, self.container.demuxer, self.container.skipped_bytes)
        arguments = (*source, *output)
        return Job(self.ffmpeg, arguments, self.folder, limits, readable=(self.path,))


@dataclass(frozen=True)
class _Opened:
    codec: str
    channels: int
    sample_rate_hz: int
    tracks: int
    length_ms: int | None
    is_estimated: bool

    @property
    def declared_ms(self) -> int | None:
        return None if self.is_estimated else self.length_ms


def _open(child: _Children) -> _Opened:
    """Channels and rate as decoded (from the WAV that the child writes to us), not as declared."""
    output = ("-map", "0:a:0", *WITHOUT_METADATA, "-t", "0.2", "-c:a", "pcm_s16le", "-f", "wav", "pipe:1")
    finished = child.run(child.job(output, duration_ms=0), cancelled=child.cancelled)
    words = finished.words
    if points_elsewhere(words):
        raise RecordingRefused(
            "The file points to sound in another file. Please send one file that holds the recording itself.",
            Refusal.EXTERNAL,
        )
    if has_no_sound(words):
        raise RecordingRefused("The file has no sound in it.", Refusal.NOT_AUDIO)
    if len(finished.output) < 44 or finished.output[12:16] != b"fmt ":
        raise RecordingRefused(NOT_A_RECORDING, Refusal.BROKEN)
    channels, sample_rate_hz = struct.unpack("<HI", finished.output[22:28])
    tracks = count_tracks(words)
    if tracks > _MOST_TRACKS:
        raise RecordingRefused(
            "The file holds several recordings. Please send each one apart.", Refusal.SEVERAL
        )
    if channels > MOST_CHANNELS:
        raise RecordingRefused(
            f"The recording has {channels} channels. We take up to {MOST_CHANNELS}.",
            Refusal.TOO_MANY_CHANNELS,
        )
    if sample_rate_hz not in SAMPLE_RATES_HZ:
        raise RecordingRefused(
            f"The recording has {sample_rate_hz} samples a second. We take 8,000 to 192,000.",
            Refusal.SAMPLE_RATE,
        )
    return _Opened(codec_of(words), channels, sample_rate_hz, tracks, *length_ms(words))


def _listen(
    child: _Children, opened: _Opened, longest_ms: int, report: Callable[[float], None] | None
) -> tuple[Finished, Measures, int]:
    """Decode everything once, up to a second more than the limit."""
    rate_hz = mastered_rate_hz(opened.sample_rate_hz)
    progress = Progress(opened.length_ms, report, child.path)

    def on_line(line: str) -> None:
        progress.on_line(line)
        if progress.position_ms > longest_ms + 1000:
            raise _too_long(longest_ms)

    finished = child.run(
        child.job((*_measuring(rate_hz, opened.channels), "-progress", "pipe:1"), duration_ms=longest_ms),
        on_line=on_line,
        allowed_cpu_s=progress.allowed_cpu_s,
        cancelled=child.cancelled,
        on_tick=progress.on_tick,
    )
    measures = read_measures(finished.words)
    if finished.exit_code != 0 or measures is None or measures.not_numbers:
        raise RecordingRefused(
            "The file is broken: most of it could not be read. Please export or copy it again.",
            Refusal.BROKEN,
        )
    return finished, measures, measures.samples * 1000 // rate_hz


def _measuring(rate_hz: int, channels: int) -> tuple[str, ...]:
    """Loudness, peak and length of all samples; of some, the levels of left, right, difference, half sum."""
    layout = "mono" if channels == 1 else "stereo"
    mixed = "" if channels == 1 else ",pan=mono|c0=0.5*c0+0.5*c1"
    counted = "astats=measure_overall=Number_of_samples+Number_of_NaNs+Number_of_Infs:measure_perchannel=none"
    whole = f"[dec:0]{own_time(rate_hz, layout)},ebur128=peak=sample:framelog=quiet{mixed},{counted}[whole]"
    form = in_one_form(rate_hz, layout)
    output = (*form, "-dec", "0:0", "-filter_complex", whole, "-map", "[whole]", "-f", "null", "-")
    if channels == 1:
        return output
    sides = "pan=4c|c0=c0|c1=c1|c2=c0-c1|c3=0.5*c0+0.5*c1"
    levels = f"[dec:1]{_SOME_FRAMES},{sides},astats=measure_overall=none:measure_perchannel=RMS_level[some]"
    return (*output, "-dec", "0:0", "-filter_complex", levels, "-map", "[some]", "-f", "null", "-")


def _too_long(longest_ms: int) -> RecordingRefused:
    hours = f"{longest_ms / 3_600_000:g} hours"
    return RecordingRefused(f"The recording is longer than the limit of {hours}.", Refusal.TOO_LONG)


def _conclude(
    container: Container, opened: _Opened, heard: Finished, measures: Measures, duration_ms: int
) -> Inspection:
    sound = _where_the_sound_is(measures)
    loudness_lufs = measures.loudness_lufs - _louder_in_stereo_by(sound, measures)
    if not isfinite(measures.peak_dbfs) or loudness_lufs < NEAR_SILENCE_LUFS:
        raise RecordingRefused(
            "The recording is silent, or nearly so. Please check that the microphone was on.", Refusal.SILENT
        )
    has_errors = count_errors(heard.words) > 0
    missing_ms = (opened.declared_ms or 0) - duration_ms
    notes = []
    if has_errors:
        notes.append("Parts of the file could not be read. Please listen whether something is missing.")
    elif missing_ms > _MISSING_MS:
        notes.append(
            f"The file says that it is longer, by {_span(missing_ms)}, than the sound that is in it. "
            "Please listen whether something is missing."
        )
    if sound in (Sound.CANCELLING_LEFT, Sound.CANCELLING_RIGHT):
        notes.append(
            "The two channels cancelled each other when heard together, as with a miswired cable. "
            "The louder one was taken."
        )
    if opened.tracks > 1:
        notes.append(f"The file has {opened.tracks} sound tracks. The first one was taken.")
    return Inspection(
        container=container.name,
        demuxer=container.demuxer,
        skipped_bytes=container.skipped_bytes,
        codec=opened.codec,
        duration_ms=duration_ms,
        channels=opened.channels,
        sample_rate_hz=opened.sample_rate_hz,
        sound=sound,
        loudness_lufs=round(loudness_lufs, 2),
        peak_dbfs=measures.peak_dbfs,
        damaged=has_errors or missing_ms > _MISSING_MS,
        notes=tuple(notes),
    )


def _cut_off(found: Inspection) -> Inspection:
    note = "The file has no end mark: it may have been cut off. Please listen whether the end is missing."
    return replace(found, damaged=True, notes=(note, *found.notes))


def _where_the_sound_is(measures: Measures) -> Sound:
    if len(measures.channel_rms_dbfs) < 4:
        return Sound.MONO
    left, right, difference, half_sum = measures.channel_rms_dbfs
    if right < _SILENT_CHANNEL_DBFS < left:
        return Sound.LEFT_ONLY
    if left < _SILENT_CHANNEL_DBFS < right:
        return Sound.RIGHT_ONLY
    if half_sum - max(left, right) < _CANCELLING_DB:
        return Sound.CANCELLING_LEFT if left >= right else Sound.CANCELLING_RIGHT
    return Sound.SAME_ON_BOTH if difference - max(left, right) < _DUAL_MONO_DB else Sound.STEREO


def _louder_in_stereo_by(sound: Sound, measures: Measures) -> float:
    """What the second channel adds to the loudness of the one that is kept (ITU-R BS.1770, summation)."""
    if sound is Sound.SAME_ON_BOTH:
        return 3.01
    if sound not in (Sound.CANCELLING_LEFT, Sound.CANCELLING_RIGHT):
        return 0.0
    left, right = measures.channel_rms_dbfs[:2]
    return 10 * log10(1 + 10 ** (-abs(left - right) / 10))


def _span(duration_ms: int) -> str:
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
