"""What the doctor finds: one thing that a directory or an app would refuse, ignore or show badly.

The words are for the person who publishes, so they say show and episode. Where it can be mended is a name,
not an address: whoever shows the problem knows its own pages.
"""

from dataclasses import dataclass
from enum import StrEnum


class Judge(StrEnum):
    """Whose rule it is."""

    APPLE = "apple"  #: "A Podcaster's Guide to RSS", and Apple's page on transcripts
    SPOTIFY = "spotify"
    PSP_1 = "psp-1"  #: the Podcast Standards Project's specification of a feed
    PODCASTING_20 = "podcasting-2.0"  #: the podcast namespace


class Field(StrEnum):
    """What a person changes to mend it."""

    SHOW_TITLE = "show title"
    SHOW_DESCRIPTION = "show description"
    SHOW_AUTHOR = "show author"
    SHOW_OWNER_EMAIL = "show owner e-mail"
    SHOW_LANGUAGE = "show language"
    SHOW_CATEGORY = "show category"
    SHOW_COPYRIGHT = "show copyright"
    SHOW_VERIFY_TEXT = "show verify text"
    ARTWORK = "artwork"
    ARTWORK_ALT = "artwork alt"
    EPISODES = "episodes"  #: the show needs one more
    TITLE = "title"
    DESCRIPTION = "description"
    NUMBER = "number"
    SEASON = "season"
    CHAPTERS = "chapters"
    PEOPLE = "people"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    SERVICE = "service"  #: nothing that a producer can change: whoever runs the service


class Code(StrEnum):
    """Which rule found it."""

    ALT_MISSING = "alt-missing"
    ARTWORK_ADDRESS = "artwork-address"
    ARTWORK_BROKEN = "artwork-broken"
    ARTWORK_COLOURS = "artwork-colours"
    ARTWORK_MISSING = "artwork-missing"
    ARTWORK_NOT_SQUARE = "artwork-not-square"
    ARTWORK_SIZE = "artwork-size"
    ARTWORK_TYPE = "artwork-type"
    AUTHOR_MISSING = "author-missing"
    BIT_RATE_LOW = "bit-rate-low"
    BONUS_ALONE = "bonus-alone"
    CATEGORY_MISSING = "category-missing"
    CHAPTERS_WRONG = "chapters-wrong"
    COPYRIGHT_WORDS = "copyright-words"
    DESCRIPTION_LONG = "description-long"
    DESCRIPTION_MISSING = "description-missing"
    DURATION_MISMATCH = "duration-mismatch"
    DURATION_MISSING = "duration-missing"
    ENCLOSURE_ADDRESS = "enclosure-address"
    ENCLOSURE_MISSING = "enclosure-missing"
    ENCLOSURE_TYPE = "enclosure-type"
    GUID_MISSING = "guid-missing"
    LANGUAGE_MISMATCH = "language-mismatch"
    LANGUAGE_MISSING = "language-missing"
    LEFT_OUT = "left-out"
    NO_ITEM = "no-item"
    NOT_HTTPS = "not-https"
    NUMBER_MISSING = "number-missing"
    NUMBER_TWICE = "number-twice"
    OWNER_EMAIL_MISSING = "owner-email-missing"
    SERVED_WRONG = "served-wrong"
    TITLE_LONG = "title-long"
    TITLE_MARKUP = "title-markup"
    TITLE_MISSING = "title-missing"
    TITLE_NUMBER = "title-number"
    TITLE_SHOW = "title-show"
    TRAILER_STAYS = "trailer-stays"
    TRANSCRIPT_MISSING = "transcript-missing"
    TRANSCRIPT_WRONG = "transcript-wrong"
    WEBVTT_MISSING = "webvtt-missing"


@dataclass(frozen=True)
class Problem:
    """One thing that would be refused (grave), or ignored or shown badly (a hint)."""

    code: Code
    judges: tuple[Judge, ...]
    is_grave: bool
    what: str  #: a sentence: what it is
    advice: str  #: a sentence or two: what to do
    field: Field
    guid: str | None = None  #: the item's; None where it is the whole channel's


def grave_first(problems: "list[Problem]") -> tuple[Problem, ...]:
    """The same, refusals before hints, otherwise in their order."""
    return tuple(sorted(problems, key=lambda problem: not problem.is_grave))
