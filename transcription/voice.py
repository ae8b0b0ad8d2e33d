"""Where in a sound somebody speaks, by Silero VAD: the same for every engine.

What is not speech reaches no engine, so nothing can be invented there. Times here are counted in samples.
"""

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from transcription.clips import Span
from transcription.speech_file import RATE_HZ, Samples

SHORTEST_SPEECH = RATE_HZ // 4
_VAD = VadOptions(threshold=0.5, min_silence_duration_ms=160, max_speech_duration_s=28, speech_pad_ms=0)


def find_speech(samples: Samples) -> list[Span]:
    """The stretches of a window in which somebody speaks, in order."""
    if samples.size < SHORTEST_SPEECH:
        return []
    return [(span["start"], min(span["end"], samples.size)) for span in get_speech_timestamps(samples, _VAD)]


def only_speech(samples: Samples) -> Samples:
    """The sound with everything else left out; empty where nobody speaks long enough to tell a language."""
    spans = find_speech(samples)
    speech = np.concatenate([samples[start:end] for start, end in spans]) if spans else samples[:0]
    return speech if speech.size >= SHORTEST_SPEECH else samples[:0]
