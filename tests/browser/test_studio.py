"""The studio in a real browser: correcting by ear, progress, and pages that everybody can use."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import (
    Account,
    Consent,
    CreditRole,
    Episode,
    EpisodeKind,
    Notice,
    Recording,
    RecordingState,
    SegmentRow,
    Show,
    Step,
    UnansweredSearch,
)
from app.services import people
from tests.factories import (
    WHEN,
    give_chapters,
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_figures,
    make_membership,
    make_published,
    make_recording,
    make_show,
    make_transcript,
)
from tests.web.signing import PASSWORD


@pytest.fixture
def show(session: Session) -> Show:
    """A show of the community in which the facilitator works."""
    return make_show(session, make_community(session, slug="nurses"), slug="voices", title="Voices")


@pytest.fixture
def facilitator(session: Session, show: Show) -> Account:
    """Who looks at the pages."""
    account = make_account(session, name="Amina Facilitator")
    make_membership(session, account, show.community, "facilitator")
    session.commit()
    return account


@pytest.fixture
def sign_in(live_server: str, facilitator: Account) -> Callable[[Page], str]:
    """Sign the facilitator in; gives the address of the service."""

    def enter(page: Page) -> str:
        page.goto(f"{live_server}/sign-in")
        page.locator("[name=email]").fill(facilitator.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return live_server

    return enter


@pytest.fixture
def recorded(session: Session, show: Show, backends: Backends, minute_of_sound: bytes) -> Episode:
    """A story's draft with sound, transcript, people and consent."""
    episode = make_episode(session, show, title="A story", kind=EpisodeKind.story)
    recording = make_recording(session, episode)
    enclosure = make_enclosure(session, recording, minute_of_sound)
    backends.store.put_bytes(enclosure.key, minute_of_sound)
    transcript = make_transcript(session, recording)
    row = transcript.segments[1]
    row.words = [[0, 1, word, 0.2 if word == "nurses" else 0.9] for word in row.text.split()]
    teller = people.add(session, show.community, "Ruth", "", "", WHEN)
    people.credit(session, episode, teller, CreditRole.storyteller, WHEN)
    episode.consents.append(
        Consent(
            person=teller,
            purpose="Publishing",
            how_given="Signed form",
            given_on=date(2026, 3, 1),
            taken_by="Ada",
            created_at=WHEN,
        )
    )
    session.commit()
    return episode


def texts(backends: Backends, episode: Episode) -> list[str]:
    with backends.database.reading() as session:
        query = sa.select(SegmentRow.text).where(SegmentRow.transcript_id == episode.transcript_id)
        return list(session.scalars(query.order_by(SegmentRow.number)))


def test_a_sentence_is_corrected_by_keyboard_alone(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode, backends: Backends
) -> None:
    page.goto(f"{sign_in(page)}/studio/episodes/{recorded.id}/transcript")
    first, second = page.locator(".sentence").nth(0), page.locator(".sentence").nth(1)

    first.get_by_role("link", name="Edit").press("Enter")
    expect(first.get_by_label("Sentence")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Good evening.")
    page.keyboard.press("Enter")

    expect(first.locator("[data-text]")).to_have_text("Good evening.")
    expect(second.get_by_label("Sentence")).to_be_focused()
    page.keyboard.type(" never saved")
    page.keyboard.press("Escape")
    expect(second.get_by_role("link", name="Edit")).to_be_focused()
    assert texts(backends, recorded)[:2] == [
        "Good evening.",
        "Today we talk about how nurses lead change in their teams.",
    ]

    page.get_by_role("button", name="mark as checked").click()
    expect(page.get_by_text("Checked by a person on")).to_be_visible()


def test_a_time_in_the_transcript_plays_from_there(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode
) -> None:
    page.goto(f"{sign_in(page)}/studio/episodes/{recorded.id}/transcript")

    page.get_by_role("button", name="Play from 0:10").click()

    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 10")
    expect(page.locator(".sentence").nth(2)).to_have_class("sentence sentence--now")


def test_somebody_elses_correction_is_shown_and_nothing_typed_is_lost(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode, backends: Backends
) -> None:
    page.goto(f"{sign_in(page)}/studio/episodes/{recorded.id}/transcript")
    sentence = page.locator(".sentence").nth(0)
    sentence.get_by_role("link", name="Edit").click()
    with backends.database.begin() as other:
        row = other.scalars(
            sa.select(SegmentRow).where(
                SegmentRow.transcript_id == recorded.transcript_id, SegmentRow.number == 0
            )
        ).one()
        row.text, row.revision = "Theirs.", 2

    sentence.get_by_label("Sentence").fill("Mine.")
    sentence.get_by_role("button", name="Save").click()

    expect(sentence.get_by_role("alert")).to_contain_text("“Theirs.”")
    expect(sentence.get_by_label("Sentence")).to_have_value("Mine.")
    sentence.get_by_role("button", name="Save").click()
    expect(sentence.locator("[data-text]")).to_have_text("Mine.")
    assert texts(backends, recorded)[0] == "Mine."


def test_progress_is_shown_while_it_happens_and_the_page_is_renewed_at_the_end(
    page: Page, sign_in: Callable[[Page], str], session: Session, show: Show, backends: Backends
) -> None:
    episode = make_episode(session, show)
    recording = make_recording(
        session, episode, state=RecordingState.working, step=Step.transcribe, progress=0.1
    )
    session.commit()
    page.goto(f"{sign_in(page)}/studio/episodes/{episode.id}")
    expect(page.get_by_text("Transcribing 10%")).to_be_visible()

    with backends.database.begin() as worker:
        worker.get_one(Recording, recording.id).progress = 0.6
    expect(page.get_by_text("Transcribing 60%")).to_be_visible()
    with backends.database.begin() as worker:
        row = worker.get_one(Recording, recording.id)
        row.state, row.reason = RecordingState.failed, "The disk is full."

    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_text("The disk is full.")).to_be_visible()


def test_every_page_of_the_studio_can_be_used_by_everybody(
    page: Page,
    sign_in: Callable[[Page], str],
    session: Session,
    recorded: Episode,
    facilitator: Account,
    backends: Backends,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
) -> None:
    published = make_published(session, recorded.show)
    make_figures(session, published, backends.clock().date())
    for words in ("sepsis", "deprescribing" * 6):
        session.add(UnansweredSearch(day=backends.clock().date(), words=words, count=2))
    working = make_episode(session, recorded.show, created_by=facilitator.id)
    make_recording(session, working, state=RecordingState.working, step=Step.master)
    failed = make_episode(session, recorded.show)
    make_recording(session, failed, state=RecordingState.failed, reason="It failed.")
    give_chapters(session, recorded, at_0_00="Welcome", at_0_10="What the night shift taught us " * 6)
    session.commit()
    person, consent = recorded.credits[0].person_id, recorded.consents[0].id
    session.commit()
    paths = [
        "",
        "upload",
        f"upload?episode={published.id}",
        "bin",
        "communities/nurses",
        "communities/nurses/edit",
        "communities/nurses/people",
        "communities/nurses/members",
        "audit",
        "searches",
        "help",
        "communities/nurses/shows/new",
        f"people/{person}",
        "shows/voices",
        "shows/voices/edit",
        "shows/voices/artwork",
        "shows/voices/seasons",
        "shows/voices/doctor",
        *(f"episodes/{episode.id}" for episode in (recorded, published, working, failed)),
        f"episodes/{recorded.id}/edit",
        f"episodes/{recorded.id}/chapters",
        f"episodes/{working.id}/chapters",
        f"episodes/{recorded.id}/people",
        f"episodes/{recorded.id}/schedule",
        f"episodes/{recorded.id}/draft-links",
        f"episodes/{recorded.id}/consent",
        f"episodes/{recorded.id}/consent/{consent}/withdraw",
        f"episodes/{published.id}/withdraw",
        f"episodes/{recorded.id}/transcript",
        f"episodes/{recorded.id}/transcript/1",
    ]
    address = sign_in(page)
    found: list[str] = []

    for path in paths:
        page.set_viewport_size({"width": 320, "height": 700})
        answer = page.goto(f"{address}/studio/{path}")
        assert answer is not None
        if answer.status != 200:
            found.append(f"{path}: {answer.status}")
        for details in page.locator(".listeners summary").all():
            details.click()
        if scrolls_sideways(page):
            found.append(f"{path}: scrolls sideways")
        found += [f"{path}: {problem}" for problem in axe(page)]

    assert found == []


def test_a_form_with_errors_says_so_first(
    page: Page, sign_in: Callable[[Page], str], show: Show, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{sign_in(page)}/studio/shows/{show.slug}/edit")
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Enter the title of the show.").click()
    expect(page.get_by_label("Title")).to_be_focused()
    assert axe(page) == []


def test_a_story_leads_from_one_missing_thing_to_the_next_until_it_can_be_published(
    page: Page, sign_in: Callable[[Page], str], session: Session, recorded: Episode
) -> None:
    recorded.credits.clear()
    recorded.consents.clear()
    session.commit()
    here = f"{sign_in(page)}/studio/episodes/{recorded.id}"
    page.goto(here)
    page.get_by_role("link", name="Check the transcript").click()
    page.get_by_role("button", name="mark as checked").click()

    page.goto(here)
    page.get_by_role("link", name="Name the storyteller").click()
    page.get_by_label("Or the name of somebody new").fill("Grace")
    page.get_by_role("button", name="Add this person").click()
    page.get_by_role("link", name="Record the consent").click()
    page.get_by_label("Who agreed?").select_option(label="Grace")
    page.get_by_label("What did they agree to?").fill("Publishing")
    page.get_by_label("How did they agree?").fill("On the form")
    page.get_by_label("When did they agree?").fill("2026-03-01")
    page.get_by_role("button", name="Record the consent").click()
    page.get_by_role("button", name="Publish", exact=True).click()

    expect(page.get_by_role("heading", name="Published")).to_be_visible()


def test_a_consent_form_sent_empty_says_everything_that_is_missing(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode
) -> None:
    page.goto(f"{sign_in(page)}/studio/episodes/{recorded.id}/consent")
    page.get_by_label("Who asked them?").fill("")
    page.get_by_role("button", name="Record the consent").click()

    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(5)


def test_somebody_who_is_named_in_an_episode_stays_and_the_page_says_why(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode
) -> None:
    page.goto(f"{sign_in(page)}/studio/people/{recorded.credits[0].person_id}")
    page.get_by_role("button", name="Remove this person").click()

    expect(page.get_by_role("heading", level=1, name="Ruth")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("named in an episode")


def test_a_number_that_is_none_is_answered_in_plain_words(
    page: Page, sign_in: Callable[[Page], str], recorded: Episode
) -> None:
    page.goto(f"{sign_in(page)}/studio/episodes/{recorded.id}/edit")
    page.get_by_label("Number").fill("three")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="Enter a whole number, such as 3.").click()
    expect(page.get_by_label("Number")).to_be_focused()


def test_news_that_stands_under_needs_you_is_not_said_twice(
    page: Page, sign_in: Callable[[Page], str], session: Session, show: Show, facilitator: Account
) -> None:
    episode = make_episode(session, show)
    make_recording(session, episode, state=RecordingState.failed, reason="The disk is full.")
    for kind, text in (("failed", "The disk is full."), ("refused", "Old news.")):
        about = {"account_id": facilitator.id, "episode_id": episode.id}
        session.add(Notice(**about, kind=kind, text=text, created_at=WHEN))
    session.commit()
    page.goto(f"{sign_in(page)}/studio/")

    expect(page.get_by_text("The disk is full.")).to_have_count(1)
    expect(page.get_by_text("Old news.")).to_have_count(0)
