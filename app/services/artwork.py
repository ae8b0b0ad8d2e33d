"""A show's picture: its sizes in the store first, then the row that names them."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from app.artwork import Artwork
from app.models import Show
from app.services import fields
from app.services.shows import touch
from app.storage import ObjectStore
from app.storage.keys import checked_key

#: Names of the sizes in keys and addresses: the feed takes "full" (1400 to 3000 px), pages the others.
SIZES = ("full", "640", "320")


def key(show_id: uuid.UUID, sha256: str, size: str) -> str:
    """Where one size of a show's picture lies."""
    return checked_key(f"artwork/{show_id}/{name(sha256, size)}")


def name(sha256: str, size: str) -> str:
    """The last part of the address and of the key: twelve digits of the hash, and the size."""
    return f"{sha256[:12]}-{size}.jpg"


def put(store: ObjectStore, show_id: uuid.UUID, artwork: Artwork) -> None:
    """Write every size to the store; no transaction is needed or held."""
    for size, content in artwork.sizes.items():
        store.put_bytes(key(show_id, artwork.sha256, size), content)


def use(session: Session, show: Show, sha256: str, alt: str, now: datetime) -> None:
    """The picture in the store becomes the show's. Raises Invalid for a missing or too long description."""
    alt = fields.line(alt)
    fields.refuse(
        {
            **fields.too_long(Show, {"artwork_alt": alt}),
            **fields.missing({"artwork_alt": alt}, {"artwork_alt": "Say in a few words what it shows."}),
        }
    )
    show.artwork_sha256 = sha256
    show.artwork_alt = alt
    touch(show, now)
    session.flush()
