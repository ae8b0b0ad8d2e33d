"""Lines for tests, as requests would have written them."""

import uuid
from datetime import UTC, datetime

from app.counting.lines import Line
from app.models import Listening

WHEN = datetime(2026, 3, 2, 9, 59, 58, tzinfo=UTC)


EPISODE = uuid.UUID(int=7)


def make_line(episode_id: uuid.UUID = EPISODE, **fields: object) -> Line:
    """One request for half a minute; `who` is a number of one digit."""
    given: dict[str, object] = {
        "at": WHEN,
        "kind": Listening.download,
        "listener": str(fields.pop("who", 0)) * 32,
        "asked_bytes": 5,
        "enough_bytes": 10,
        "is_software": False,
    }
    return Line(episode_id=episode_id, **{**given, **fields})  # type: ignore[arg-type]
