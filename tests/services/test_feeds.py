"""A feed follows its show: every change that it could tell raises the revision, and nothing else does."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.models import Account, CreditRole, Episode, PublishWish, Season, Show
from app.services import artwork, communities, drafts, episodes, feeds, housekeeping, people, shows
from app.services.published import FeedRevision
from tests.factories import WHEN, give_chapters, make_account, make_published, make_show

URL = "https://podcasts.example.org"
LATER = WHEN + timedelta(days=1)
SAID = drafts.EpisodeFields(title="One")
OF_SHOW = shows.ShowFields(title="Rounds", description="On wards.")


@pytest.fixture
def owner(session: Session) -> Account:
    return make_account(session, is_owner=True)


@pytest.fixture
def episode(session: Session) -> Episode:
    made = make_published(session, make_show(session, slug="rounds"), title="One")
    session.add(Season(show=made.show, number=1))
    session.commit()
    session.refresh(made)
    return made


def body(session: Session, show: Show) -> bytes:
    return feed(session, show, feeds.FeedCache()).body


def feed(session: Session, show: Show, cache: feeds.FeedCache, url: str = URL) -> feeds.FeedFile:
    asked = FeedRevision(show.id, show.revision, show.changed_at)
    return feeds.feed_file(session, asked, url, cache)


Change = Callable[[Session, Episode], object]

CHANGES: dict[str, Change] = {
    "title": lambda s, e: drafts.edit(s, e, replace(SAID, title="Two"), LATER),
    "notes": lambda s, e: drafts.edit(s, e, replace(SAID, notes="More."), LATER),
    "summary": lambda s, e: drafts.edit(s, e, replace(SAID, summary="In short."), LATER),
    "content note": lambda s, e: drafts.edit(s, e, replace(SAID, content_note="A death."), LATER),
    "number": lambda s, e: drafts.edit(s, e, replace(SAID, number=7), LATER),
    "season": lambda s, e: drafts.edit(s, e, replace(SAID, season_id=e.show.seasons[0].id), LATER),
    "explicit": lambda s, e: drafts.edit(s, e, replace(SAID, explicit=True), LATER),
    "chapters": lambda s, e: give_chapters(s, e, LATER, at_0_00="Beginning"),
    "credit": lambda s, e: people.credit(s, e, e.credits[0].person, CreditRole.editor, LATER),
    "credit taken out": lambda s, e: people.take_out(s, e, e.credits[0].id, LATER),
    "name of a person": lambda s, e: people.edit(s, e.credits[0].person, "Cy", "", "", LATER),
    "show": lambda s, e: shows.edit(s, e.show, OF_SHOW, LATER),
    "picture": lambda s, e: artwork.use(s, e.show, "b" * 64, "A lamp", LATER),
    "tags of the sound": lambda s, e: _tag(s, e),
}  # fmt: skip


def _tag(session: Session, episode: Episode) -> None:
    assert episode.enclosure is not None
    done = housekeeping.replace_enclosure(
        session, episode.enclosure, "enclosures/x", "c" * 64, 9, "d", read_at=WHEN, now=LATER
    )
    assert done


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_feed_tells_raises_the_revision(session: Session, episode: Episode, change: str) -> None:
    revision, before = episode.show.revision, body(session, episode.show)
    CHANGES[change](session, episode)
    session.commit()
    session.expire_all()

    assert body(session, episode.show) != before
    assert episode.show.revision > revision
    assert episode.show.changed_at == LATER


def test_the_name_of_the_community_stands_for_a_missing_author(session: Session, episode: Episode) -> None:
    episode.show.author = ""
    revision = episode.show.revision
    said = communities.CommunityFields(name="Safer Care")
    communities.edit(session, episode.show.community, said, LATER)

    assert episode.show.revision > revision
    assert b"<itunes:author>Safer Care</itunes:author>" in body(session, episode.show)


def test_what_is_said_of_it_never_changes_guid_or_address(
    session: Session, episode: Episode, owner: Account
) -> None:
    kept = (episode.guid, episode.slug, episode.show.guid, episode.show.slug)
    drafts.edit(session, episode, replace(SAID, title="Quite another title"), LATER)
    shows.edit(session, episode.show, replace(OF_SHOW, title="Another show"), LATER)
    episodes.unpublish(session, episode, owner, LATER)
    episodes.wish(session, episode, PublishWish.when_ready, owner, LATER)

    assert (episode.guid, episode.slug, episode.show.guid, episode.show.slug) == kept


def test_a_feed_is_kept_until_its_show_changes(session: Session, episode: Episode) -> None:
    cache = feeds.FeedCache()
    first = feed(session, episode.show, cache)
    episode.title = "Changed behind the services"
    session.flush()
    assert feed(session, episode.show, cache) is first

    shows.touch(episode.show, LATER)
    assert feed(session, episode.show, cache).etag != first.etag


def test_two_changes_that_were_counted_as_one_are_both_seen(session: Session, episode: Episode) -> None:
    cache = feeds.FeedCache()
    first = feed(session, episode.show, cache)
    episode.title = "By somebody at the same time"
    episode.show.changed_at = LATER
    session.flush()

    assert feed(session, episode.show, cache).etag != first.etag


def test_another_public_address_is_another_feed(session: Session, episode: Episode) -> None:
    cache = feeds.FeedCache()
    feed(session, episode.show, cache)
    other = feed(session, episode.show, cache, "https://other.example.org")

    assert URL.encode() not in other.body


def test_only_so_many_feeds_are_kept_and_the_least_asked_for_goes() -> None:
    cache = feeds.FeedCache()
    file = feeds.FeedFile(b"", "", WHEN)
    names = [uuid.uuid4() for _ in range(feeds.KEPT + 1)]
    for name in names[:-1]:
        cache.put(name, "1", file)
    assert cache.get(names[0], "1") is file
    cache.put(names[-1], "1", file)

    assert cache.get(names[0], "1") is file
    assert cache.get(names[1], "1") is None
    assert cache.get(names[0], "2") is None


def test_an_explicit_show_makes_every_episode_so(session: Session, episode: Episode) -> None:
    assert b"<itunes:explicit>true</itunes:explicit>" not in body(session, episode.show)
    episode.show.explicit = True

    assert body(session, episode.show).count(b"<itunes:explicit>true</itunes:explicit>") == 2
