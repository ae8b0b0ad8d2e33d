"""The chapters' page as a browser without a script gets it."""

import html5lib
import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models import Episode
from tests.factories import (
    give_chapters,
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
def episode(client: FlaskClient, session: Session) -> Episode:
    """A published episode of a minute; its producer is signed in."""
    community = make_community(session)
    producer = make_account(session)
    make_membership(session, producer, community, "producer")
    made = make_published(session, make_show(session, community))
    session.refresh(made, ["enclosure"])
    give_chapters(session, made, at_0_00="Welcome", at_0_30="Falls")
    session.commit()
    sign_in(client, producer)
    return made


def page_of(answer: TestResponse) -> etree._Element:
    return html5lib.parse(answer.text, "lxml", namespaceHTMLElements=False).getroot()


def seen(client: FlaskClient, address: str) -> str:
    return str(page_of(client.get(address)).xpath("//input[@name='seen']/@value")[0])


def titles(episode: Episode) -> list[str]:
    return [chapter.title for chapter in episode.chapters]


def test_the_rows_there_are_and_five_to_write_into_each_named(client: FlaskClient, episode: Episode) -> None:
    page = page_of(client.get(f"/studio/episodes/{episode.id}/chapters"))

    assert page.xpath("//form//input[@name='start']/@value") == ["0:00", "0:30", "", "", "", "", ""]
    fields = page.xpath("//form//input[@name='start' or @name='title']/@id")
    assert [bool(page.xpath(f"//label[@for='{one}']")) for one in fields] == [True] * 14
    assert page.xpath("//form//audio/@src") == [f"/studio/episodes/{episode.id}/sound"]


def test_saving_puts_the_rows_in_order_and_the_page_json_and_feed_follow(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    address = f"/studio/episodes/{episode.id}/chapters"
    revision = episode.show.revision
    session.commit()

    answer = post(
        client,
        address,
        seen=seen(client, address),
        start=["0:40", "0:00", "", "0:20"],
        title=["Thanks", "Welcome back", "", "Falls"],
    )

    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    fresh(session, episode)
    fresh(session, episode.show)
    assert titles(episode) == ["Welcome back", "Falls", "Thanks"]
    assert episode.show.revision > revision
    said = client.get(f"/chapters/{episode.guid}.json").get_json(force=True)["chapters"]
    assert said[1:] == [{"startTime": 20, "title": "Falls"}, {"startTime": 40, "title": "Thanks"}]
    assert "Welcome back" in client.get(f"/shows/{episode.show.slug}/{episode.slug}").text


def test_a_wrong_cell_is_named_first_linked_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    address = f"/studio/episodes/{episode.id}/chapters"

    answer = post(
        client, address, seen=seen(client, address), start=["", "0:99"], title=["", "<b>Falls</b> & “more”"]
    )
    page = page_of(answer)

    assert answer.status_code == 422
    assert page.xpath("//title/text()")[0].startswith("Error: ")
    assert page.xpath("//*[@role='alert']//a/@href") == ["#start-0"]
    wrong = page.xpath("//input[@id='start-0']")[0]
    assert (wrong.get("value"), page.xpath("//input[@id='title-0']/@value")) == (
        "0:99",
        ["<b>Falls</b> & “more”"],
    )
    assert page.xpath(f"//*[@id='{wrong.get('aria-describedby')}']")
    fresh(session, episode)
    assert titles(episode) == ["Welcome", "Falls"]


def test_two_people_at_once_lose_nothing(client: FlaskClient, session: Session, episode: Episode) -> None:
    address = f"/studio/episodes/{episode.id}/chapters"
    old = seen(client, address)
    give_chapters(session, episode, at_0_00="Theirs")
    session.commit()

    answer = post(client, address, seen=old, start=["0:00"], title=["Mine"])
    page = page_of(answer)

    assert answer.status_code == 409
    assert "Theirs" in "".join(page.xpath("//*[@role='alert']")[0].itertext())
    assert page.xpath("//form//input[@id='title-0']/@value") == ["Mine"]
    now = page.xpath("//input[@name='seen']/@value")[0]
    assert post(client, address, seen=now, start=["0:00"], title=["Mine"]).status_code == 302
    fresh(session, episode)
    assert titles(episode) == ["Mine"]


def test_more_rows_than_there_may_be_are_answered_with_a_page_of_a_sane_size(
    client: FlaskClient, episode: Episode
) -> None:
    address = f"/studio/episodes/{episode.id}/chapters"
    data = {
        "csrf_token": page_of(client.get(address)).xpath("//form//input[@name='csrf_token']/@value")[-1],
        "start": ["1"] * 20_000,
        "title": ["x"] * 20_000,
    }

    answer = client.post(address, data=data)

    assert answer.status_code == 422
    assert "Use 300 chapters or fewer." in answer.text
    assert len(page_of(answer).xpath("//form//tbody/tr")) == 320


def test_a_draft_without_sound_can_have_its_chapters_written(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    draft = make_episode(session, episode.show)
    session.commit()
    address = f"/studio/episodes/{draft.id}/chapters"

    assert "<audio" not in client.get(address).text
    assert (
        post(client, address, seen=seen(client, address), start=["9:00"], title=["Later"]).status_code == 302
    )
    fresh(session, draft)
    assert titles(draft) == ["Later"]
