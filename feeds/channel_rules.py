"""What directories ask of a channel as a whole, one rule a function; each names where it is said.

"Apple" is "A Podcaster's Guide to RSS", "PSP-1" the Podcast Standards Project's specification. That a channel
says whether it is explicit, which both require, needs no rule: it cannot be left open.
"""

import re
from collections.abc import Iterator

from feeds.address import is_public
from feeds.categories import is_category
from feeds.channel import Channel
from feeds.description import feed_html
from feeds.problem import Code, Field, Judge, Problem
from feeds.sieve import Sieve
from feeds.word_rules import LEAST_BPS, length_problems, title_problems

SPOTIFY_BPS = 96_000
_SLACK = 0.97  # a file's average is a little off the rate that its encoder was asked for


def title(channel: Channel) -> Iterator[Problem]:
    """Apple and PSP-1, channel title: required, concise, plain text."""
    yield from title_problems(channel.title, "The show", Field.SHOW_TITLE, None)


def description(channel: Channel) -> Iterator[Problem]:
    """Apple and PSP-1, channel description: required, at most 4,000 bytes."""
    if not feed_html(channel.description_html):
        yield Problem(
            Code.DESCRIPTION_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            "The show has no description, so apps repeat its title instead.",
            "Say in a few sentences what listeners will hear, and for whom it is.",
            Field.SHOW_DESCRIPTION,
        )
    yield from length_problems(channel.description_html, "The description", Field.SHOW_DESCRIPTION, None)


def artwork(channel: Channel) -> Iterator[Problem]:
    """Apple and PSP-1, itunes:image: required, named .jpg or .png. Its pixels are for feeds.file_rules."""
    if channel.image_url is None:
        yield Problem(
            Code.ARTWORK_MISSING,
            (Judge.APPLE, Judge.SPOTIFY, Judge.PSP_1),
            True,
            "The show has no picture.",
            "Add a picture of at least 1400 by 1400 pixels. It is cut to a square by itself.",
            Field.ARTWORK,
        )
        return
    if not channel.image_url.lower().endswith((".jpg", ".jpeg", ".png")):
        yield Problem(
            Code.ARTWORK_ADDRESS,
            (Judge.APPLE,),
            True,
            "The address of the picture does not end with .jpg or .png.",
            "Add the picture once more.",
            Field.ARTWORK,
        )
    if not (channel.image_alt or "").strip():
        yield Problem(
            Code.ALT_MISSING,
            (Judge.PODCASTING_20,),
            False,
            "Nothing tells people who cannot see the picture what it shows.",
            "Describe it in a few words.",
            Field.ARTWORK_ALT,
        )


def language(channel: Channel) -> Iterator[Problem]:
    """Apple, language: "Invalid language codes will cause your feed to fail"; PSP-1: required."""
    if not Sieve().language("language", channel.language or None):
        yield Problem(
            Code.LANGUAGE_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            True,
            "It is not said in which language the show is.",
            "Choose the language of the pages and feed.",
            Field.SHOW_LANGUAGE,
        )


def spoken_language(channel: Channel) -> Iterator[Problem]:
    """Apple, language: "spoken on the show". Asked only where every transcript is in another."""
    said = _spoken(channel.language)
    links = (link for item in channel.items for link in item.transcripts)
    heard = {_spoken(link.language) for link in links} - {None}
    if said is not None and heard and said not in heard:
        yield Problem(
            Code.LANGUAGE_MISMATCH,
            (Judge.APPLE,),
            False,
            "Podcast apps are told one language for the show, but every transcript is in another.",
            "Choose the language that is spoken, so that the right people find the show.",
            Field.SHOW_LANGUAGE,
        )


def category(channel: Channel) -> Iterator[Problem]:
    """Apple and PSP-1, itunes:category: required, from Apple's list."""
    if channel.category is None or not is_category(channel.category):
        yield Problem(
            Code.CATEGORY_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            True,
            "The show has no category that podcast apps know.",
            "Choose the category in which people should find it.",
            Field.SHOW_CATEGORY,
        )


def author(channel: Channel) -> Iterator[Problem]:
    """Apple and PSP-1, itunes:author: recommended."""
    if not (channel.author or "").strip():
        yield Problem(
            Code.AUTHOR_MISSING,
            (Judge.APPLE, Judge.PSP_1),
            False,
            "Apps cannot say who makes the show.",
            "Enter an author, for example the name of your academy.",
            Field.SHOW_AUTHOR,
        )


def owner(channel: Channel) -> Iterator[Problem]:
    """Directories take no public feed without itunes:email (podcast-namespace, issue 167).

    podcast:locked (podcast namespace) without an owner is the same gap: nobody can be asked to unlock it. A
    private feed must not name its owner, so nothing is asked of it.
    """
    if channel.private or Sieve().email("owner_email", channel.owner_email):
        return
    locked = " It is also how another podcast service asks you before it takes the show over."
    yield Problem(
        Code.OWNER_EMAIL_MISSING,
        (Judge.APPLE, Judge.SPOTIFY),
        True,
        "There is no e-mail address for podcast directories.",
        "Enter one that your team reads: Apple and Spotify write to it to prove that the show is yours."
        + (locked if channel.locked else ""),
        Field.SHOW_OWNER_EMAIL,
    )


def copyright_words(channel: Channel) -> Iterator[Problem]:
    """PSP-1, copyright: without the word "Copyright", the sign and the year, which apps add by themselves."""
    if _COPYRIGHT.search(channel.copyright or ""):
        yield Problem(
            Code.COPYRIGHT_WORDS,
            (Judge.PSP_1,),
            False,
            "The copyright line holds the word “copyright”, its sign or a year; apps may show them twice.",
            "Leave only who holds it and the licence, for example: The Academy, CC BY-NC 4.0",
            Field.SHOW_COPYRIGHT,
        )


def https(channel: Channel) -> Iterator[Problem]:
    """Podcast namespace, podcasting2.0.md: all by https. Not asked of an address that is not public."""
    if is_public(channel.feed_url) and not channel.feed_url.startswith("https://"):
        yield Problem(
            Code.NOT_HTTPS,
            (Judge.APPLE, Judge.PODCASTING_20),
            False,
            "The show's addresses begin with http://, and some apps open only https://.",
            "Ask whoever looks after this service to give it an https address.",
            Field.SERVICE,
        )


def podcast_guid(channel: Channel) -> Iterator[Problem]:
    """Podcast namespace, tag guid; PSP-1: recommended. Which one is not judged: it must never change."""
    if channel.guid is None:
        yield Problem(
            Code.GUID_MISSING,
            (Judge.PSP_1, Judge.PODCASTING_20),
            False,
            "The show has no lasting identity by which apps know it again after a move.",
            "Ask whoever looks after this service.",
            Field.SERVICE,
        )


def any_item(channel: Channel) -> Iterator[Problem]:
    """Spotify and Apple take a show with at least one published episode (PRX, feed requirements)."""
    if not channel.items:
        yield Problem(
            Code.NO_ITEM,
            (Judge.APPLE, Judge.SPOTIFY),
            True,
            "There is no published episode yet.",
            "Publish one, then tell the directories of the show. A short trailer is enough.",
            Field.EPISODES,
        )


def bit_rate(channel: Channel) -> Iterator[Problem]:
    """Spotify: MP3 of 96 to 320 kbit/s (second-hand: hanna-eng.com, 2026). Said once: it is a setting."""
    low = [
        item
        for item in channel.items
        if item.enclosure is not None
        and item.enclosure.media_type == "audio/mpeg"
        and item.duration_ms
        and LEAST_BPS < item.enclosure.length_bytes * 8000 / item.duration_ms < SPOTIFY_BPS * _SLACK
    ]
    if low:
        yield Problem(
            Code.BIT_RATE_LOW,
            (Judge.SPOTIFY,),
            False,
            "The sound is packed more tightly than Spotify advises.",
            "Ask whoever looks after this service to set at least 96 kbit/s (HEARTH_MONO_KBPS), "
            "then replace the recordings that matter.",
            Field.SERVICE,
        )


CHANNEL_RULES = (
    any_item,
    artwork,
    title,
    description,
    owner,
    author,
    language,
    spoken_language,
    category,
    copyright_words,
    podcast_guid,
    https,
    bit_rate,
)


def _spoken(tag: str | None) -> str | None:
    """The language of a tag, without its region."""
    sound = Sieve().language("language", tag)
    return sound.partition("-")[0] if sound else None


_COPYRIGHT = re.compile(r"\bcopyright\b|©|℗|\(c\)|\b(?:19|20)\d\d\b", re.IGNORECASE)
