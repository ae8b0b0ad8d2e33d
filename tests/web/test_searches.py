"""A search without an answer: when its words are kept, and who sees them."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.counting import searches as lines
from app.counting import spool
from app.models import UnansweredSearch
from app.pipeline.searching import count_searches
from tests.factories import WHEN, make_account, make_community, make_membership, make_show
from tests.web.signing import sign_in
from tests.web.test_search_page import make_found

AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def kept(backends: Backends) -> list[str]:
    """The words that are in the spool."""
    files = spool.files(backends.settings.data / lines.FOLDER)
    return [one.words for path in files for one in lines.read(path, 0)[0]]


def look(client: FlaskClient, query: str, **headers: str) -> None:
    answer = client.get(f"/search?q={query}", headers=AGENT | headers)
    assert answer.status_code == 200


def test_words_that_find_nothing_are_kept(client: FlaskClient, session: Session, backends: Backends) -> None:
    make_found(session)
    session.commit()

    look(client, "Kingfisher")
    look(client, "bedside")  # found
    look(client, "bedsied")  # found as something that was perhaps meant
    look(client, "")

    assert kept(backends) == ["kingfisher"]


@pytest.mark.parametrize(
    "query",
    [
        "943+476+5919",
        "ada%40example.org",
        "x" * 81,
        "sepsis&since=2026-03-01",
        "sepsis&until=2026-03-01",
        "sepsis&community=gone",
        "sepsis&person=00000000-0000-0000-0000-000000000000",
        "sepsis&format=json",
    ],
)
def test_other_searches_are_not_kept(client: FlaskClient, backends: Backends, query: str) -> None:
    look(client, query)

    assert kept(backends) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"DNT": "1"},
        {"Sec-GPC": "1"},
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "Googlebot/2.1"},
        {"Referer": "http://127.0.0.1:8000/studio/searches"},
    ],
)
def test_who_asks_not_to_be_counted_and_who_is_nobody_is_not(
    client: FlaskClient, backends: Backends, headers: dict[str, str]
) -> None:
    look(client, "sepsis", **headers)

    assert kept(backends) == []


def test_facilitators_see_what_was_missed_in_their_communities_and_everywhere(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    mine, other = make_community(session, slug="mine", name="Nurses"), make_community(session, slug="other")
    make_found(session, make_show(session, mine, slug="ward"))
    account = make_account(session)
    make_membership(session, account, mine, "facilitator")
    session.commit()
    asked = ("sepsis", "sepsis", "delirium&community=mine", "frailty&show=ward", "secretword&community=other")
    for query in asked:
        look(client, query)
    count_searches(backends)
    sign_in(client, account)

    page = client.get("/studio/searches").text

    assert re.findall(r'row__title"[^>]*>([^<]+)<', page) == ["sepsis", "delirium", "frailty"]
    assert "2 times, last on" in page
    assert page.count("in Nurses") == 2
    assert "secretword" not in page
    assert 'href="/search?q=delirium&amp;community=mine"' in page
    assert other.name not in page


def test_the_owner_sees_all_and_producers_none(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    community = make_community(session)
    owner, producer = make_account(session, is_owner=True), make_account(session)
    make_membership(session, producer, community, "producer")
    day, hostile = WHEN.date(), "<script>alert(1)</script>"
    session.add(UnansweredSearch(day=day, community_id=community.id, words=hostile, count=1))
    session.commit()
    sign_in(client, producer)
    assert client.get("/studio/searches").status_code == 403
    assert "/studio/searches" not in client.get("/studio/").text
    client.delete_cookie("hearth")
    sign_in(client, owner)

    page = client.get("/studio/searches").text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert hostile not in page


def test_an_empty_list_says_what_will_come(client: FlaskClient, session: Session) -> None:
    owner = make_account(session, is_owner=True)
    session.commit()
    sign_in(client, owner)

    assert "Nothing yet. When somebody searches" in client.get("/studio/searches").text
