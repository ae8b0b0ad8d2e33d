"""Whole feeds, byte for byte, as files that a person can read.

After a change that is meant, run the tests with HEARTH_REWRITE_GOLDEN=yes: the files are written anew and
the tests fail all the same, so that no run which writes them can pass for a run which checked them.
"""

import os
from pathlib import Path

import pytest

from feeds.channel import Channel, ChannelKind, EpisodeType, Medium
from feeds.rss import render_rss
from tests.feeds.factories import (
    BASE,
    make_channel,
    make_full_channel,
    make_full_item,
    make_item,
    make_transcripts,
)

GOLDEN = Path(__file__).parent / "golden"

CHANNELS: dict[str, Channel] = {
    "full": make_full_channel(make_full_item(1), make_full_item(2, explicit=None, persons=())),
    "minimal": make_channel(make_item(1)),
    "serial": make_channel(
        make_item(1, season=1, episode=1, transcripts=make_transcripts(1), summary="How it began."),
        make_item(2, season=1, episode=2, transcripts=make_transcripts(2), summary="How it went on."),
        make_item(3, season=1, season_name="Spring", episode=3, episode_type=EpisodeType.BONUS),
        kind=ChannelKind.SERIAL,
        medium=Medium.COURSE,
        category="Education",
        subcategory="Courses",
        locked=False,
    ),
    "private": make_full_channel(
        make_full_item(1),
        private=True,
        feed_url=f"{BASE}/private/0f4c2b/feed.xml",
        complete=False,
        new_feed_url=None,
    ),
}


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_feed_is_byte_for_byte_the_golden_one(name: str) -> None:
    path = GOLDEN / f"{name}.xml"

    rendered = render_rss(CHANNELS[name])

    if os.environ.get("HEARTH_REWRITE_GOLDEN") == "yes":
        path.write_bytes(rendered)
        pytest.fail(
            f"{path.name} was written anew: read the difference, then run without HEARTH_REWRITE_GOLDEN"
        )
    assert path.read_bytes() == rendered


def test_every_golden_file_belongs_to_a_channel() -> None:
    assert sorted(CHANNELS) == sorted(path.stem for path in GOLDEN.iterdir())
