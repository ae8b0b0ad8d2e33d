"""DATABASE_URL: whether a database can be meant by it. Speaks to nobody yet."""

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from app.errors import SettingsError

_VARIABLE = "DATABASE_URL"
_PORTS = range(1, 65536)
_SERVER = (
    "must be like postgresql://name:password@host:5432/hearth; in name and password write %40 for @, "
    "%3A for :, %2F for / and %25 for %, and an IPv6 address in square brackets"
)
_FILE = "must name a file, like sqlite:////var/lib/hearth/hearth.db (%3F for a question mark)"


def check(url: str) -> None:
    """Return where it can be read as it is meant; raises SettingsError, which repeats no password."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # the foreign words would repeat what may be a password
        raise SettingsError(_VARIABLE, _FILE if url.startswith("sqlite") else _SERVER) from None
    if address.get_backend_name() == "sqlite":
        if address.database in (None, "", ":memory:") or "?" in url:
            raise SettingsError(_VARIABLE, _FILE)
        return
    if "@" in (address.host or "") or (address.port is not None and address.port not in _PORTS):
        raise SettingsError(_VARIABLE, _SERVER)
    _check_options(address)


def _check_options(address: URL) -> None:
    """What stands behind the question mark is for the client library of PostgreSQL."""
    _, said = address.get_dialect()().create_connect_args(address)
    try:
        make_conninfo(**said)
    except psycopg.ProgrammingError as error:
        raise SettingsError(_VARIABLE, f"cannot be used as it is: {error}") from error
