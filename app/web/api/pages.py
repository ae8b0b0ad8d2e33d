"""Lists in pieces: a cursor says after which row the next piece begins, so that new rows shift nothing."""

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from marshmallow import Schema, fields
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Invalid
from app.web.api.values import Count, Said, Text, between
from app.web.session import current_session

MOST = 100
_USUAL = 50

Row = TypeVar("Row")


class Piece(Said):
    """Which piece of a list."""

    cursor = Text(metadata={"description": "From the field `next` of the piece before."})
    limit = Count(
        load_default=_USUAL,
        validate=between(1, MOST),
        metadata={"description": "How many at most."},
    )


def list_of(shape: type[Schema], name: str) -> type[Schema]:
    """The schema of such a list."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(shape), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next piece; null after the last one."},
            ),
        },
        name=name,
    )


def piece(
    chosen: sa.Select[Row],
    created_at: InstrumentedAttribute[datetime],
    identity: InstrumentedAttribute[uuid.UUID],
    asked: Mapping[str, Any],
) -> tuple[Sequence[Row], str | None]:
    """The rows of a piece, newest first, and the cursor of the next. Raises Invalid."""
    limit = asked["limit"]
    if "cursor" in asked:
        at, last = _opened(asked["cursor"])
        chosen = chosen.where(sa.or_(created_at < at, sa.and_(created_at == at, identity > last)))
    rows = current_session().scalars(chosen.order_by(created_at.desc(), identity).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    last_row = rows[-1]
    return rows, _sealed(getattr(last_row, created_at.key), getattr(last_row, identity.key))


def _sealed(at: datetime, identity: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {identity.hex}".encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True).decode()
        at, _, identity = text.partition(" ")
        found = datetime.fromisoformat(at), uuid.UUID(identity)
        if found[0].tzinfo is None:
            raise ValueError(at)
        return found
    except (ValueError, binascii.Error) as error:
        raise Invalid({"cursor": "This cursor is none of ours. Begin without one."}) from error
