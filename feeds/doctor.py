"""What Apple, Spotify and other apps would refuse or ignore of a channel, in the words of a producer.

`feeds.admission` decides what the feed says; the doctor tells what that means, and to whom. It sees the
channel as the caller means it, before anything is cut or left out. What only the served files can show is
judged by `feeds.file_rules`.
"""

from collections.abc import Iterator
from dataclasses import replace

from feeds.admission import ENCLOSURE_TYPES, admit
from feeds.channel import Channel
from feeds.channel_rules import CHANNEL_RULES
from feeds.errors import ChannelError
from feeds.item_rules import ITEM_RULES
from feeds.number_rules import number_problems
from feeds.problem import Code, Field, Judge, Problem, grave_first
from feeds.sieve import Omission

__all__ = ["Code", "Field", "Judge", "Problem", "problems"]

OF_ITS_OWN_RULE = frozenset({"category", "language", "owner_email"})
"""What is left out, and found by a rule that says it better."""

LEFT_OUT: dict[str, tuple[Field, str, str]] = {
    "subcategory": (
        Field.SHOW_CATEGORY,
        "The second half of the category is none that podcast apps know.",
        "Choose the category again.",
    ),
    "txt": (
        Field.SHOW_VERIFY_TEXT,
        "The text that proves ownership is too long, so it is left out.",
        "Copy it once more from the directory that gave it to you.",
    ),
    "season": (Field.SEASON, "The number of the season is left out.", "Choose a season of the show."),
    "episode": (Field.NUMBER, "The number of the episode is left out.", "Enter a number from 1 on."),
    "duration_ms": (
        Field.RECORDING,
        "The sound has no length that apps could show.",
        "Replace the recording.",
    ),
    "image_url": (Field.ARTWORK, "The picture is left out.", "Add the picture once more."),
    "person": (Field.PEOPLE, "Somebody who is credited has no name and is left out.", "Enter the name."),
    "person href": (
        Field.PEOPLE,
        "The web page of somebody who is credited is left out.",
        "Enter an address that begins with https://",
    ),
    "person img": (Field.PEOPLE, "The picture of somebody is left out.", "Choose another one."),
    "transcript language": (
        Field.TRANSCRIPT,
        "It is not said in which language the transcript is.",
        "Replace the recording, with the language that is spoken set for the show.",
    ),
}
"""Part of an Omission -> what mends it, what it is, what to do."""

OF_THE_SERVICE = frozenset(
    {"chapters_url", "funding", "guid", "hub_url", "item", "new_feed_url", "transcript", "updated_at"}
)
"""Parts that no form of a producer can have made wrong."""


def problems(channel: Channel) -> tuple[Problem, ...]:
    """All that would be refused (first), ignored or shown badly; empty where nothing is."""
    found = [problem for rule in CHANNEL_RULES for problem in rule(channel)]
    for item in channel.items:
        found += [problem for of_item in ITEM_RULES for problem in of_item(channel, item)]
    found += number_problems(channel)
    found += _left_out(channel)
    return grave_first(found)


def _left_out(channel: Channel) -> Iterator[Problem]:
    """What feeds.admission leaves out, so that the doctor and the feed never disagree."""
    try:
        omissions = admit(_without_descriptions(channel)).omissions
    except ChannelError:
        yield Problem(
            Code.LEFT_OUT,
            (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
            True,
            "The feed cannot be made: the address of the service is none.",
            "Tell whoever looks after this service.",
            Field.SERVICE,
        )
        return
    explained = {
        item.guid
        for item in channel.items
        if item.enclosure is None or item.enclosure.media_type not in ENCLOSURE_TYPES
    }
    for omission in omissions:
        if omission.part in OF_ITS_OWN_RULE or (omission.part == "item" and omission.guid in explained):
            continue
        yield _as_problem(omission)


def _without_descriptions(channel: Channel) -> Channel:
    """Nothing of a description is ever left out but its end, and most of the time goes into writing them."""
    items = tuple(replace(item, description_html="", summary="", content_note=None) for item in channel.items)
    return replace(channel, description_html="", items=items)


def _as_problem(omission: Omission) -> Problem:
    if omission.part in LEFT_OUT:
        field, what, advice = LEFT_OUT[omission.part]
        return Problem(Code.LEFT_OUT, (Judge.PSP_1,), False, what, advice, field, omission.guid)
    is_grave = omission.part == "item"
    return Problem(
        Code.LEFT_OUT,
        (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1) if is_grave else (Judge.PSP_1,),
        is_grave,
        "Podcast apps would not get this episode at all."
        if is_grave
        else "Something that belongs to it is left out of the feed.",
        f"Tell whoever looks after this service: “{omission.part}: {omission.reason}”.",
        Field.SERVICE,
        omission.guid,
    )
