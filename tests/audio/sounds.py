"""Recordings made for the tests: voice-like sound by numpy, every format by the service's own ffmpeg."""

import subprocess
import wave
from pathlib import Path

import numpy as np

from app.audio.sandbox import ffmpeg_path


def make_voice(
    seconds: float, *, rate_hz: int = 44_100, level_db: float = -12.0, seed: int = 1
) -> np.ndarray:
    """Harmonics under syllables with short pauses, about as peaky as a voice; mono, -1 to 1."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t) + 0.6 * np.sin(2 * np.pi * 0.7 * t + seed), 0, None)
    phase = np.cumsum(2 * np.pi * (120 + 25 * np.sin(2 * np.pi * 0.4 * t)) / rate_hz)
    voice = np.sum([np.sin(k * phase) / k for k in range(1, 12)], axis=0) * syllables
    voice = voice + 0.02 * random.standard_normal(len(t)) * syllables
    return np.asarray(voice / np.max(np.abs(voice)) * 10 ** (level_db / 20))


def write_wav(path: Path, *channels: np.ndarray, rate_hz: int = 44_100) -> Path:
    samples = np.clip(np.stack(channels, axis=1), -1, 32767 / 32768) * 32768
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def convert(source: Path, target: Path, *arguments: str) -> Path:
    command = [str(ffmpeg_path()), "-hide_banner", "-loglevel", "error", "-y", "-i", str(source)]
    subprocess.run([*command, *arguments, str(target)], check=True, timeout=60)
    return target


def generate(lavfi: str, target: Path, *arguments: str) -> Path:
    command = [str(ffmpeg_path()), "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i", lavfi]
    subprocess.run([*command, *arguments, str(target)], check=True, timeout=60)
    return target


def with_pauses(source: Path, target: Path, later_s: str, *arguments: str) -> Path:
    """The same sound, its times moved on by an expression of the second T: nothing stands in between."""
    return convert(source, target, *arguments, "-af", f"asetpts='PTS+({later_s})/TB'")


def decode(path: Path) -> np.ndarray:
    """All samples as a player hears them: one row per moment."""
    probe = [str(ffmpeg_path()), "-hide_banner", "-loglevel", "error", "-i", str(path), "-f", "wav", "-"]
    data = subprocess.run(probe, check=True, capture_output=True, timeout=60).stdout
    channels = int.from_bytes(data[22:24], "little")
    start = data.index(b"data") + 8
    return np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], dtype="<i2").reshape(
        -1, channels
    )


PICTURE = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=3", "-shortest")

COVER = (
    *("-f", "lavfi", "-i", "testsrc=s=64x64:r=1:d=1", "-map", "0:a", "-map", "1:v"),
    *("-c:v", "mjpeg", "-disposition:v", "attached_pic"),
)

FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mp3": ("a.mp3", ("-b:a", "128k")),
    "mp3 without any tag": ("b.mp3", ("-b:a", "64k", "-ac", "1", "-id3v2_version", "0", "-write_xing", "0")),
    "m4a": ("a.m4a", ("-c:a", "aac")),
    "m4a lossless": ("b.m4a", ("-c:a", "alac")),
    "m4a in fragments": ("c.m4a", ("-c:a", "aac", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov")),
    "aac": ("a.aac", ("-c:a", "aac", "-f", "adts")),
    "wav 16": ("a.wav", ("-c:a", "pcm_s16le")),
    "wav 8": ("f.wav", ("-c:a", "pcm_u8")),
    "wav with six channels": ("g.wav", ("-c:a", "pcm_s16le", "-ac", "6")),
    "m4a with six channels": ("d.m4a", ("-c:a", "aac", "-ac", "6")),
    "mp3 with a cover": ("c.mp3", (*COVER, "-b:a", "96k")),
    "m4a with a cover": ("e.m4a", (*COVER, "-c:a", "aac")),
    "flac with a cover": ("b.flac", (*COVER, "-c:a", "flac")),
    "wav 24": ("b.wav", ("-c:a", "pcm_s24le", "-ar", "48000")),
    "wav float": ("c.wav", ("-c:a", "pcm_f32le", "-ar", "96000")),
    "wav of a telephone": ("d.wav", ("-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1")),
    "rf64": ("e.wav", ("-c:a", "pcm_s16le", "-rf64", "always")),
    "flac": ("a.flac", ("-c:a", "flac")),
    "ogg vorbis": ("a.ogg", ("-c:a", "libvorbis")),
    "opus": ("a.opus", ("-c:a", "libopus")),
    "aiff": ("a.aiff", ()),
    "wma": ("a.wma", ("-c:a", "wmav2")),
    "amr": ("a.amr", ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k")),
    "mp4 with a picture": ("a.mp4", (*PICTURE, "-c:v", "mpeg4", "-c:a", "aac")),
    "mov with a picture": ("a.mov", (*PICTURE, "-c:v", "mpeg4", "-c:a", "pcm_s16le")),
    "webm with a picture": ("a.webm", (*PICTURE, "-c:v", "libvpx", "-c:a", "libopus")),
}
"""Every format that we take: a file name and the encoder's arguments."""


def make_format(name: str, source: Path, folder: Path) -> Path:
    file_name, arguments = FORMATS[name]
    return convert(source, folder / file_name, *arguments)
