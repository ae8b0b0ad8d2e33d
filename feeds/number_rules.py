"""What the numbers of items make wrong together: twice the same, or a companion without its episode."""

from collections.abc import Iterator

from feeds.channel import Channel, EpisodeType, Item
from feeds.problem import Code, Field, Judge, Problem


def number_problems(channel: Channel) -> Iterator[Problem]:
    """All of them, item by item."""
    full: dict[tuple[int | None, int], list[Item]] = {}
    for item in channel.items:
        if item.episode is not None and item.episode_type is EpisodeType.FULL:
            full.setdefault((item.season, item.episode), []).append(item)
    for item in channel.items:
        if item.episode is None:
            continue
        others = [other for other in full.get((item.season, item.episode), []) if other is not item][:1]
        if item.episode_type is EpisodeType.FULL:
            yield from _twice(item, others)
        elif item.episode_type is EpisodeType.TRAILER:
            yield from _trailer_stays(item, others)
        elif not others:
            yield _bonus_alone(item)


def _twice(item: Item, others: list[Item]) -> Iterator[Problem]:
    """Apple, itunes:episode: episodes are ordered by it, within their season."""
    season = f" of season {item.season}" if item.season else ""
    for other in others:
        yield Problem(
            Code.NUMBER_TWICE,
            (Judge.APPLE,),
            False,
            f"“{other.title}” is number {item.episode}{season} as well.",
            "Give one of them another number.",
            Field.NUMBER,
            item.guid,
        )


def _trailer_stays(item: Item, others: list[Item]) -> Iterator[Problem]:
    """Apple, itunes:episodeType: a trailer with a number is "later replaced with the actual episode"."""
    for other in others:
        yield Problem(
            Code.TRAILER_STAYS,
            (Judge.APPLE,),
            False,
            f"This trailer announces number {item.episode}, and “{other.title}” is out by now.",
            "Unpublish the trailer, or leave its number empty if it is for the whole show.",
            Field.NUMBER,
            item.guid,
        )


def _bonus_alone(item: Item) -> Problem:
    """Apple, itunes:episodeType: a bonus with a number is "related to a specific episode"."""
    return Problem(
        Code.BONUS_ALONE,
        (Judge.APPLE,),
        False,
        f"This bonus belongs to number {item.episode}, and there is no such episode.",
        "Enter the number of the episode it belongs to, or leave it empty if it is for the whole show.",
        Field.NUMBER,
        item.guid,
    )
