"""Shows and their seasons: made and kept by facilitators. Every change raises the show's revision."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from app.db import mark_changed
from app.errors import Conflict, NotFound
from app.models import Account, Community, Episode, Season, Show, ShowOrder
from app.services import access, fields
from feeds.categories import APPLE_CATEGORIES
from feeds.guid import podcast_guid, random_podcast_guid

#: Languages offered for pages and feeds (BCP 47), and what the recordings may be in.
LANGUAGES = {
    "en-gb": "English (United Kingdom)",
    "cy": "Welsh",
    "ar": "Arabic",
    "bn": "Bengali",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "gu": "Gujarati",
    "it": "Italian",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "so": "Somali",
    "ta": "Tamil",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "zh": "Chinese",
}
MOST_SEASONS = 200


@dataclass(frozen=True)
class ShowFields:
    """What a person may say of a show."""

    title: str
    description: str
    language: str = "en-gb"
    spoken_language: str = ""
    category: str = "Health & Fitness"
    subcategory: str = "Medicine"
    explicit: bool = False
    author: str = ""
    owner_email: str = ""
    copyright: str = ""
    order: ShowOrder = ShowOrder.episodic
    requires_checked: bool = False
    accurate: bool = False
    producers_publish: bool = True
    locked: bool = True
    verify_text: str = ""
    artwork_alt: str = ""


def hold(session: Session, show: Show) -> None:
    """Nobody else adds to this show or changes it until this transaction ends."""
    session.execute(sa.select(Show.id).where(Show.id == show.id).with_for_update(key_share=True))


def touch(show: Show, now: datetime) -> None:
    """Something that the show's feed or pages could say has changed."""
    # counted by the database: two changes at once are two revisions
    show.revision = cast("int", Show.revision + 1)
    show.changed_at = now
    session = object_session(show)
    if session is not None:
        session.flush()
        mark_changed(session, feed_path(show.slug))


def by_slug(session: Session, slug: str) -> Show:
    """A show that is not in the bin. Raises NotFound."""
    show = session.scalar(sa.select(Show).where(Show.slug == slug, Show.deleted_at.is_(None)))
    if show is None:
        raise NotFound("There is nothing at this address.")
    return show


def to_make(session: Session, slug: str, account: Account) -> Show:
    """A show for which this account makes episodes. Raises NotFound, NotAllowed."""
    show = by_slug(session, slug)
    access.require_making(session, account, show.community_id)
    return show


def create(session: Session, community: Community, said: ShowFields, public_url: str, now: datetime) -> Show:
    """A new show with an address made from its title. Raises Invalid."""
    values = _checked(said)
    taken = set(session.scalars(sa.select(Show.slug)))
    slug = fields.first_free(fields.slug(said.title, "show"), taken)
    show = Show(
        community=community,
        slug=slug,
        guid=new_guid(public_url, slug),
        changed_at=now,
        created_at=now,
        **values,
    )
    session.add(show)
    session.flush()
    return show


def feed_address(public_url: str, slug: str) -> str:
    """The one true address of a show's feed."""
    return public_url + feed_path(slug)


def feed_path(slug: str) -> str:
    """The same without the host."""
    return f"/shows/{slug}/feed.xml"


def new_guid(public_url: str, slug: str) -> uuid.UUID:
    """The podcast:guid of a new show: by its feed's address where that is public, else random.

    Given once and kept, whatever becomes of the address (house, decision 16).
    """
    if public_url.startswith("https://"):
        return uuid.UUID(podcast_guid(feed_address(public_url, slug)))
    return uuid.UUID(random_podcast_guid())


def edit(session: Session, show: Show, said: ShowFields, now: datetime) -> None:
    """Change what is said of it; the address stays. Raises Invalid."""
    for name, value in _checked(said).items():
        setattr(show, name, value)
    touch(show, now)
    session.flush()


def add_season(session: Session, show: Show, number: int | None, name: str, now: datetime) -> Season:
    """A numbered season; without a number the next one. Raises Invalid."""
    numbers = {season.number for season in show.seasons}
    name = fields.line(name)
    if number is None:
        number = max(numbers, default=0) + 1
    problem = None
    if not 1 <= number <= 9999:
        problem = "Enter a season number from 1 to 9999."
    elif number in numbers:
        problem = f"There is a season {number} already."
    elif len(numbers) >= MOST_SEASONS:
        problem = f"A show can have {MOST_SEASONS} seasons."
    fields.refuse({"number": problem, **fields.too_long(Season, {"name": name})})
    season = Season(show=show, number=number, name=name)
    session.add(season)
    touch(show, now)
    session.flush()
    session.expire(show, ["seasons"])
    return season


def remove_season(session: Session, show: Show, season_id: uuid.UUID, now: datetime) -> None:
    """Remove an empty season. Raises NotFound, and Conflict while episodes are in it."""
    season = session.get(Season, season_id)
    if season is None or season.show_id != show.id:
        raise NotFound("This season is no longer there.")
    if session.scalar(sa.select(Episode.id).where(Episode.season_id == season.id).limit(1)) is not None:
        raise Conflict("There are episodes in this season. Move them to another season first.")
    session.delete(season)
    touch(show, now)
    session.flush()
    session.expire(show, ["seasons"])


def _checked(said: ShowFields) -> dict[str, object]:
    many = ("description", "verify_text")
    values: dict[str, object] = {
        name: (fields.lines(value) if name in many else fields.line(value))
        if isinstance(value, str) and not isinstance(value, ShowOrder)
        else value
        for name, value in asdict(said).items()
    }
    problems: dict[str, str | None] = {
        **fields.too_long(Show, values, description=fields.LONGEST_DESCRIPTION),
        **fields.missing(
            values,
            {
                "title": "Enter the title of the show.",
                "description": "Say in a few sentences what the show is about.",
            },
        ),
    }
    if message := fields.email_problem(said.owner_email.strip()):
        problems["owner_email"] = message
    if said.language not in LANGUAGES:
        problems["language"] = "Choose a language from the list."
    if said.spoken_language and said.spoken_language not in {tag.split("-")[0] for tag in LANGUAGES}:
        problems["spoken_language"] = "Choose a language from the list."
    subcategories = APPLE_CATEGORIES.get(said.category)
    if subcategories is None or (said.subcategory and said.subcategory not in subcategories):
        problems["category"] = "Choose a category from the list."
    fields.refuse(problems)
    return values
