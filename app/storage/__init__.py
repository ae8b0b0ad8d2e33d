"""Where recordings, enclosures, artwork and transcripts lie: in a folder or an S3 bucket.

Nobody outside this package knows which. Must not know Flask, the database, or what an object is for.
"""

from app.storage.location import open_store
from app.storage.store import (
    ExpectedPart,
    ObjectInfo,
    ObjectStore,
    OpenUpload,
    SignedPart,
    StoredPart,
    expected_parts,
)

__all__ = [
    "ExpectedPart",
    "ObjectInfo",
    "ObjectStore",
    "OpenUpload",
    "SignedPart",
    "StoredPart",
    "expected_parts",
    "open_store",
]
