"""What a person typed into the search field, read without ever refusing.

    nurses handover      both words
    "safe staffing"      these words next to each other
    nurs*                words that begin so
    -agency -"zero hours"    not these

Everything else is taken as words. What had to be left out is said in words (`Query.notices`). Must not
know languages, stems or the database.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from app.search.readings import words

MAX_TYPED_CHARACTERS = 2_000
#: A query's canonical text is at most so long, to fit into an address that can be shared.
MAX_CANONICAL_CHARACTERS = 1_000
MAX_WORDS = 32
MIN_PREFIX_LETTERS = 2

TOO_LONG = "The query was long: only its beginning was used, up to 32 words."
NO_LETTERS = "Signs without letters or digits were left out."
QUOTE_NOT_CLOSED = "A quotation mark was not closed: everything after it was taken as one phrase."
STAR_MISPLACED = "A star works only at the end of a word, after two letters or more."
ONLY_EXCLUDED = (
    "Only excluded words were given, so there is nothing to look for. Add a word that should be there."
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed; "follow-up" is one, too."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other, in this order."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Words that begin with this text."""

    text: str


Term = Word | Phrase | Prefix


@dataclass(frozen=True, slots=True)
class Query:
    """All of `wanted` and none of `unwanted`; `notices` say what was left out, for the person."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    notices: tuple[str, ...] = field(default=(), compare=False)


def parse(typed: str) -> Query:
    """The query that the text means. Never raises; `parse(canonical_text(query)) == query`."""
    found = _Found()
    text = _clean(typed[:MAX_TYPED_CHARACTERS])
    if len(typed) > MAX_TYPED_CHARACTERS:
        found.notice(TOO_LONG)
    for match in _ITEM.finditer(text):
        term = _phrase(match, found) if match["word"] is None else _word(match["word"], found)
        if term is None:
            continue
        if found.is_full(term):
            found.notice(TOO_LONG)
            break
        found.add(term, excluded=match["minus"] is not None)
    if found.unwanted and not found.wanted:
        found.notice(ONLY_EXCLUDED)
    return Query(tuple(found.wanted), tuple(found.unwanted), tuple(found.notices))


def canonical_text(query: Query) -> str:
    """The query as a person would type it: for the search field and for addresses."""
    return " ".join([*map(_typed, query.wanted), *(f"-{_typed(term)}" for term in query.unwanted)])


_ITEM = re.compile(r'(?:(?<!\S)(?P<minus>-+))?(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))')

_FORMS = str.maketrans(
    dict.fromkeys("“”„‟«»＂", '"')
    | {"−": "-", "－": "-", "＊": "*"}  # as phones and other alphabets type them
)


class _Found:
    """What the parser has met so far, and how much room is left."""

    def __init__(self) -> None:
        self.wanted: list[Term] = []
        self.unwanted: list[Term] = []
        self.notices: list[str] = []
        self._words_left = MAX_WORDS
        self._characters_left = MAX_CANONICAL_CHARACTERS

    def notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)

    def cut(self, text: str) -> str:
        """The text from its first word to its last that there is room for; empty without words."""
        places = words(text)
        if len(places) > self._words_left:
            self.notice(TOO_LONG)
            places = places[: max(self._words_left, 1)]
        return text[places[0][0] : places[-1][1]] if places else ""

    def is_full(self, term: Term) -> bool:
        return self._words_left <= 0 or len(_typed(term)) + 2 > self._characters_left

    def add(self, term: Term, *, excluded: bool) -> None:
        terms = self.unwanted if excluded else self.wanted
        if any(_is_same(term, other) for other in terms):
            return
        terms.append(term)
        self._words_left -= len(words(term.text))
        self._characters_left -= len(_typed(term)) + 2  # a space, perhaps a minus


def _phrase(match: re.Match[str], found: _Found) -> Phrase | None:
    inside = " ".join(match["phrase"].replace("*", " ").split())
    text = found.cut(inside)
    if not match["closed"] and inside:
        found.notice(QUOTE_NOT_CLOSED)
    if inside and not text:
        found.notice(NO_LETTERS)
    return Phrase(text) if text else None


def _word(typed: str, found: _Found) -> Word | Prefix | None:
    text = found.cut(typed)
    if not text:
        found.notice(STAR_MISPLACED if "*" in typed else NO_LETTERS)
        return None
    if "*" in text:
        found.notice(STAR_MISPLACED)
    if typed[typed.index(text) + len(text) :].startswith("*"):
        if sum(map(str.isalnum, text)) >= MIN_PREFIX_LETTERS:
            return Prefix(text)
        found.notice(STAR_MISPLACED)
    return Word(text)


def _typed(term: Term) -> str:
    if isinstance(term, Phrase):
        return f'"{term.text}"'
    return f"{term.text}*" if isinstance(term, Prefix) else term.text


def _is_same(one: Term, other: Term) -> bool:
    return type(one) is type(other) and one.text.casefold() == other.text.casefold()


def _clean(typed: str) -> str:
    """In one Unicode form; control characters are spaces, invisible ones are nothing."""
    text = "".join(map(_cleaned, typed)).translate(_FORMS)
    return unicodedata.normalize("NFC", text)


def _cleaned(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return character if character in "\u200c\u200d" else ""  # the joiners are parts of words
    return " " if category in ("Cc", "Cs", "Zl", "Zp", "Zs") else character
