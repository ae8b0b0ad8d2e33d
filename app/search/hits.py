"""What goes into the index and what comes out of a search. Plain data, no behaviour."""

import uuid
from dataclasses import dataclass
from typing import Literal, get_args

#: What of an episode a text is. The order is the rank: a title stands above notes above speech.
TextKind = Literal["title", "summary", "notes", "sentence"]
KINDS: tuple[TextKind, ...] = get_args(TextKind)


@dataclass(frozen=True, slots=True)
class IndexedText:
    """One text to be found: a title, a paragraph of notes, or a sentence with its times in the audio."""

    kind: TextKind
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a hit's text. All pieces joined are exactly the text; no markup, nothing escaped."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A text in which the query was found."""

    episode_id: uuid.UUID
    kind: TextKind
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str
    marked: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits. `count` stops at 2,000, and `more_than` says that there are more."""

    count: int
    more_than: bool
    hits: tuple[Hit, ...]
    page: int
    pages: int
