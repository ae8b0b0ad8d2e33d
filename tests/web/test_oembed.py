"""oEmbed 1.0: what other sites ask when somebody pastes the address of an episode."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import html5lib
import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Episode
from tests.factories import make_published, make_show

HERE = "http://127.0.0.1:8000"
PAGE = f"{HERE}/shows/s/one"


@pytest.fixture
def episode(session: Session) -> Episode:
    """With a picture."""
    show = make_show(session, slug="s", title="Steady steps", artwork_sha256="a" * 64)
    made = make_published(session, show, slug="one", title="The handover")
    session.commit()
    return made


def ask(client: FlaskClient, **query: object) -> TestResponse:
    return client.get(f"/oembed?{urlencode(query)}")


def frame_of(html: str) -> etree._Element:
    frames = html5lib.parse(html, "lxml", namespaceHTMLElements=False).getroot().xpath("//body/*")
    assert [frame.tag for frame in frames] == ["iframe"]
    return frames[0]


def as_dict(answer: TestResponse) -> dict[str, str]:
    root = etree.fromstring(answer.data)
    assert root.tag == "oembed"
    return {child.tag: child.text or "" for child in root}


def test_the_address_of_an_episode_is_answered_with_its_frame(client: FlaskClient, episode: Episode) -> None:
    answer = ask(client, url=PAGE)
    said = json.loads(answer.data)
    frame = frame_of(said.pop("html"))

    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert said == {
        "version": "1.0",
        "type": "rich",
        "provider_name": "Hearth",
        "provider_url": f"{HERE}/",
        "title": "The handover",
        "author_name": "The Academy",
        "author_url": f"{HERE}/shows/s",
        "cache_age": 60,
        "width": 640,
        "height": 420,
        "thumbnail_url": f"{HERE}/artwork/{episode.show_id}/{'a' * 12}-640.jpg",
        "thumbnail_width": 640,
        "thumbnail_height": 640,
    }
    assert dict(frame.attrib) == {
        "src": f"{HERE}/embed/{episode.guid}",
        "title": "The handover - Steady steps",
        "width": "640",
        "height": "420",
        "loading": "lazy",
        "style": "border:0;max-width:100%",
    }


def test_xml_says_the_same(client: FlaskClient, episode: Episode) -> None:
    answer = ask(client, url=PAGE, format="xml")

    assert answer.content_type == "text/xml; charset=utf-8"
    said = json.loads(ask(client, url=PAGE, format="json").data)
    assert as_dict(answer) == {name: str(value) for name, value in said.items()}


def test_an_episode_without_a_picture_has_no_thumbnail(client: FlaskClient, session: Session) -> None:
    make_published(session, make_show(session, slug="s"), slug="one")
    session.commit()

    assert not [name for name in json.loads(ask(client, url=PAGE).data) if "thumbnail" in name]


@pytest.mark.parametrize(
    ("query", "size", "picture"),
    [
        ({"maxwidth": 400}, (400, 420), 320),
        ({"maxheight": 300}, (640, 300), None),
        ({"maxwidth": 200, "maxheight": 200}, (200, 200), None),
        ({"maxwidth": 5000, "maxheight": 5000}, (640, 420), 640),
        ({"maxwidth": "wide", "maxheight": -1}, (640, 420), 640),
        ({"maxwidth": "9" * 5000}, (640, 420), 640),
    ],
)
def test_nothing_is_larger_than_wanted(
    client: FlaskClient,
    episode: Episode,
    query: dict[str, object],
    size: tuple[int, int],
    picture: int | None,
) -> None:
    said = json.loads(ask(client, url=PAGE, **query).data)
    frame = frame_of(said["html"])

    assert (said["width"], said["height"]) == size
    assert (frame.get("width"), frame.get("height")) == (str(size[0]), str(size[1]))
    assert said.get("thumbnail_width") == picture


@pytest.mark.parametrize("suffix", ["", "/", "#t=83", "?utm_source=x#t=1:05"])
def test_addresses_as_they_are_pasted_lead_there(client: FlaskClient, episode: Episode, suffix: str) -> None:
    for address in (PAGE, f"{HERE}/embed/{episode.guid}"):
        assert ask(client, url=address + suffix).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        f"{HERE}/",
        f"{HERE}/shows/s",
        f"{HERE}/shows/s/two",
        f"{HERE}/shows/x/one",
        f"{HERE}/embed/00000000-0000-0000-0000-000000000000",
        f"{HERE}/embed/------------------------------------",
        f"{HERE}/studio/",
        f"{HERE}/shows/s/one%00",
        f"{HERE}/shows/s/../s/one",
        "/shows/s/one",
        "shows/s/one",
        "http://127.0.0.1:8001/shows/s/one",
        "https://127.0.0.1:8000/shows/s/one",
        "http://127.0.0.1:8000.evil.example/shows/s/one",
        "http://127.0.0.1:8000@evil.example/shows/s/one",
        "http://evil.example/shows/s/one?http://127.0.0.1:8000/shows/s/one",
        "javascript:alert(1)",
        "x" * 20_000,
    ],
)
@pytest.mark.usefixtures("episode")
def test_other_addresses_are_not_found(client: FlaskClient, address: str) -> None:
    answer = ask(client, url=address)

    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "One" not in answer.text


@pytest.mark.usefixtures("episode")
def test_what_cannot_be_answered_has_the_status_of_the_specification(client: FlaskClient) -> None:
    assert client.get("/oembed").status_code == 400
    assert ask(client, url="").status_code == 400
    assert ask(client, url=PAGE, format="yaml").status_code == 501
    assert ask(client, url=PAGE, format="XML").status_code == 501


@pytest.mark.parametrize(
    "text",
    [
        '"><script>alert(1)</script>',
        "</iframe><img src=x onerror=alert(1)>",
        "]]> & <b> &amp; \u202e",
        "a\x01b\x0b\ufffe\x1f",
        "' onload='alert(1)",
        "{{ 7*7 }}",
    ],
)
def test_hostile_titles_stay_words_in_both_formats(client: FlaskClient, session: Session, text: str) -> None:
    show = make_show(session, slug="s", title=text)
    show.author = text
    make_published(session, show, slug="one", title=text)
    session.commit()
    spoken = text.translate(dict.fromkeys(map(ord, "\x01\x0b\ufffe\x1f")))
    answers = json.loads(ask(client, url=PAGE).data), as_dict(ask(client, url=PAGE, format="xml"))

    for said in answers:
        assert (said["title"], said["author_name"]) == (spoken, spoken)
        frame = frame_of(str(said["html"]))
        assert set(frame.attrib) == {"src", "title", "width", "height", "loading", "style"}
        assert len(frame) == 0


@pytest.mark.usefixtures("episode")
def test_the_page_says_where_oembed_answers_and_shows_the_code(client: FlaskClient) -> None:
    page = html5lib.parse(client.get("/shows/s/one").text, "lxml", namespaceHTMLElements=False).getroot()
    links = {link.get("type"): link.get("href") for link in page.xpath("//link[@rel='alternate']")}

    for form, media_type in (("json", "application/json+oembed"), ("xml", "text/xml+oembed")):
        assert parse_qs(urlsplit(links[media_type]).query) == {"url": [PAGE], "format": [form]}
        assert links[media_type].startswith(f"{HERE}/oembed?")
        assert client.get(links[media_type].removeprefix(HERE)).status_code == 200
    code = page.xpath("//textarea[@id='embed-code'][@readonly]")[0].text
    assert code == json.loads(ask(client, url=PAGE).data)["html"]
