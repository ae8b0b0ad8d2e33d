"""What is kept of a search that found nothing: its words, if they can be nobody's.

Decided before anything is written anywhere: a list of what people looked for must not become a list of
people. Must not know who asked.
"""

import re
import unicodedata

from app.search.folding import folded, lettered
from app.search.query import Query
from app.search.readings import words

#: Whoever types more tells a story.
MOST_CHARACTERS = 80
MIN_LETTERS = 2

#: Six digits or more, however they are set apart: telephone, NHS number, date of birth.
_NUMBER = re.compile(r"\d(?:[^\w\n]{0,3}\d){5,}")
#: An e-mail address or a web address, or something that is meant to be one.
_ADDRESS = re.compile(r"@|://|www\.|\(at\)|\[at\]|\w\.\w+\.\w|\b\w+ at \w+ dot \w", re.IGNORECASE)


def kept_words(typed: str, query: Query) -> str:
    """The words of the query in one case and form, in their order; "" for what is not kept."""
    plain = unicodedata.normalize("NFKC", typed)
    if len(plain) > MOST_CHARACTERS or _NUMBER.search(plain) or _ADDRESS.search(plain):
        return ""
    found = [
        folded(lettered(term.text[start:end])) for term in query.wanted for start, end in words(term.text)
    ]
    said = " ".join(word for word in found if word)
    return said if MIN_LETTERS <= len(said) <= 2 * MOST_CHARACTERS and not said.isdecimal() else ""
