"""One written word as search knows it: without case, accents, ligatures and typographic forms.

Two people who mean the same word must reach the same letters, whatever their keyboard. Must not know
texts, queries or the database.
"""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

#: Longer words are told apart by their first letters only: no stemmer gets a hostile megabyte.
MAX_WORD_LETTERS = 64

#: Letters that Unicode does not decompose and that people without the key write so.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"}
)

APOSTROPHES = "'’‘‛ʼ＇"
_TO_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))

#: What an apostrophe hangs on a word. Kept, "I'll" would be found by "ill" and "we're" by "were".
_HANGING = re.compile(r"(?<=.)(?:'(?:s|ll|ve|re|d|m))+$")

#: ISO 639-1 -> snowball's algorithm. Languages that are not here are searched without stems.
_STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


def base_language(language: str) -> str:
    """`en` for `en-GB`, `EN_us` and the like (BCP 47, primary language subtag)."""
    return re.split(r"[-_]", language.strip().casefold(), maxsplit=1)[0]


@lru_cache(maxsize=1 << 16)
def lettered(word: str) -> str:
    """The word in one case and one form, accents kept: what stemmers expect. May be empty."""
    word = word[:MAX_WORD_LETTERS].translate(_TO_APOSTROPHE)
    if not word.isascii():
        word = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", word).casefold())
        word = "".join(letter for letter in word if letter == "'" or _is_of_a_word(letter))
    word = _HANGING.sub("", word.lower())
    return word.replace("'", "")


@lru_cache(maxsize=1 << 16)
def folded(word: str) -> str:
    """A lettered word without accents."""
    if word.isascii():
        return word
    kept: list[str] = []
    base = ""
    for letter in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(letter):
            base = letter
        elif _is_accent(letter, base):
            continue
        kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN_LETTERS)


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str) -> str:
    """The stem of a lettered word, accents folded; the folded word where the language has no stemmer."""
    algorithm = _STEMMERS.get(language)
    if algorithm is None:
        return folded(word)
    # A stemmer keeps its word in itself, so threads must not share one; the cache keeps this rare.
    return folded(snowballstemmer.stemmer(algorithm).stemWord(word)) or folded(word)


def _is_of_a_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def _is_accent(mark: str, base: str) -> bool:
    """Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic.

    Not the marks that are letters of their own (Devanagari's, Japanese voicing), nor the breve of й.
    """
    combining = unicodedata.combining(mark)
    if mark == "\N{COMBINING BREVE}" and base in "ий":
        return False
    return combining >= 200 or 10 <= combining <= 36
