"""The podcast:guid of a channel: the same feed, known again wherever it moves.

Set once and kept for ever: computing it again after a move would make another podcast of it.
"""

from uuid import UUID, uuid4, uuid5

# podcast namespace, tag guid.
NAMESPACE_PODCAST = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


def podcast_guid(feed_url: str) -> str:
    """The UUIDv5 of a feed's address without scheme and trailing slashes (podcast namespace, tag guid)."""
    _, separator, rest = feed_url.partition("://")
    return str(uuid5(NAMESPACE_PODCAST, (rest if separator else feed_url).rstrip("/")))


def random_podcast_guid() -> str:
    """A podcast:guid for a feed that has no public address yet.

    It has the form of a UUIDv5, which the tag demands, of a name that is random and forgotten.
    """
    return str(uuid5(NAMESPACE_PODCAST, str(uuid4())))


def is_podcast_guid(text: str) -> bool:
    """Whether the text can stand in podcast:guid: a UUIDv5 in its canonical form."""
    try:
        guid = UUID(text)
    except ValueError:
        return False
    return guid.version == 5 and str(guid) == text
