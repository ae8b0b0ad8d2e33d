"""Times that a producer writes into the notes, and chapters: links to the moment, wherever they are read."""

import json

import html5lib
import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy.orm import Session

from app.models import Episode
from tests.factories import give_chapters, make_published, make_show
from tests.feeds.reading import parse

HERE = "http://127.0.0.1:8000/shows/s/one"
NOTES = "From 0:30: see https://example.org/list. Not at 12:30."


@pytest.fixture
def episode(session: Session) -> Episode:
    """A minute of sound, with notes."""
    made = make_published(session, make_show(session, slug="s"), slug="one", notes=NOTES)
    session.refresh(made, ["enclosure"])
    session.commit()
    return made


def page_of(client: FlaskClient) -> etree._Element:
    text = client.get("/shows/s/one").text
    return html5lib.parse(text, "lxml", namespaceHTMLElements=False).getroot()


@pytest.mark.usefixtures("episode")
def test_on_the_page_a_time_is_a_link_that_plays(client: FlaskClient) -> None:
    links = page_of(client).xpath("//*[@aria-labelledby='notes']//a")

    assert [(link.get("href"), link.get("data-moment")) for link in links] == [
        ("#t=30", "30"),
        ("https://example.org/list", None),
    ]


@pytest.mark.usefixtures("episode")
def test_in_the_feed_it_has_the_address_of_the_page(client: FlaskClient) -> None:
    item = parse(client.get("/shows/s/feed.xml").data).find("channel/item")
    assert item is not None
    said = html5lib.parseFragment(item.findtext("description"), namespaceHTMLElements=False)

    assert [link.get("href") for link in said.iter("a")] == [f"{HERE}#t=30", "https://example.org/list"]


def test_a_longer_recording_makes_more_moments(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    assert episode.enclosure is not None
    episode.enclosure.duration_ms = 3_600_000
    session.commit()

    assert page_of(client).xpath("//*[@aria-labelledby='notes']//@data-moment") == ["30", "750"]


def test_search_engines_find_the_chapters_by_their_addresses(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    give_chapters(session, episode, at_0_00="Welcome", at_0_40="</script> & thanks")
    session.commit()
    data = json.loads(page_of(client).xpath("//script[@type='application/ld+json']/text()")[0])

    assert [(one["name"], one["startOffset"], one["endOffset"], one["url"]) for one in data["hasPart"]] == [
        ("Welcome", 0, 40, f"{HERE}#t=0"),
        ("</script> & thanks", 40, 60, f"{HERE}#t=40"),
    ]
