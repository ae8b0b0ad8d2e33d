"""How the log is written: key=value for people, JSON for machines, through the standard library.

Every module logs with `logging.getLogger(__name__)`, an event in few words and keys in `extra`;
structlog only renders. What is done for one request or in one step carries its ids on every line,
whoever writes it: they are bound where that begins (app/web/request_log.py, app/pipeline/following.py).
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import Settings

#: Libraries that speak too much at INFO.
_QUIET = (
    "alembic", "authlib", "botocore", "boto3", "dbos", "faster_whisper", "flask_wtf.csrf", "httpcore2",
    "httpx2", "s3transfer", "urllib3",
)  # fmt: skip

_MARK = "hearth"


def set_up(settings: Settings, level: int = logging.INFO, *, folded: bool = False) -> None:
    """Write the log of this process to standard error; called again it does nothing.

    `folded`: also a stack stays within its line, where the log stands between words for a person.
    """
    root = logging.getLogger()
    if any(handler.get_name() == _MARK for handler in root.handlers):
        return
    handler = _ToStandardError()
    handler.set_name(_MARK)
    handler.setFormatter(make_formatter(settings.log_format, folded=folded))
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # or it makes one in its own format
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def make_formatter(log_format: str, *, folded: bool = False) -> logging.Formatter:
    """A formatter for "text" or "json"."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    text: Processor = _logfmt if folded else _render_text
    last: Processor = structlog.processors.JSONRenderer() if log_format == "json" else text
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Asks for standard error at each line: whoever runs us may have put another in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # there it is a value, set once
        """Standard error as it is now."""
        return sys.stderr


_FIRST = ("timestamp", "level", "event", "request_id", "workflow", "recording", "attempt", "step", "worker")

_logfmt = structlog.processors.LogfmtRenderer(key_order=_FIRST, drop_missing=True, bool_as_flag=False)


def _render_text(logger: WrappedLogger, name: str, event: EventDict) -> str:
    """One line of key=value; below it the stack, where there is one."""
    stack = event.pop("exception", None)
    line = _logfmt(logger, name, event)
    return f"{line}\n{stack}" if stack else line
