"""One line of a spool file: what was asked of which episode, and by whom as a number of that day."""

import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from app.models import Listening

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([0-9a-f]{32}) ([a-z]{1,10}) ([0-9a-f]{32})"
    r" (\d{1,18}) (\d{1,18}) ([01])",
    re.ASCII,
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Line:
    """A request that may count. `enough_bytes` is a minute of sound, or all of it where it is shorter."""

    at: datetime
    episode_id: uuid.UUID
    kind: Listening
    listener: str
    asked_bytes: int
    enough_bytes: int
    is_software: bool


def listener(key: bytes, episode_id: uuid.UUID, address: str, agent: str) -> str:
    """Who asks, as a number of this day and this episode: the same person has another one elsewhere."""
    said = "\0".join((episode_id.hex, address, agent))
    return hmac.digest(key, said.encode("utf-8", "backslashreplace"), hashlib.sha256)[:16].hex()


def written(line: Line) -> bytes:
    """The line as it stands in the file."""
    fields = (
        line.at.astimezone(UTC).strftime(_TIME),
        line.episode_id.hex,
        line.kind.value,
        line.listener,
        str(line.asked_bytes),
        str(line.enough_bytes),
        str(int(line.is_software)),
    )
    return (" ".join(fields) + "\n").encode("ascii")


def parsed(text: bytes) -> Line | None:
    """What a line says; None for one that a full disk has cut, or that is not ours."""
    found = _LINE.fullmatch(text.decode("ascii", "replace"))
    if found is None:
        return None
    at, episode, kind, who, asked, enough, software = found.groups()
    try:
        moment = datetime.strptime(at, _TIME).replace(tzinfo=UTC)
        what = Listening(kind)
    except ValueError:
        return None
    return Line(moment, uuid.UUID(episode), what, who, int(asked), int(enough), software == "1")
