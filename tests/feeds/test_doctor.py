"""The doctor finds what directories would refuse, says it in words, and leaves sound feeds in peace."""

import ast
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from feeds import admission, sieve
from feeds.channel import Channel, ChannelKind, EpisodeType, Item, PersonLink, TranscriptLink, TxtRecord
from feeds.doctor import LEFT_OUT, OF_ITS_OWN_RULE, OF_THE_SERVICE, problems
from feeds.problem import Code, Field, Judge
from tests.feeds.factories import BASE, make_channel, make_enclosure, make_full_channel, make_full_item
from tests.feeds.test_golden import CHANNELS


def good_item(number: int = 1, **changes: Any) -> Item:
    """An item that nobody objects to: 96 kbit/s."""
    sound = make_enclosure(url=f"{BASE}/media/item-{number}/0123456789ab.mp3", length_bytes=22_015_200)
    return make_full_item(number, **{"enclosure": sound} | changes)


def good_channel(*items: Item, **changes: Any) -> Channel:
    """A channel that nobody objects to."""
    return make_full_channel(*(items or (good_item(),)), **changes)


def found(channel: Channel) -> list[tuple[Code, Field, str | None]]:
    return [(problem.code, problem.field, problem.guid) for problem in problems(channel)]


def test_a_sound_feed_has_no_problem() -> None:
    assert problems(good_channel(good_item(1), good_item(2))) == ()


@pytest.mark.parametrize(
    "item",
    [
        good_item(title="🎧 Wards at night 🌙: what we héard & learned"),
        good_item(title="Rounds and rounds we go"),
        good_item(title="E111 forms, S1 nerves and 3 questions"),
        good_item(title="Episode of care"),
        good_item(title="Ratio < 1 and > 0"),
        good_item(episode=None, season=None),
        good_item(episode_type=EpisodeType.TRAILER, episode=None),
        good_item(episode_type=EpisodeType.TRAILER, episode=7),
        good_item(description_html="", summary="Two wards tell."),
        good_item(description_html="<p>" + "é" * 1900 + "</p>", content_note=None),
        good_item(chapters_url=None, image_url=None, persons=(), explicit=None),
    ],
)
def test_what_directories_take_is_no_problem(item: Item) -> None:
    assert found(good_channel(item)) == []


CHANNEL_FLAWS: dict[str, tuple[dict[str, Any], Code, Field, bool]] = {
    "no artwork": ({"image_url": None}, Code.ARTWORK_MISSING, Field.ARTWORK, True),
    "artwork without ending": ({"image_url": f"{BASE}/a"}, Code.ARTWORK_ADDRESS, Field.ARTWORK, True),
    "no alt": ({"image_alt": " "}, Code.ALT_MISSING, Field.ARTWORK_ALT, False),
    "no title": ({"title": " "}, Code.TITLE_MISSING, Field.SHOW_TITLE, False),
    "long title": ({"title": "word " * 40}, Code.TITLE_LONG, Field.SHOW_TITLE, False),
    "title with HTML": ({"title": "<b>Rounds</b>"}, Code.TITLE_MARKUP, Field.SHOW_TITLE, False),
    "no description": (
        {"description_html": "<p> </p>"},
        Code.DESCRIPTION_MISSING,
        Field.SHOW_DESCRIPTION,
        False,
    ),
    "long description": (
        {"description_html": f"<p>{'é ' * 1500}</p>"},
        Code.DESCRIPTION_LONG,
        Field.SHOW_DESCRIPTION,
        False,
    ),
    "no language": ({"language": ""}, Code.LANGUAGE_MISSING, Field.SHOW_LANGUAGE, True),
    "no such language": ({"language": "Welsh!"}, Code.LANGUAGE_MISSING, Field.SHOW_LANGUAGE, True),
    "another language": ({"language": "cy"}, Code.LANGUAGE_MISMATCH, Field.SHOW_LANGUAGE, False),
    "no category": ({"category": None}, Code.CATEGORY_MISSING, Field.SHOW_CATEGORY, True),
    "no such category": ({"category": "Health"}, Code.CATEGORY_MISSING, Field.SHOW_CATEGORY, True),
    "no such subcategory": ({"subcategory": "Courses"}, Code.LEFT_OUT, Field.SHOW_CATEGORY, False),
    "no author": ({"author": ""}, Code.AUTHOR_MISSING, Field.SHOW_AUTHOR, False),
    "no owner": ({"owner_email": None}, Code.OWNER_EMAIL_MISSING, Field.SHOW_OWNER_EMAIL, True),
    "no e-mail address": ({"owner_email": "Amina"}, Code.OWNER_EMAIL_MISSING, Field.SHOW_OWNER_EMAIL, True),
    "the word": ({"copyright": "Copyright the NHS"}, Code.COPYRIGHT_WORDS, Field.SHOW_COPYRIGHT, False),
    "the sign": ({"copyright": "© The NHS"}, Code.COPYRIGHT_WORDS, Field.SHOW_COPYRIGHT, False),
    "the year": ({"copyright": "The NHS, 2026"}, Code.COPYRIGHT_WORDS, Field.SHOW_COPYRIGHT, False),
    "no guid": ({"guid": None}, Code.GUID_MISSING, Field.SERVICE, False),
    "not https": ({"feed_url": "http://hearth.example.org/f.xml"}, Code.NOT_HTTPS, Field.SERVICE, False),
    "no address": ({"feed_url": "hearth"}, Code.LEFT_OUT, Field.SERVICE, True),
    "long proof": ({"txt": (TxtRecord("x" * 4001),)}, Code.LEFT_OUT, Field.SHOW_VERIFY_TEXT, False),
}


@pytest.mark.parametrize("name", CHANNEL_FLAWS)
def test_each_flaw_of_a_channel_is_found_once(name: str) -> None:
    changes, code, field, is_grave = CHANNEL_FLAWS[name]
    told = problems(good_channel(**changes))

    assert [(one.code, one.field, one.is_grave, one.guid) for one in told] == [(code, field, is_grave, None)]


ITEM_FLAWS: dict[str, tuple[dict[str, Any], Code, Field, bool]] = {
    "no sound": ({"enclosure": None}, Code.ENCLOSURE_MISSING, Field.RECORDING, True),
    "sound of no app": (
        {"enclosure": make_enclosure(media_type="audio/ogg", length_bytes=22_015_200)},
        Code.ENCLOSURE_TYPE,
        Field.RECORDING,
        True,
    ),
    "sound not of Apple": (
        {"enclosure": make_enclosure(media_type="audio/mp4", url=f"{BASE}/a.mp4", length_bytes=22_015_200)},
        Code.ENCLOSURE_TYPE,
        Field.RECORDING,
        True,
    ),
    "ending of another type": (
        {"enclosure": make_enclosure(url=f"{BASE}/a.m4a", length_bytes=22_015_200)},
        Code.ENCLOSURE_ADDRESS,
        Field.SERVICE,
        True,
    ),
    "ending in the query": (
        {"enclosure": make_enclosure(url=f"{BASE}/a?f=a.mp3", length_bytes=22_015_200)},
        Code.ENCLOSURE_ADDRESS,
        Field.SERVICE,
        True,
    ),
    "no length": (
        {"enclosure": make_enclosure(length_bytes=0)},
        Code.LEFT_OUT,
        Field.SERVICE,
        True,
    ),
    "no title": ({"title": ""}, Code.TITLE_MISSING, Field.TITLE, False),
    "long title": ({"title": "word " * 31}, Code.TITLE_LONG, Field.TITLE, False),
    "title with HTML": ({"title": "Falls &amp; frailty"}, Code.TITLE_MARKUP, Field.TITLE, False),
    "title with number": ({"title": "Episode 3: Falls"}, Code.TITLE_NUMBER, Field.TITLE, False),
    "title with a hash": ({"title": "#12: Falls"}, Code.TITLE_NUMBER, Field.TITLE, False),
    "title with season": ({"title": "S1E2 - Falls"}, Code.TITLE_NUMBER, Field.TITLE, False),
    "title is the number": ({"title": "Ep. 4"}, Code.TITLE_NUMBER, Field.TITLE, False),
    "title with show": ({"title": "Rounds: Falls"}, Code.TITLE_SHOW, Field.TITLE, False),
    "title ends with show": ({"title": "Falls | rounds"}, Code.TITLE_SHOW, Field.TITLE, False),
    "no description": (
        {"description_html": "", "summary": "Handover 1"},
        Code.DESCRIPTION_MISSING,
        Field.DESCRIPTION,
        False,
    ),
    "long description": (
        {"description_html": f"<p>{'a' * 3980}</p>"},  # the content note pushes it over
        Code.DESCRIPTION_LONG,
        Field.DESCRIPTION,
        False,
    ),
    "no duration": ({"duration_ms": None}, Code.DURATION_MISSING, Field.RECORDING, False),
    "duration of nothing": ({"duration_ms": 0}, Code.LEFT_OUT, Field.RECORDING, False),
    "duration of another": ({"duration_ms": 36_000_000}, Code.DURATION_MISMATCH, Field.RECORDING, False),
    "number of nothing": ({"episode": 0}, Code.LEFT_OUT, Field.NUMBER, False),
    "season of nothing": ({"season": 0}, Code.LEFT_OUT, Field.SEASON, False),
    "bonus alone": ({"episode_type": EpisodeType.BONUS}, Code.BONUS_ALONE, Field.NUMBER, False),
    "no transcript": ({"transcripts": ()}, Code.TRANSCRIPT_MISSING, Field.TRANSCRIPT, False),
    "no WebVTT": (
        {"transcripts": (TranscriptLink(f"{BASE}/t.srt", "application/x-subrip", "en"),)},
        Code.WEBVTT_MISSING,
        Field.SERVICE,
        False,
    ),
    "transcript of no language": (
        {"transcripts": (TranscriptLink(f"{BASE}/t.vtt", "text/vtt", "en!"),)},
        Code.LEFT_OUT,
        Field.TRANSCRIPT,
        False,
    ),
    "plain picture": ({"image_url": "http://hearth.example.org/a.jpg"}, Code.NOT_HTTPS, Field.SERVICE, False),
    "nobody": ({"persons": (PersonLink(" "),)}, Code.LEFT_OUT, Field.PEOPLE, False),
    "page of nobody": (
        {"persons": (PersonLink("Ada", href="javascript:1"),)},
        Code.LEFT_OUT,
        Field.PEOPLE,
        False,
    ),
    "guid with a line": ({"guid": "a\nb"}, Code.LEFT_OUT, Field.SERVICE, True),
}


@pytest.mark.parametrize("name", ITEM_FLAWS)
def test_each_flaw_of_an_item_is_found_once_and_names_it(name: str) -> None:
    changes, code, field, is_grave = ITEM_FLAWS[name]
    item = good_item(**changes)
    told = problems(good_channel(item))

    assert [(one.code, one.field, one.is_grave, one.guid) for one in told] == [
        (code, field, is_grave, item.guid)
    ]


def test_a_show_without_an_episode_is_taken_by_nobody() -> None:
    (told,) = problems(make_full_channel())

    assert (told.code, told.judges, told.is_grave) == (Code.NO_ITEM, (Judge.APPLE, Judge.SPOTIFY), True)


def test_a_show_in_order_needs_numbers_of_full_episodes_only() -> None:
    items = (
        good_item(1, episode=1),
        good_item(2, episode=None),
        good_item(3, episode=None, episode_type=EpisodeType.TRAILER),
    )

    assert found(good_channel(*items, kind=ChannelKind.SERIAL)) == [
        (Code.NUMBER_MISSING, Field.NUMBER, "item-2")
    ]


def test_a_number_is_taken_once_in_each_season() -> None:
    items = (
        good_item(1, episode=4),
        good_item(2, episode=4, title="Sleep"),
        good_item(3, episode=4, season=1),
        good_item(4, episode=4, episode_type=EpisodeType.BONUS),
    )
    told = problems(good_channel(*items))

    assert [(one.code, one.guid) for one in told] == [
        (Code.NUMBER_TWICE, "item-1"),
        (Code.NUMBER_TWICE, "item-2"),
    ]
    assert told[0].what == "“Sleep” is number 4 of season 2 as well."


def test_a_trailer_goes_when_its_episode_is_out() -> None:
    items = (good_item(1, episode=4), good_item(2, episode=4, episode_type=EpisodeType.TRAILER))

    assert found(good_channel(*items)) == [(Code.TRAILER_STAYS, Field.NUMBER, "item-2")]


def test_a_private_feed_needs_no_owner() -> None:
    assert problems(good_channel(private=True, owner_email=None)) == ()


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "192.168.0.7", "nas.local"])
def test_an_address_that_is_not_public_needs_no_https(host: str) -> None:
    assert problems(good_channel(feed_url=f"http://{host}/shows/rounds/feed.xml")) == ()


def test_a_low_bit_rate_is_said_once_for_the_show() -> None:
    items = [
        good_item(n, enclosure=make_enclosure(url=f"{BASE}/{n}.mp3", length_bytes=14_676_800)) for n in (1, 2)
    ]

    assert found(good_channel(*items)) == [(Code.BIT_RATE_LOW, Field.SERVICE, None)]


def test_what_is_refused_stands_first() -> None:
    channel = good_channel(good_item(title="", enclosure=None), image_url=None, copyright="©")

    assert [problem.is_grave for problem in problems(channel)] == [True, True, False, False]


def test_two_items_with_one_file_are_one_too_many() -> None:
    (told,) = problems(good_channel(good_item(1), good_item(2, enclosure=good_item(1).enclosure)))

    assert (told.code, told.guid, told.is_grave) == (Code.LEFT_OUT, "item-2", True)


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_no_golden_feed_would_be_refused_but_for_what_it_lacks_on_purpose(name: str) -> None:
    grave = [problem.code for problem in problems(CHANNELS[name]) if problem.is_grave]

    lacks = {"minimal": [Code.ARTWORK_MISSING, Code.OWNER_EMAIL_MISSING, Code.CATEGORY_MISSING]}
    lacks["serial"] = [Code.ARTWORK_MISSING, Code.OWNER_EMAIL_MISSING]
    assert grave == lacks.get(name, [])


def test_every_part_that_may_be_left_out_is_explained() -> None:
    assert parts_left_out() == LEFT_OUT.keys() | OF_THE_SERVICE | OF_ITS_OWN_RULE


def parts_left_out() -> set[str]:
    """Every part that admission names when it holds something back, read from its source."""
    at = {"hold_back": 0, "address": 0, "from_one": 0, "language": 0, "email": 0, "Omission": 1}
    calls = [
        call
        for source in (admission, sieve)
        for call in ast.walk(ast.parse(inspect.getsource(source)))
        if isinstance(call, ast.Call)
    ]
    parts = set()
    for call in calls:
        place = at.get(str(getattr(call.func, "attr", getattr(call.func, "id", ""))), len(call.args))
        if place < len(call.args) and isinstance(call.args[place], ast.Constant):
            parts.add(str(ast.literal_eval(call.args[place])))
    return parts


def every_problem() -> list[Any]:
    """One of each, from all the flaws above."""
    told = [problem for flaw in CHANNEL_FLAWS.values() for problem in problems(good_channel(**flaw[0]))]
    for flaw in ITEM_FLAWS.values():
        told += problems(good_channel(good_item(**flaw[0])))
    return told


@pytest.mark.parametrize(
    "check",
    [
        lambda words: words[0].isupper() or words[0] in "“",
        lambda words: words.rstrip("”").endswith((".", "//", "4.0")),
        lambda words: (
            not any(jargon in words.lower() for jargon in ("rss", "xml", "guid:", "itunes", "mime"))
        ),
        lambda words: len(words) < 220,
    ],
    ids=["begins large", "ends", "no jargon", "short"],
)
def test_the_words_are_sentences_for_people(check: Callable[[str], bool]) -> None:
    told = [words for problem in every_problem() for words in (problem.what, problem.advice)]

    assert [words for words in told if not check(words)] == []


def test_the_same_channel_always_has_the_same_problems() -> None:
    channel = good_channel(good_item(title=""), image_url=None)

    assert problems(channel) == problems(replace(channel))


def test_a_channel_of_nothing_but_what_it_must_have_says_what_it_lacks() -> None:
    codes = {problem.code for problem in problems(make_channel())}

    assert codes == {
        Code.NO_ITEM,
        Code.ARTWORK_MISSING,
        Code.OWNER_EMAIL_MISSING,
        Code.CATEGORY_MISSING,
        Code.AUTHOR_MISSING,
        Code.GUID_MISSING,
    }
