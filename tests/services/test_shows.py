"""Shows: what may be said of them, addresses that stay, and a revision that rises with every change."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.services import shows
from app.services.shows import ShowFields
from tests.factories import WHEN, make_community, make_episode, make_show

PUBLIC_URL = "https://podcasts.example.org"
SAID = ShowFields(title="Voices from the ward", description="Conversations about care.")


def test_shows_with_one_title_get_addresses_of_their_own(session: Session) -> None:
    community = make_community(session)

    slugs = [shows.create(session, community, SAID, PUBLIC_URL, WHEN).slug for _ in range(3)]

    assert slugs == ["voices-from-the-ward", "voices-from-the-ward-2", "voices-from-the-ward-3"]


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Cwm Taf Morgannwg – Straeon", "cwm-taf-morgannwg-straeon"),
        ("Élan & Größe!", "elan-groe"),
        ("東京", "show"),
        ("../../etc", "etc"),
        ("two\r\nlines", "two-lines"),
        ("x" * 200, "x" * 70),
    ],
)
def test_an_address_has_only_letters_digits_and_hyphens(session: Session, title: str, slug: str) -> None:
    show = shows.create(session, make_community(session), replace(SAID, title=title), PUBLIC_URL, WHEN)

    assert show.slug == slug


def test_a_new_title_leaves_the_address_and_raises_the_revision(session: Session) -> None:
    show = shows.create(session, make_community(session), SAID, PUBLIC_URL, WHEN)
    before = show.revision

    shows.edit(session, show, replace(SAID, title="Another title"), WHEN)

    assert (show.slug, show.title, show.revision) == ("voices-from-the-ward", "Another title", before + 1)


@pytest.mark.parametrize(("length", "is_taken"), [(254, True), (255, True), (256, False)])
def test_a_title_has_at_most_255_characters(session: Session, length: int, is_taken: bool) -> None:
    said = replace(SAID, title="t" * length)

    if is_taken:
        assert shows.create(session, make_community(session), said, PUBLIC_URL, WHEN).title == said.title
    else:
        with pytest.raises(Invalid) as refused:
            shows.create(session, make_community(session), said, PUBLIC_URL, WHEN)
        assert list(refused.value.problems) == ["title"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "   "),
        ("description", ""),
        ("description", "d" * 4001),
        ("owner_email", "not an address"),
        ("owner_email", "two@example.org\r\nBcc: x@example.org"),
        ("language", "xx"),
        ("spoken_language", "klingon"),
        ("category", "Cooking"),
        ("subcategory", "Rugby"),
        ("verify_text", "v" * 4001),
    ],
)
def test_what_no_directory_would_take_is_refused_at_its_field(
    session: Session, field: str, value: str
) -> None:
    said = ShowFields(**{**SAID.__dict__, field: value})

    with pytest.raises(Invalid) as refused:
        shows.create(session, make_community(session), said, PUBLIC_URL, WHEN)

    assert list(refused.value.problems) == [{"subcategory": "category"}.get(field, field)]


def test_control_characters_never_reach_a_row(session: Session) -> None:
    said = replace(SAID, title="A\x00 b\x0bad\r\ntitle", description="one\r\ntwo\x1f")

    show = shows.create(session, make_community(session), said, PUBLIC_URL, WHEN)

    assert (show.title, show.description) == ("A bad title", "one\ntwo")


def test_seasons_count_on_and_are_never_twice(session: Session) -> None:
    show = make_show(session)

    first = shows.add_season(session, show, None, "Winter", WHEN)
    second = shows.add_season(session, show, None, "", WHEN)

    assert (first.number, second.number) == (1, 2)
    with pytest.raises(Invalid) as refused:
        shows.add_season(session, show, 2, "", WHEN)
    assert list(refused.value.problems) == ["number"]


def test_a_season_with_episodes_stays(session: Session) -> None:
    show = make_show(session)
    season = shows.add_season(session, show, None, "", WHEN)
    make_episode(session, show, season_id=season.id)

    with pytest.raises(Conflict):
        shows.remove_season(session, show, season.id, WHEN)


def test_a_season_of_another_show_is_not_found(session: Session) -> None:
    season = shows.add_season(session, make_show(session), None, "", WHEN)

    with pytest.raises(NotFound):
        shows.remove_season(session, make_show(session), season.id, WHEN)
