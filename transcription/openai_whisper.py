"""The reference engine: OpenAI's own Whisper on PyTorch, on the same weights (see `checkpoint.py`).

An extra: nobody needs it to run the service, it is there to compare with. The sound comes as samples and
the tokens with the package, so neither ffmpeg nor a network is asked for. Times of words are found as in
`whisper.timing.find_alignment`, but the sound is not encoded a second time, and nothing is switched for the
whole process, so that several threads may hear: the attention is computed beside the model, and the way
through it without numba, whose threads would also become PyTorch's (both are libgomp's).
"""

import copy
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from whisper.audio import N_SAMPLES_PER_TOKEN, log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import ModelDimensions
from whisper.timing import WordTiming, median_filter, merge_punctuations
from whisper.tokenizer import Tokenizer, get_tokenizer

from transcription.checkpoint import Checkpoint, load_checkpoint
from transcription.clips import Clip
from transcription.errors import EngineError
from transcription.hearing import Timed, hear, vote, words_of
from transcription.speech_file import Samples
from transcription.transcript import Segment, Word

CAREFUL_BEAM = 5
_MEDIAN_OF = 7
_BEFORE = "\"'“¿([{-"
_AFTER = "\"'.。,，!！?？:：”)]}、"
_FAILURES = (RuntimeError, ValueError, IndexError, KeyError, AssertionError)


class OpenAIWhisper:
    """Whisper in 32 bits; `slots` windows at once, one core each, over one copy of the weights."""

    def __init__(self, weights: Path, *, slots: int = 1, model: str = "base") -> None:
        self.name = f"Whisper {model}"
        self._weights = weights
        self._slots = slots
        self._loading = threading.Lock()
        self._idle: queue.SimpleQueue[_Ear] | None = None

    def detect_language(self, pieces: Sequence[Samples]) -> tuple[str, float]:
        """The language code and how sure that is; an English-only model knows no other."""
        with self._ear() as ear:
            return vote(pieces, ear.languages) if ear.model.is_multilingual else ("en", 1.0)

    def transcribe(self, samples: Samples, *, language: str, accurate: bool = False) -> tuple[Segment, ...]:
        """What is said in one window; one segment, or none."""

        def decode(clips: list[Clip], careful: bool) -> list[list[Word]]:
            beam = CAREFUL_BEAM if careful else None
            with self._ear() as ear:
                heard = [ear.hear(clip, samples, language, beam) for clip in clips]
            return [words for words in heard if words]

        return hear(samples, decode, accurate=accurate)

    @contextmanager
    def _ear(self) -> Iterator["_Ear"]:
        """An ear that nobody else uses meanwhile. What goes wrong in it is an EngineError."""
        with self._loading:
            if self._idle is None:
                self._idle = _load(self._weights, self._slots)
        ear = self._idle.get()
        try:
            yield ear
        except _FAILURES as error:
            raise EngineError(f"The speech engine failed: {error}") from error
        finally:
            self._idle.put(ear)


def _load(weights: Path, slots: int) -> "queue.SimpleQueue[_Ear]":
    """An ear for each slot: the library hangs its memory of a decoding onto the modules of a model."""
    torch.set_num_threads(1)  # of the process: a slot is a core
    checkpoint = load_checkpoint(weights)
    try:
        first = whisper.Whisper(ModelDimensions(**checkpoint.dims))
        first.load_state_dict(checkpoint.state)
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"The speech model in {weights} cannot be loaded: {error}") from error
    first.eval()
    shared = {id(tensor): tensor for tensor in (*first.parameters(), *first.buffers())}
    ears: queue.SimpleQueue[_Ear] = queue.SimpleQueue()
    for model in (first, *(copy.deepcopy(first, dict(shared)) for _ in range(slots - 1))):
        ears.put(_Ear(model, checkpoint))
    return ears


class _Ear:
    """A model for one thread at a time."""

    def __init__(self, model: whisper.Whisper, checkpoint: Checkpoint) -> None:
        self.model = model
        layers, heads = model.dims.n_text_layer, model.dims.n_text_head
        later = [(layer, head) for layer in range(layers // 2, layers) for head in range(heads)]
        self._heads = checkpoint.alignment_heads or later

    def languages(self, sound: Samples) -> dict[str, float]:
        """How probable each language is."""
        found: dict[str, float] = self.model.detect_language(self._mel(sound))[1]
        return found

    def hear(self, clip: Clip, window: Samples, language: str, beam: int | None) -> list[Word]:
        """The words of a clip, timed in the window."""
        language = language if self.model.is_multilingual else "en"
        options = DecodingOptions(language=language, beam_size=beam, without_timestamps=True, fp16=False)
        result = self.model.decode(self._mel(clip.samples(window)), options)
        tokenizer = get_tokenizer(
            self.model.is_multilingual, num_languages=self.model.num_languages, language=language
        )
        timed = self._timed(result, tokenizer, clip.length)
        return words_of(timed, clip, language, result.no_speech_prob)

    def _mel(self, sound: Samples) -> torch.Tensor:
        whole: torch.Tensor = log_mel_spectrogram(pad_or_trim(sound), self.model.dims.n_mels)
        return whole

    def _timed(self, result: DecodingResult, tokenizer: Tokenizer, length: int) -> list[Timed]:
        text = [token for token in result.tokens if token < tokenizer.eot]
        parts, part_tokens = tokenizer.split_to_word_tokens([*text, tokenizer.eot])
        if len(parts) < 2:
            return []
        matrix, probabilities = self._attention(text, result.audio_features, tokenizer, length)
        token_of, frame_of = cheapest_way(-matrix.numpy())
        jumps = np.pad(np.diff(token_of), (1, 0), constant_values=1).astype(bool)
        begins = frame_of[jumps] * N_SAMPLES_PER_TOKEN
        edges = np.cumsum([0, *(len(tokens) for tokens in part_tokens[:-1])])
        words = [
            WordTiming(
                part, [], int(begins[first]), int(begins[last]), float(np.mean(probabilities[first:last]))
            )
            for part, first, last in zip(parts, edges[:-1], edges[1:], strict=False)
        ]
        merge_punctuations(words, _BEFORE, _AFTER)
        return [(word.start, word.end, word.word, word.probability) for word in words if word.word]

    def _attention(
        self, text: list[int], features: torch.Tensor, tokenizer: Tokenizer, length: int
    ) -> tuple[torch.Tensor, list[float]]:
        """How much each token attends to each 20 ms of the sound, and how probable each token was."""
        tokens = torch.tensor([[*tokenizer.sot_sequence, tokenizer.no_timestamps, *text, tokenizer.eot]])
        before = len(tokenizer.sot_sequence)
        with torch.no_grad(), self._overhearing() as heard:
            logits = self.model.decoder(tokens, features[None])[0]
            scores = logits[before:, : tokenizer.eot].softmax(dim=-1)
            probabilities = scores[torch.arange(len(text)), torch.tensor(text)].tolist()
            weights = torch.stack([self._weights(heard[layer], head) for layer, head in self._heads])
            weights = weights[:, :, : max(1, length // N_SAMPLES_PER_TOKEN)].softmax(dim=-1)
            deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
            smooth: torch.Tensor = median_filter((weights - mean) / deviation, _MEDIAN_OF)
            return smooth.mean(dim=0)[before:-1], probabilities

    def _weights(self, heard: list[torch.Tensor], head: int) -> torch.Tensor:
        query, key = heard
        size = query.shape[-1] // self.model.dims.n_text_head
        own = slice(head * size, (head + 1) * size)
        return query[:, own] @ key[:, own].T * size**-0.5

    @contextmanager
    def _overhearing(self) -> Iterator[dict[int, list[torch.Tensor]]]:
        """What the layers ask of the sound and what it answers, as the model computes it."""
        heard: dict[int, list[torch.Tensor]] = {}
        hooks: list[Any] = []
        for layer in {layer for layer, _ in self._heads}:
            kept: list[torch.Tensor] = []
            heard[layer] = kept
            attention = self.model.decoder.blocks[layer].cross_attn
            for part in (attention.query, attention.key):
                hook = part.register_forward_hook(lambda _, _in, out, kept=kept: kept.append(out[0]))
                hooks.append(hook)
        try:
            yield heard
        finally:
            for hook in hooks:
                hook.remove()


def cheapest_way(costs: "np.ndarray[Any, Any]") -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]:
    """Rows and columns of the way through a matrix, from corner to corner, that costs least.

    Dynamic time warping as in `whisper.timing.dtw`, by anti-diagonals: each needs only the two before.
    """
    rows, columns = costs.shape
    came_by = np.zeros((rows + 1, columns + 1), np.int8)  # 0 both, 1 a row on, 2 a column on
    came_by[0, :], came_by[:, 0] = 2, 1
    before = np.full((2, rows + 1), np.inf)
    before[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        ways = np.stack((before[0, row - 1], before[1, row - 1], before[1, row]))
        best = np.argmin(ways, axis=0)
        came_by[row, diagonal - row] = best
        here = np.full(rows + 1, np.inf)
        here[row] = costs[row - 1, diagonal - row - 1] + ways[best, np.arange(row.size)]
        before = np.stack((before[1], here))
    way = []
    row_at, column_at = rows, columns
    while row_at > 0 or column_at > 0:
        way.append((row_at - 1, column_at - 1))
        step = came_by[row_at, column_at]
        row_at -= step != 2
        column_at -= step != 1
    found = np.array(way[::-1])
    return found[:, 0], found[:, 1]
