"""openai-whisper's checkpoint, made once from the CTranslate2 weights beside which it lies.

So every engine hears with the same numbers, and nothing is fetched a second time. The file is read by its
layout (ctranslate2/specs/model_spec.py, `_serialize`); its tensors map one to one, only some that CTranslate2
keeps as one are cut apart. The name holds the hash of `model.bin`: other weights make another checkpoint.
"""

import hashlib
import json
import os
import pickle  # nosec B403
import re
import struct
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from transcription.errors import EngineError

_LAYOUT = 6
_TYPES = ("float32", "int8", "int16", "int32", "float16")
_HASHED_CHARACTERS = 16

Tensors = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Dimensions and tensors by openai-whisper's names, and the attention heads that follow the sound."""

    dims: dict[str, int]
    state: dict[str, torch.Tensor]
    #: Layer and head; empty where the weights do not say.
    alignment_heads: tuple[tuple[int, int], ...]


def load_checkpoint(weights: Path) -> Checkpoint:
    """The checkpoint of a folder of weights, made where it is missing or no longer fits.

    In a folder that cannot be written it is made anew each time. Raises EngineError.
    """
    try:
        with (weights / "model.bin").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:_HASHED_CHARACTERS]
        heads = _alignment_heads(weights)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise EngineError(f"There is no whole speech model in {weights}: {error}") from error
    path = weights / f"openai-{digest}.pt"
    kept = _read(path)
    if kept is None:
        kept = _converted(weights / "model.bin")
        _keep(path, kept)
    return Checkpoint(kept["dims"], kept["model_state_dict"], heads)


def _read(path: Path) -> dict[str, Any] | None:
    """What was kept, if it is whole. Nothing in the file is run (`weights_only`)."""
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        return kept if {"dims", "model_state_dict"} <= kept.keys() else None
    except (OSError, RuntimeError, ValueError, EOFError, AttributeError, pickle.UnpicklingError):
        return None


def _keep(path: Path, made: dict[str, Any]) -> None:
    """Put it under its name whole or not at all, and remove those of former weights.

    Where there is no room or no right to write it goes without: it is made again the next time.
    """
    try:
        handle, arriving = tempfile.mkstemp(dir=path.parent, prefix=".openai-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(made, file)
            file.flush()
            os.fsync(file.fileno())
        Path(arriving).replace(path)
    except (OSError, RuntimeError):  # torch says RuntimeError where the disk is full
        Path(arriving).unlink(missing_ok=True)
        return
    for former in path.parent.glob("openai-*.pt"):
        if former != path:
            former.unlink(missing_ok=True)


def _alignment_heads(weights: Path) -> tuple[tuple[int, int], ...]:
    config = json.loads((weights / "config.json").read_bytes())
    return tuple((int(layer), int(head)) for layer, head in config.get("alignment_heads") or ())


def _converted(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = dict(_tensors(file))
        state = {name: torch.from_numpy(np.array(value)) for name, value in _renamed(found)}
        return {"dims": _dims(found), "model_state_dict": state}
    except (OSError, struct.error, ValueError, KeyError, IndexError) as error:
        raise EngineError(f"The weights in {path} cannot be read for openai-whisper: {error}") from error


def _tensors(file: BinaryIO) -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
    (layout,) = _unpack(file, "I")
    if layout != _LAYOUT or _text(file) != "WhisperSpec":
        raise ValueError(f"not a Whisper model of layout {_LAYOUT}")
    _, count = _unpack(file, "II")
    for _ in range(count):
        name = _text(file)
        (rank,) = _unpack(file, "B")
        shape = _unpack(file, f"{rank}I")
        number, size = _unpack(file, "BI")
        if number >= len(_TYPES):
            raise ValueError(f"the tensor {name} is of a type that is not known here")
        data = file.read(size)
        if len(data) != size:
            raise ValueError("the file is cut short")
        yield name, np.frombuffer(data, dtype=_TYPES[number]).reshape(shape)


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(f"={layout}", file.read(struct.calcsize(f"={layout}")))


def _text(file: BinaryIO) -> str:
    (size,) = _unpack(file, "H")
    return file.read(size)[:-1].decode()


def _dims(found: Tensors) -> dict[str, int]:
    def layers(side: str) -> int:
        return len([name for name in found if re.fullmatch(rf"{side}/layer_\d+/ffn/layer_norm/beta", name)])

    audio, text = (found[f"{side}/position_encodings/encodings"].shape for side in ("encoder", "decoder"))
    return {
        "n_mels": found["encoder/conv1/weight"].shape[1],
        "n_audio_ctx": audio[0],
        "n_audio_state": audio[1],
        "n_audio_head": int(found["encoder/num_heads"]),
        "n_audio_layer": layers("encoder"),
        "n_vocab": found["decoder/embeddings/weight"].shape[0],
        "n_text_ctx": text[0],
        "n_text_state": text[1],
        "n_text_head": int(found["decoder/num_heads"]),
        "n_text_layer": layers("decoder"),
    }


#: CTranslate2's names of what is not a layer's.
_PLAIN = {
    "conv1": "conv1",
    "conv2": "conv2",
    "embeddings": "token_embedding",
    "position_encodings": "positional_embedding",
}
#: ... and of a layer's parts, with those that are kept as one.
_PARTS = {
    "self_attention/layer_norm": ("attn_ln",),
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "self_attention/linear_1": ("attn.out",),
    "attention/layer_norm": ("cross_attn_ln",),
    "attention/linear_0": ("cross_attn.query",),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
    "attention/linear_2": ("cross_attn.out",),
    "ffn/layer_norm": ("mlp_ln",),
    "ffn/linear_0": ("mlp.0",),
    "ffn/linear_1": ("mlp.2",),
}
_KINDS = {"weight": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}


def _renamed(found: Tensors) -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
    """The tensors by openai-whisper's names. Flags and counts are no tensors of its."""
    for name, value in found.items():
        if not value.ndim:
            continue
        if value.dtype not in (np.float16, np.float32):
            raise ValueError(f"the tensor {name} is quantised; float16 weights are needed")
        side, *path, kind = name.split("/")
        part = "/".join(path)
        if layer := re.fullmatch(r"layer_(\d+)/(.+)", part):
            names = [f"{side}.blocks.{layer[1]}.{new}.{_KINDS[kind]}" for new in _PARTS[layer[2]]]
            for new, piece in zip(names, np.split(value, len(names)), strict=True):
                if not new.endswith(".key.bias"):  # there is none: CTranslate2 fills its place with zeros
                    yield new, piece
        elif part == "layer_norm":
            yield f"{side}.{'ln_post' if side == 'encoder' else 'ln'}.{_KINDS[kind]}", value
        else:
            yield f"{side}.{_PLAIN[part]}{'' if kind == 'encodings' else f'.{kind}'}", value
