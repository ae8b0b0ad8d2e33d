"""Text that can do no harm wherever it is written: no control, bidi-override or broken characters, one line.

Escaping for a certain format is that format's own; this is what none of them may carry.
"""

import re

# C0 and C1 controls and the line separators become a space: NUL ends strings, newlines end cues.
_BREAKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Embeddings, overrides and isolates reorder what stands around them (Unicode TR 36, 2.7);
# the byte order mark, interlinear marks and tag characters show nothing and hide text. Only after a black
# flag do tags show: they make it that of a region, such as England's (Unicode TR 51, ED-14a, RGI).
_UNSEEN = re.compile(
    r"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    r"|[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Lone surrogates cannot be encoded; noncharacters, the last two of each plane among them, are refused by
# XML and HTML checkers.
_BROKEN = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


def inert(text: str) -> str:
    """The text on one line, without anything that acts instead of being read."""
    seen = _UNSEEN.sub(r"\1", _BROKEN.sub("\ufffd", text))
    return _BREAKS.sub(" ", seen).strip()
