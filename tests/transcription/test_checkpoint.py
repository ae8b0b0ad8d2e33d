"""openai-whisper's checkpoint from the default engine's weights. Only where `--with openai` asks for it."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
import whisper

from transcription.checkpoint import load_checkpoint
from transcription.errors import EngineError


@pytest.fixture
def folder(weights: Path, tmp_path: Path) -> Path:
    """A folder of our own with the real weights."""
    place = tmp_path / "base"
    place.mkdir()
    for name in ("model.bin", "config.json"):
        (place / name).symlink_to(weights / name)
    return place


def test_the_checkpoint_is_one_that_the_library_loads_whole(folder: Path) -> None:
    made = load_checkpoint(folder)
    (path,) = folder.glob("openai-*.pt")

    model = whisper.load_model(str(path), device="cpu")

    assert model.dims == whisper.model.ModelDimensions(**made.dims)
    assert model.state_dict().keys() == made.state.keys()
    assert all(torch.equal(made.state[name].float(), kept) for name, kept in model.state_dict().items())
    assert (5, 6) in made.alignment_heads


def test_the_checkpoint_is_made_once_and_again_for_other_weights(folder: Path) -> None:
    load_checkpoint(folder)
    (first,) = folder.glob("openai-*.pt")
    made_at = first.stat().st_mtime_ns
    load_checkpoint(folder)
    assert first.stat().st_mtime_ns == made_at

    changed = bytearray((folder / "model.bin").read_bytes())
    changed[-100] ^= 1
    (folder / "model.bin").unlink()
    (folder / "model.bin").write_bytes(changed)
    load_checkpoint(folder)

    assert [path.name for path in folder.glob("openai-*.pt")] != [first.name]
    assert len(list(folder.iterdir())) == 3


def test_a_damaged_checkpoint_is_made_anew(folder: Path) -> None:
    load_checkpoint(folder)
    (path,) = folder.glob("openai-*.pt")
    whole = path.stat().st_size
    os.truncate(path, 1000)

    load_checkpoint(folder)

    assert path.stat().st_size == whole


@pytest.mark.parametrize("spoil", ["cut", "not weights", "missing", "config"])
def test_weights_that_are_none_are_refused_in_words(folder: Path, spoil: str) -> None:
    model = folder / "model.bin"
    content = model.read_bytes()[:500_000]
    model.unlink()
    if spoil == "config":
        shutil.copy(folder / "config.json", folder / "kept")
        (folder / "config.json").unlink()
        (folder / "config.json").write_text(json.dumps(["no", "settings"]))
    if spoil != "missing":
        model.write_bytes(content if spoil != "not weights" else b"\x06\x00\x00\x00\x03\x00no" * 10)

    with pytest.raises(EngineError, match="base"):
        load_checkpoint(folder)

    assert list(folder.glob("openai-*")) == []
