"""The player for other people's pages: what it says, what it may, and what is left when it is gone."""

import uuid
from datetime import timedelta

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Episode, EpisodeState
from tests.factories import WHEN, make_account, make_published, make_show
from tests.web.places import client_of
from tests.web.test_route_matrix import RULES

SORRY = "This recording is not available any more."


@pytest.fixture
def episode(session: Session) -> Episode:
    """Public, with words that stand nowhere else."""
    made = make_published(
        session, make_show(session, slug="s", title="Zebra talks"), slug="one", title="Okapi"
    )
    made.content_note = "A death is told."
    session.commit()
    return made


def page_of(answer: TestResponse) -> etree._Element:
    return html5lib.parse(answer.text, "lxml", namespaceHTMLElements=False).getroot()


def words_of(page: etree._Element) -> str:
    return " ".join("".join(page.find(".//body").itertext()).split())


def test_it_has_the_player_the_words_and_a_way_to_the_whole_page(
    client: FlaskClient, episode: Episode
) -> None:
    answer = client.get(f"/embed/{episode.guid}")
    page = page_of(answer)

    assert answer.status_code == 200
    assert page.xpath("//audio/@src")[0].startswith(f"/media/{episode.guid}/")
    assert page.xpath("//a[@download]")
    shown = words_of(page)
    assert shown.index("Zebra talks") < shown.index("Okapi") < shown.index("A death is told.")
    assert "Falls went down" in words_of(page)
    here = "http://127.0.0.1:8000/shows/s/one"
    assert page.xpath("//a[@target='_blank']/@href") == [here]
    assert page.xpath("//link[@rel='canonical']/@href") == [here]
    assert (page.xpath("//nav"), page.xpath("//form[@method='post']"), page.xpath("//iframe")) == ([], [], [])


def test_it_loads_nothing_from_elsewhere_and_runs_nothing_of_its_own(
    client: FlaskClient, episode: Episode
) -> None:
    page = page_of(client.get(f"/embed/{episode.guid}"))

    loaded = page.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href")
    assert all(place.startswith("/") and not place.startswith("//") for place in loaded)
    assert not page.xpath("//@style | //*[@onclick] | //style | //script[not(@src)]")


@pytest.mark.parametrize("gone", [False, True])
def test_whoever_is_signed_in_it_is_the_same_page_for_everybody(
    app: Flask, session: Session, episode: Episode, gone: bool
) -> None:
    owner = make_account(session, is_owner=True)
    session.commit()
    address = f"/embed/{uuid.uuid4() if gone else episode.guid}"
    stranger, known = app.test_client().get(address), client_of(app, owner)[0].get(address)

    assert known.data == stranger.data
    for answer in (stranger, known):
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers
        assert "csrf" not in answer.text
        assert answer.headers["Cache-Control"] == ("no-store" if gone else "public, max-age=60")


@pytest.mark.parametrize("gone", [False, True])
def test_it_may_be_framed_by_anybody(client: FlaskClient, episode: Episode, gone: bool) -> None:
    headers = client.get(f"/embed/{'nonsense' if gone else episode.guid}").headers

    assert "X-Frame-Options" not in headers
    rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert (rules["frame-ancestors"], rules["form-action"]) == ("*", "'none'")
    assert (rules["script-src"], rules["default-src"]) == ("'self'", "'self'")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_its_script_and_style_are_for_frames_without_an_origin(client: FlaskClient) -> None:
    headers = client.get("/static/js/embed.js", buffered=True).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in client.get("/").headers


@pytest.mark.parametrize("key", sorted(key for key in RULES if key[0] != "embed.player"), ids=" ".join)
def test_nothing_else_may(app: Flask, key: tuple[str, str]) -> None:
    @app.before_request
    def stop() -> str:  # whatever the view would say, the headers are those of its address
        return "stopped"

    rule = RULES[key]
    names = {name: uuid.UUID(int=0) if f"uuid:{name}>" in rule.rule else "1" for name in rule.arguments}
    names |= {"what": "bin", "wanted": "now", "kind": "play"}
    with app.test_request_context():
        address = app.url_for(key[0], **names)
    headers = app.test_client().open(address, method=key[1]).headers

    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/embed/", "/embed/x/y", "/embed"])
def test_nor_may_addresses_beside_it(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["X-Frame-Options"] == "DENY"


def test_where_it_is_gone_a_polite_page_tells_nothing_of_it(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    address = f"/embed/{episode.guid}"
    found = {}
    for state in (EpisodeState.unpublished, EpisodeState.draft, EpisodeState.withdrawn):
        episode.state = state
        session.commit()
        found[state.value] = client.get(address)
    episode.state, episode.public_from = EpisodeState.published, WHEN + timedelta(days=50_000)
    session.commit()
    found["not due"] = client.get(address)
    episode.public_from, episode.deleted_at = None, WHEN
    session.commit()
    found["in the bin"] = client.get(address)
    found["never there"] = client.get(f"/embed/{uuid.uuid4()}")
    found["cut off"] = client.get(address[:-3])

    assert {name: answer.status_code for name, answer in found.items()} == {
        "unpublished": 404,
        "draft": 404,
        "withdrawn": 410,
        "not due": 404,
        "in the bin": 404,
        "never there": 404,
        "cut off": 404,
    }
    assert len({answer.data for answer in found.values()}) == 1
    shown = words_of(page_of(found["draft"]))
    assert SORRY in shown
    assert all(word not in found["draft"].text for word in ("Okapi", "Zebra", str(episode.guid), "<audio"))


@pytest.mark.parametrize("text", ["</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_hostile_words_stay_words(client: FlaskClient, session: Session, text: str) -> None:
    show = make_show(session, title=text)
    episode = make_published(session, show, title=text, content_note=text, sentences=(text,))
    session.commit()
    page = page_of(client.get(f"/embed/{episode.guid}"))

    assert not page.xpath("//img[@onerror] | //script[not(@src)]")
    assert words_of(page).count(text) >= 4
