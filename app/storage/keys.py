"""Keys: the only names under which bytes are stored.

Every key is made here, from a kind, a UUID and a name that the service chose. A name that a person typed
never becomes a key, and a key says by itself which media type its bytes are served with, so that neither
the name nor the type of an uploaded file can decide anything (CVE-2026-42605 and CVE-2026-42885 show what
happens otherwise). Must not know which store is in use.
"""

import re
from uuid import UUID

from app.storage.errors import KeyRefused

KINDS = ("artwork", "enclosures", "recordings", "transcripts", "uploads")
MEDIA_TYPES = {
    "flac": "audio/flac",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "png": "image/png",
    "srt": "application/x-subrip",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "wav": "audio/wav",
}
UNKNOWN_MEDIA_TYPE = "application/octet-stream"

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAME = r"(?=[a-z0-9.-]{1,80}\Z)[a-z0-9]+(?:[.-][a-z0-9]+)*"
# No key is another key's folder: an upload has no name, everything else has exactly one.
_KEY = re.compile(rf"uploads/{_UUID}|(?:artwork|enclosures|recordings|transcripts)/{_UUID}/{_NAME}")
_PREFIX = re.compile(rf"(?:(?:{'|'.join(KINDS)})(?:/{_UUID})?)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def upload_key(upload_id: UUID) -> str:
    """Where a recording lies while it comes in."""
    return checked_key(f"uploads/{upload_id}")


def recording_key(recording_id: UUID, name: str = "source") -> str:
    """Where a recording lies as it was uploaded, or, under another name, what was made from it."""
    return checked_key(f"recordings/{recording_id}/{name}")


def enclosure_key(episode_id: UUID, sha256_hex: str, ending: str = "mp3") -> str:
    """Where the file that listeners download lies; named by its content, so it never changes."""
    return checked_key(f"enclosures/{episode_id}/{_short(sha256_hex)}.{ending}")


def artwork_key(owner_id: UUID, sha256_hex: str, width_px: int, ending: str = "jpg") -> str:
    """Where one size of a picture lies; the hash is that of the picture it was made from."""
    return checked_key(f"artwork/{owner_id}/{_short(sha256_hex)}-{width_px}.{ending}")


def transcript_key(episode_id: UUID, sha256_hex: str, ending: str) -> str:
    """Where a transcript lies in one format."""
    return checked_key(f"transcripts/{episode_id}/{_short(sha256_hex)}.{ending}")


def checked_key(key: str) -> str:
    """The same key; raises KeyRefused for whatever this service would not make."""
    if not _KEY.fullmatch(key):
        raise KeyRefused(ascii(key[:100]))
    return key


def checked_prefix(prefix: str) -> str:
    """The same prefix: nothing, a kind, or a kind and a UUID; never the beginning of a sibling."""
    if not _PREFIX.fullmatch(prefix):
        raise KeyRefused(ascii(prefix[:100]))
    return prefix


def media_type(key: str) -> str:
    """What the bytes under the key are served as: a fixed list by ending, never what an uploader said."""
    _, dot, ending = key.rpartition(".")
    return MEDIA_TYPES.get(ending, UNKNOWN_MEDIA_TYPE) if dot else UNKNOWN_MEDIA_TYPE


def _short(sha256_hex: str) -> str:
    if not _SHA256.fullmatch(sha256_hex):
        raise KeyRefused(ascii(sha256_hex[:100]))
    return sha256_hex[:12]
