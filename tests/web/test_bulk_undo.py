"""Several episodes at once, and taking back what was removed a moment ago."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Account, Community, CreditRole, Episode, EpisodeState, Season, Show
from app.services import people
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_episode,
    make_membership,
    make_published,
    make_show,
)
from tests.web.signing import sign_in
from tests.web.studio import fresh, post


@pytest.fixture
def community(session: Session) -> Community:
    """Where it happens."""
    return make_community(session, slug="c")


@pytest.fixture
def facilitator(client: FlaskClient, session: Session, community: Community) -> Account:
    """Who does it; signed in at the client."""
    account = make_account(session)
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def show(session: Session, community: Community, facilitator: Account) -> Show:
    """A show with two published episodes and a draft without sound."""
    made = make_show(session, community, slug="s")
    make_published(session, made, title="One")
    make_published(session, made, title="Two")
    make_episode(session, made, title="Three")
    session.commit()
    return made


def states(session: Session, show: Show) -> dict[str, str]:
    """How each episode of the show stands."""
    session.commit()
    rows = session.query(Episode).filter_by(show_id=show.id).order_by(Episode.title).populate_existing()
    found = {e.title: "bin" if e.deleted_at else e.state.value for e in rows}
    session.commit()
    return found


def ids(session: Session, show: Show) -> list[str]:
    found = [str(e.id) for e in session.query(Episode).filter_by(show_id=show.id)]
    session.commit()
    return found


def press_undo(client: FlaskClient, page: str) -> TestResponse:
    """Send the form of the one Undo button on the page."""
    form = re.search(r'<form method="post" action="([^"]+)">(?:(?!</form>).)*>Undo</button>', page, re.DOTALL)
    assert form, page
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))
    return post(client, form[1], **{name: value for name, value in fields.items() if name != "csrf_token"})


def test_several_episodes_are_changed_after_one_question(
    client: FlaskClient, session: Session, show: Show
) -> None:
    chosen = ids(session, show)
    asked = post(client, "/studio/shows/s/episodes/unpublish", episode=chosen)
    assert all(name in asked.text for name in ("Unpublish these episodes", "One", "Two", "Three"))
    assert states(session, show) == {"One": "published", "Three": "draft", "Two": "published"}

    post(client, "/studio/shows/s/episodes/unpublish", episode=chosen, sure="yes")

    assert states(session, show) == {"One": "unpublished", "Three": "draft", "Two": "unpublished"}
    page = client.get("/studio/shows/s").text
    assert "2 episodes: no longer public." in page
    assert "“Three” was left as it was. It is not published." in page


def test_what_went_to_the_bin_together_comes_back_together(
    client: FlaskClient, session: Session, show: Show
) -> None:
    post(client, "/studio/shows/s/episodes/bin", episode=ids(session, show), sure="yes")
    assert set(states(session, show).values()) == {"bin"}

    press_undo(client, client.get("/studio/shows/s").text)

    assert states(session, show) == {"One": "unpublished", "Three": "draft", "Two": "unpublished"}


@pytest.mark.parametrize("chosen", [[], ["x"], ["00000000-0000-0000-0000-000000000000"]])
def test_nothing_chosen_is_said(client: FlaskClient, session: Session, show: Show, chosen: list[str]) -> None:
    post(client, "/studio/shows/s/episodes/bin", episode=chosen, sure="yes")

    assert "bin" not in states(session, show).values()
    assert "Choose at least one episode first." in client.get("/studio/shows/s").text


def test_episodes_of_another_show_are_not_known_here(
    client: FlaskClient, session: Session, show: Show
) -> None:
    other = make_published(session)
    session.commit()
    post(client, "/studio/shows/s/episodes/bin", episode=[str(other.id)], sure="yes")

    fresh(session, other)
    assert (other.state, other.deleted_at) == (EpisodeState.published, None)


def test_an_episode_comes_back_from_the_bin_as_public_as_it_was(
    client: FlaskClient, session: Session, show: Show
) -> None:
    one = next(e for e in session.query(Episode).filter_by(title="One"))
    session.commit()
    at = f"/studio/episodes/{one.id}"
    post(client, f"{at}/bin")
    assert states(session, show)["One"] == "bin"

    press_undo(client, client.get(at).text)

    assert states(session, show)["One"] == "published"


def test_a_credit_a_person_and_a_season_come_back(
    client: FlaskClient, session: Session, show: Show, community: Community
) -> None:
    episode = next(e for e in session.query(Episode).filter_by(title="Three"))
    person = people.add(session, community, "Ruth", "Nurse", "", WHEN)
    people.credit(session, episode, person, CreditRole.guest, WHEN)
    free = people.add(session, community, "Bea", "Carer", "https://example.org/", WHEN)
    season = Season(show=show, number=3, name="Spring")
    session.add(season)
    session.commit()

    for remove, look in (
        (
            f"/studio/episodes/{episode.id}/people/{episode.credits[0].id}/remove",
            f"/studio/episodes/{episode.id}",
        ),
        (f"/studio/people/{free.id}/remove", "/studio/communities/c/people"),
        (f"/studio/shows/s/seasons/{season.id}/remove", "/studio/shows/s/seasons"),
    ):
        session.commit()
        post(client, remove)
        press_undo(client, client.get(look).text)

    session.expire_all()
    assert [(c.person.public_name, c.role) for c in episode.credits] == [("Ruth", CreditRole.guest)]
    assert [(s.number, s.name) for s in show.seasons] == [(3, "Spring")]
    again = people.of_community(session, community.id)
    assert ("Bea", "Carer", "https://example.org/") in [(p.public_name, p.about, p.link) for p in again]
