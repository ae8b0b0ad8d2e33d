"""What was removed a moment ago can be brought back by one button beside the words that say so."""

from flask import flash


def flash_with_undo(text: str, url: str, **fields: object) -> None:
    """Say what was done; the button posts these fields to the route that does the opposite."""
    said = {name: str(value) for name, value in fields.items()}
    flash({"text": text, "url": url, "fields": said}, "undo")  # type: ignore[arg-type]  # any JSON is kept
