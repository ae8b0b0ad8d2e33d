"""Everything that cannot be made again, in one file; and back from it into an empty service.

From any database and store into any other: the file knows neither. It is a plain tar:

    rows/<table>.jsonl   the rows of a table, one a line, below a line that says what its columns are
    objects/<key>        what lies in the store under the key
    manifest.json        version, the revision of the tables, sha256 of all that stands before it

The rows are those of one moment, also while others write; the objects are those that these rows name.
It holds everybody's addresses and drafts, so only its owner may read it. The signing secret is not in it:
whoever finds a backup must not be able to sign in with it.
"""

from app.backup.errors import BackupError
from app.backup.restoring import read_backup
from app.backup.writing import write_backup

__all__ = ["BackupError", "read_backup", "write_backup"]
