"""What speech to text can refuse.

TranscriptionError
├── TranscriptError      a transcript whose times or parts do not fit together
├── FormatError          bytes that are not the format they should be
├── SpeechFileError      a speech file that is not 16 kHz mono 16-bit WAV, or is cut short
├── UnknownEngineError   no engine of that name
├── EngineError          the engine failed on sound that it should have taken
│   └── EngineAway       a server that is asked is not there, not ready, or not open to us
└── WeightsError         the weights of a model cannot be had, with every reason why
"""


class TranscriptionError(Exception):
    """Base of everything this package raises on purpose."""


class TranscriptError(TranscriptionError, ValueError):
    """The parts of a transcript contradict each other."""


class FormatError(TranscriptionError, ValueError):
    """These bytes are not the format they are said to be."""


class SpeechFileError(TranscriptionError):
    """The speech file is not the WAV that this service writes."""


class UnknownEngineError(TranscriptionError, LookupError):
    """There is no engine of this name."""


class EngineError(TranscriptionError):
    """The engine failed; the original error is the cause."""


class EngineAway(EngineError):
    """The server that hears for us does not answer now; it may later."""


class WeightsError(TranscriptionError):
    """The weights of a model cannot be had."""
