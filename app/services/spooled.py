"""How far each spool file has been counted: in the same transaction as what it gave."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import SpoolFile

#: PostgreSQL's advisory lock of whoever counts; any number that nothing else uses.
LOCK = 4_843_275_469


def read_until(session: Session, name: str) -> int:
    """Up to which byte a spool file has been counted."""
    return session.scalar(sa.select(SpoolFile.read_bytes).where(SpoolFile.name == name)) or 0


def claim(session: Session, name: str, offset: int, end: int) -> bool:
    """Remember that the file is counted from `offset` to `end`.

    False, with nothing changed, where somebody else has counted from this byte on.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    file = session.get(SpoolFile, name)
    if (file.read_bytes if file else 0) != offset:
        return False
    if file is None:
        file = SpoolFile(name=name, read_bytes=0)
        session.add(file)
    file.read_bytes = end
    session.flush()
    return True


def forget_file(session: Session, name: str) -> None:
    """The file is gone: nobody will ask how far it was read."""
    session.execute(sa.delete(SpoolFile).where(SpoolFile.name == name))


def forget_files_before(session: Session, name: str) -> None:
    """Rows whose file went in a crash between the two, long ago."""
    session.execute(sa.delete(SpoolFile).where(SpoolFile.name < name))
