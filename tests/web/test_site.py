"""The public pages as a reader without a script gets them."""

import json
from datetime import timedelta

import html5lib
import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.backends import Backends
from app.models import (
    Chapter,
    Consent,
    Credit,
    CreditRole,
    EpisodeKind,
    EpisodeState,
    Person,
    Season,
    ShowOrder,
)
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_published,
    make_recording,
    make_show,
    make_transcript,
)


def page_of(response: TestResponse) -> etree._Element:
    assert response.status_code == 200
    return html5lib.parse(response.get_data(as_text=True), "lxml", namespaceHTMLElements=False).getroot()


def words_of(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def titles(page: etree._Element) -> list[str]:
    return [words_of(line) for line in page.iter() if "line__title" in (line.get("class") or "")]


def test_an_empty_home_says_what_to_do(client: FlaskClient) -> None:
    page = page_of(client.get("/"))

    assert "Nothing has been published yet." in words_of(page)
    assert page.xpath("//main//a[@href='/sign-in']")


def test_home_lists_newest_first_and_only_what_is_public(client: FlaskClient, session: Session) -> None:
    show = make_show(session)
    make_published(session, show, title="Older", published_at=WHEN)
    make_published(session, show, title="Newer", published_at=WHEN + timedelta(days=1))
    make_episode(session, show, title="Draft")
    make_published(session, show, title="Binned").deleted_at = WHEN
    session.commit()

    assert titles(page_of(client.get("/"))) == ["Newer", "Older"]


def test_a_community_shows_its_elements_links_and_people(client: FlaskClient, session: Session) -> None:
    community = make_community(
        session,
        slug="safety",
        domain="Avoidable harm",
        practice="Huddles",
        learning_agenda="- Nights",
        links=[
            {"title": "Checklist", "url": "https://example.org/list"},
            {"title": "Bad", "url": "javascript:alert(1)"},
        ],
        contact_email="safety@example.org",
    )
    make_published(session, make_show(session, community, title="The Ward Round"))
    session.commit()
    page = page_of(client.get("/communities/safety"))

    shown = words_of(page.find(".//main"))
    for expected in ("Avoidable harm", "Huddles", "Nights", "Checklist", "The Ward Round", "Ada Host"):
        assert expected in shown
    assert not page.xpath("//a[starts-with(@href, 'javascript:')]")


def test_people_of_drafts_are_not_shown(client: FlaskClient, session: Session) -> None:
    community = make_community(session, slug="safety")
    make_published(session, make_show(session, community)).state = EpisodeState.unpublished
    session.commit()

    assert "Ada Host" not in client.get("/communities/safety").get_data(as_text=True)


def test_a_show_offers_its_feed_and_groups_episodes_by_season(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="rounds")
    for number in (1, 2):
        season = Season(show=show, number=number, name="")
        session.add(season)
        session.flush()
        make_published(session, show, title=f"In season {number}", season_id=season.id)
    make_published(session, show, title="In none")
    session.commit()
    page = page_of(client.get("/shows/rounds"))

    assert titles(page) == ["In season 2", "In season 1", "In none"]
    feed = "http://127.0.0.1:8000/shows/rounds/feed.xml"
    assert page.xpath("//input[@id='feed-address']/@value") == [feed]
    assert page.xpath("//link[@rel='alternate']/@href") == [feed]


def test_serial_shows_begin_at_the_beginning(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="serial", order=ShowOrder.serial)
    make_published(session, show, title="Two", number=2, published_at=WHEN + timedelta(days=1))
    make_published(session, show, title="One", number=1, published_at=WHEN)
    session.commit()

    assert titles(page_of(client.get("/shows/serial"))) == ["One", "Two"]


def test_a_long_show_has_pages_and_every_episode_once(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="long")
    for number in range(45):
        make_published(session, show, title=f"Episode {number}", published_at=WHEN + timedelta(days=number))
    session.commit()
    first, second = (titles(page_of(client.get(f"/shows/long?page={page}"))) for page in (1, 2))

    assert first + second == [f"Episode {number}" for number in reversed(range(45))]
    assert titles(page_of(client.get("/shows/long?page=99"))) == second
    assert titles(page_of(client.get("/shows/long?page=x"))) == first


def test_an_episode_can_be_heard_and_read_without_scripts(client: FlaskClient, session: Session) -> None:
    episode = make_published(session, make_show(session, slug="rounds"), slug="one", notes="See *this*.")
    episode.chapters.append(Chapter(start_ms=10_000, title="Falls"))
    session.commit()
    page = page_of(client.get("/shows/rounds/one"))

    sound = page.xpath("//audio[@controls][@preload='metadata']/@src")[0]
    assert sound.startswith(f"/media/{episode.guid}/")
    shown = words_of(page.xpath("//*[@id='transcript']")[0])
    assert "Falls went down after we moved the handover to the bedside." in shown
    assert "Machine transcript by Whisper base, not checked." in shown
    assert page.xpath("//*[@id='t=10']/text()") == [
        "Falls went down after we moved the handover to the bedside."
    ]
    assert f"{sound}#t=10" in page.xpath("//nav[@aria-labelledby='chapters']//a/@href")
    assert page.xpath("//a[@download]")[0].get("href").startswith(sound)
    assert page.xpath("//em/text()") == ["this"]


def test_a_checked_transcript_says_so_and_when(client: FlaskClient, session: Session) -> None:
    episode = make_published(session, make_show(session, slug="rounds"), slug="one")
    session.refresh(episode, ["transcript"])
    assert episode.transcript is not None
    episode.transcript.checked_at = WHEN
    session.commit()

    assert "Checked by a person on 2 March 2026." in client.get("/shows/rounds/one").get_data(as_text=True)


def test_a_story_is_called_one_and_its_content_note_comes_first(
    client: FlaskClient, session: Session
) -> None:
    episode = make_episode(
        session,
        make_show(session, slug="s"),
        slug="one",
        kind=EpisodeKind.story,
        content_note="A death is told.",
    )
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    make_transcript(session, recording, checked_at=WHEN)
    teller = Person(community_id=episode.show.community_id, public_name="Bea", created_at=WHEN)
    episode.credits.append(Credit(person=teller, role=CreditRole.storyteller))
    agreed = {"purpose": "Publish", "how_given": "In writing", "taken_by": "Ada", "created_at": WHEN}
    episode.consents.append(Consent(person=teller, given_on=WHEN.date(), **agreed))
    session.flush()
    episode.state, episode.published_at = EpisodeState.published, WHEN
    session.commit()
    shown = client.get("/shows/s/one").get_data(as_text=True)

    assert ">Story</p>" in shown
    assert shown.index("A death is told.") < shown.index("<audio")


def test_speakers_are_named_once_a_turn(client: FlaskClient, session: Session) -> None:
    episode = make_published(session, make_show(session, slug="s"), slug="one")
    session.refresh(episode, ["transcript"])
    assert episode.transcript is not None
    for row, speaker in zip(episode.transcript.segments, ("Ada", "Ada", "Bea", "Ada"), strict=True):
        row.speaker = speaker
    session.commit()
    page = page_of(client.get("/shows/s/one"))

    assert page.xpath("//p[@class='turn__speaker']/text()") == ["Ada", "Bea", "Ada"]


def test_neighbours_are_public_and_of_the_same_show(client: FlaskClient, session: Session) -> None:
    show = make_show(session, slug="s")
    for day, slug in enumerate(("before", "here", "hidden", "after")):
        episode = make_published(session, show, slug=slug, published_at=WHEN + timedelta(days=day))
        if slug == "hidden":
            episode.state = EpisodeState.unpublished
    make_published(session, slug="elsewhere", published_at=WHEN + timedelta(hours=30))
    session.commit()
    page = page_of(client.get("/shows/s/here"))

    assert page.xpath("//a[@rel='prev']/@href") == ["/shows/s/before"]
    assert page.xpath("//a[@rel='next']/@href") == ["/shows/s/after"]


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
)
def test_hostile_words_stay_words_everywhere(client: FlaskClient, session: Session, text: str) -> None:
    community = make_community(session, slug="c", name=text, domain=text)
    show = make_show(session, community, slug="s", title=text, description=text)
    episode = make_published(session, show, slug="one", title=text, notes=text, sentences=(text,))
    episode.summary = episode.content_note = text
    episode.chapters.append(Chapter(start_ms=0, title=text))
    session.commit()

    for address in ("/", "/communities", "/communities/c", "/shows/s", "/shows/s/one"):
        page = page_of(client.get(address))
        assert not page.xpath("//img[@onerror]")
        assert all(
            "alert" not in (script.text or "") for script in page.iter("script") if not script.get("type")
        )
        assert text in words_of(page.find(".//main"))


def test_linked_data_describes_the_episode(client: FlaskClient, session: Session) -> None:
    episode = make_published(session, make_show(session, slug="s"), slug="one", title="A & B </script>")
    session.commit()
    page = page_of(client.get("/shows/s/one"))
    data = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])

    assert data["@type"] == "PodcastEpisode"
    assert data["name"] == "A & B </script>"
    assert data["url"] == "http://127.0.0.1:8000/shows/s/one"
    assert data["associatedMedia"]["contentUrl"].startswith(f"http://127.0.0.1:8000/media/{episode.guid}/")
    assert data["author"] == [{"@type": "Person", "name": "Ada Host"}]
    assert page.xpath("//meta[@property='og:url']/@content") == [data["url"]]


@pytest.mark.parametrize("state", [EpisodeState.draft, EpisodeState.unpublished])
def test_what_is_not_public_is_not_found(client: FlaskClient, session: Session, state: EpisodeState) -> None:
    make_published(session, make_show(session, slug="s"), slug="one").state = state
    session.commit()

    assert client.get("/shows/s/one").status_code == 404
    assert "/shows/s/one" not in client.get("/sitemap.xml").get_data(as_text=True)


def test_a_withdrawn_episode_is_gone_without_its_words(client: FlaskClient, session: Session) -> None:
    episode = make_published(session, make_show(session, slug="s"), slug="one", title="The secret title")
    episode.state = EpisodeState.withdrawn
    session.commit()
    response = client.get("/shows/s/one")

    assert response.status_code == 410
    assert "withdrawn" in response.get_data(as_text=True)
    assert "secret" not in response.get_data(as_text=True)


def test_the_sitemap_has_every_public_page(client: FlaskClient, session: Session) -> None:
    make_published(session, make_show(session, make_community(session, slug="c"), slug="s"), slug="one")
    session.commit()
    response = client.get("/sitemap.xml")
    places = etree.fromstring(response.data).xpath("//*[local-name()='loc']/text()")

    host = "http://127.0.0.1:8000"
    assert places == [
        f"{host}/",
        *(f"{host}/{at}" for at in ("communities", "communities/c", "shows/s", "shows/s/one")),
    ]
    assert f"{host}/sitemap.xml" in client.get("/robots.txt").get_data(as_text=True)


def test_reading_sets_no_cookie_and_loads_nothing_from_elsewhere(
    client: FlaskClient, session: Session
) -> None:
    make_published(session, make_show(session, make_community(session, slug="c"), slug="s"), slug="one")
    session.commit()

    for address in (
        "/",
        "/communities/c",
        "/shows/s",
        "/shows/s/one",
        "/search?q=falls",
        "/privacy",
        "/accessibility",
    ):
        response = client.get(address)
        page = page_of(response)
        assert "Set-Cookie" not in response.headers
        loaded = page.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href")
        assert all(place.startswith("/") and not place.startswith("//") for place in loaded)
        assert not page.xpath("//@style | //*[@onclick] | //style | //script[not(@src) and not(@type)]")


def test_every_page_has_one_main_heading_a_language_and_a_title_of_its_own(
    client: FlaskClient, session: Session
) -> None:
    make_published(session, make_show(session, make_community(session, slug="c"), slug="s"), slug="one")
    session.commit()
    seen = set()
    for address in ("/", "/communities", "/communities/c", "/shows/s", "/shows/s/one", "/search", "/privacy"):
        page = page_of(client.get(address))
        assert len(page.xpath("//h1")) == 1
        assert page.get("lang") == "en-GB"
        title = words_of(page.find(".//title"))
        assert title.endswith(" - Hearth")
        seen.add(title)

    assert len(seen) == 7


def test_the_studio_is_offered_to_those_who_may_enter(client: FlaskClient, session: Session) -> None:
    make_account(session, email="owner@example.org", is_owner=True)
    session.commit()
    form = page_of(client.get("/sign-in"))
    client.post(
        "/sign-in",
        data={
            "email": "owner@example.org",
            "password": "correct horse battery",
            "csrf_token": form.xpath("//main//input[@name='csrf_token']/@value")[0],
        },
    )
    page = page_of(client.get("/"))

    assert page.xpath("//header//a[@href='/studio/']")
    assert page.xpath("//header//form[@action='/sign-out']//input[@name='csrf_token']/@value")
    assert not page.xpath("//header//a[@href='/sign-in']")


def test_the_number_of_queries_does_not_grow_with_the_list(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    show = make_show(session, slug="s")

    def queries() -> int:
        session.commit()
        counted: list[str] = []

        def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            counted.append(statement)

        event.listen(backends.database.engine, "before_cursor_execute", count)
        client.get("/shows/s")
        client.get("/")
        event.remove(backends.database.engine, "before_cursor_execute", count)
        return len(counted)

    make_published(session, show)
    few = queries()
    for _ in range(10):
        make_published(session, show)

    assert queries() == few


def test_static_addresses_carry_their_hash_and_may_be_kept(client: FlaskClient) -> None:
    page = page_of(client.get("/"))
    address = next(place for place in page.xpath("//link/@href") if "hearth.css" in place)
    with client.get(address) as versioned, client.get("/static/css/hearth.css") as plain:
        assert "?v=" in address
        assert "immutable" in versioned.headers["Cache-Control"]
        assert "immutable" not in plain.headers["Cache-Control"]
