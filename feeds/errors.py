"""What a feed cannot say at all.

    FeedError
    ├── ChannelError     the channel lacks an address without which there is no feed
    ├── CategoryError    a category that Apple's tree does not hold
    ├── ChaptersError    a chapters document that breaks the format
    └── NotAFeed         a document that was read as a feed and is none

One bad item or one bad field is no error: `feeds.admission` leaves it out and reports it as an Omission.
"""


class FeedError(Exception):
    """A feed, or a document that belongs to it, cannot be made or read."""


class ChannelError(FeedError):
    """A channel cannot be rendered."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"channel {field}: {reason}")
        self.field = field
        self.reason = reason


class CategoryError(FeedError):
    """A category or subcategory is not in Apple's tree."""

    def __init__(self, category: str, subcategory: str | None) -> None:
        name = category if subcategory is None else f"{category} > {subcategory}"
        super().__init__(f"not a category of Apple Podcasts: {name}")
        self.category = category
        self.subcategory = subcategory


class ChaptersError(FeedError):
    """A chapters document cannot be read or must not be written."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"chapters: {reason}")
        self.reason = reason


class NotAFeed(FeedError):
    """A document that was read as a feed is none."""
