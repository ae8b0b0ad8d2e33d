"""Values of a body or an address as JSON has them, refused in words that a person understands.

The library would take "yes" for true and b"x" for a text; what the document says is what is taken.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from app.db import Base


def _words(**said: str) -> dict[str, Any]:
    return {"required": "This is missing.", "null": "This cannot be null.", **said}


class Said(Schema):
    """What a program says: all of it is known, or it is refused."""

    class Meta:
        """How strict it is."""

        unknown = RAISE

    error_messages = _words(unknown="There is no such field.", type="Send an object with fields.")


class Shown(Schema):
    """What we answer."""

    class Meta:
        """How it is written down."""

        unknown = RAISE


class Text(fields.String):
    """Text that can be kept."""

    default_error_messages = _words(invalid="This is not text.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        # half a character, which JSON can spell and nothing can keep
        if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise self.make_error("invalid")
        return value


class Whole(fields.Integer):
    """A whole number as JSON has it: 3 and 3.0 are the same, "3" and true are none."""

    default_error_messages = _words(invalid="This is not a whole number.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.make_error("invalid")
        return int(value)


class Count(Whole):
    """A whole number of an address, where all is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> int:
        if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > 9:
            raise self.make_error("invalid")
        return int(value)


class Yes(fields.Boolean):
    """True or false."""

    default_error_messages = _words(invalid="This is neither true nor false.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Id(fields.UUID):
    """A name that a machine gave."""

    default_error_messages = _words(invalid_uuid="This is no id: it has 32 digits from 0 to f.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid_uuid")
        return super()._deserialize(value, attr, data, **more)


class Choice(fields.Enum[Any]):
    """One of a list."""

    default_error_messages = _words(unknown="Choose one of these: {choices}.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("unknown", choices=self.choices_text)
        return super()._deserialize(value, attr, data, **more)


class Moment(fields.AwareDateTime):
    """A moment with its offset from UTC (RFC 3339)."""

    _WORDS = "This is no moment: write it like 2026-03-27T09:00:00Z."
    default_error_messages = _words(invalid=_WORDS, invalid_awareness=_WORDS, format=_WORDS)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid", obj_type=self.OBJ_TYPE)
        try:
            return super()._deserialize(value, attr, data, **more)
        except OverflowError as error:
            raise self.make_error("invalid", obj_type=self.OBJ_TYPE) from error


class Many(fields.List[Any]):
    """Several, in their order."""

    default_error_messages = _words(invalid="This is not a list.")


class Part(fields.Nested):
    """An object within another one."""

    default_error_messages = _words(type="Send an object with fields.")


def up_to(table: type[Base], column: str) -> validate.Length:
    """As long as what it is kept in."""
    kind = sa.inspect(table).columns[column].type
    most = int(getattr(kind, "length", 0))
    return validate.Length(max=most, error=f"Use {most:,} characters or fewer.")


def between(least: int | None, most: int | None) -> validate.Range:
    """A number within its bounds."""
    if most is None:
        return validate.Range(min=least, error=f"This is {least} or more.")
    return validate.Range(min=least, max=most, error=f"This is from {least:,} to {most:,}.")


def problems_of(error: ValidationError) -> dict[str, str]:
    """{field: message}, of objects within objects by a path: parts.0.number."""
    return dict(_flat("", error.messages))


def _flat(path: str, said: Any) -> list[tuple[str, str]]:
    if isinstance(said, Mapping):
        found = []
        for name, inner in said.items():
            step = "" if name == "_schema" else str(name)
            found += _flat(f"{path}.{step}".strip("."), inner)
        return found
    return [(path, " ".join(map(str, said)))]
