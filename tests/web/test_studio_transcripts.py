"""Correcting a transcript sentence by sentence, and the records of consent."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Account, Community, Episode, SegmentRow
from tests.factories import (
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_membership,
    make_recording,
    make_show,
    make_transcript,
)
from tests.web.signing import csrf_token, sign_in
from tests.web.studio import fresh, post


@pytest.fixture
def community(session: Session) -> Community:
    """Where the facilitator works."""
    return make_community(session, slug="nurses", name="Nurses")


@pytest.fixture
def facilitator(session: Session, community: Community, client: FlaskClient) -> Account:
    """Signed in with the client."""
    account = make_account(session, name="Amina Facilitator")
    make_membership(session, account, community, "facilitator")
    session.commit()
    sign_in(client, account)
    return account


@pytest.fixture
def recorded(session: Session, community: Community, facilitator: Account) -> Episode:
    """A draft with a transcript."""
    episode = make_episode(session, make_show(session, community))
    recording = make_recording(session, episode)
    make_enclosure(session, recording)
    make_transcript(session, recording)
    session.commit()
    return episode


def sentence(session: Session, episode: Episode, number: int) -> SegmentRow:
    session.commit()
    query = sa.select(SegmentRow).where(
        SegmentRow.transcript_id == episode.transcript_id, SegmentRow.number == number
    )
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    session.commit()
    return row


def seen(episode: Episode, revision: int) -> dict[str, str]:
    """What the page keeps hidden: which transcript, and which state of it or of the sentence."""
    return {"transcript": str(episode.transcript_id), "revision": str(revision)}


def test_words_that_the_machine_was_unsure_of_are_marked(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    row = sentence(session, recorded, 1)
    row.words = [[0, 1, word, 0.2 if word == "nurses" else 0.9] for word in row.text.split()]
    session.commit()

    page = client.get(f"/studio/episodes/{recorded.id}/transcript").text

    assert page.count('<mark class="risky">') == 2  # the word, and the explanation of the mark
    assert '<mark class="risky">nurses</mark>' in page


def test_a_sentence_is_corrected_without_a_script(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    at = f"/studio/episodes/{recorded.id}/transcript/1"

    answer = post(client, at, text="Today we talk about <b>nurses</b>.", **seen(recorded, 1))

    row = sentence(session, recorded, 1)
    assert answer.location.endswith("/transcript#s1")
    assert (row.text, row.start_ms, row.revision) == ("Today we talk about <b>nurses</b>.", 5000, 2)
    assert "&lt;b&gt;nurses" in client.get(f"/studio/episodes/{recorded.id}/transcript").text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("র\u200d্যাব", "র\u200d্যাব"),
        ("Well done 👩\u200d⚕️", "Well done 👩\u200d⚕️"),
        (" one\x00two\r\n\tthree\u2028four\u202e ", "one two three four"),
    ],
    ids=["Persian", "Bengali", "emoji", "controls"],
)
def test_a_corrected_sentence_keeps_the_joiners_of_its_script(
    client: FlaskClient, session: Session, recorded: Episode, typed: str, kept: str
) -> None:
    post(client, f"/studio/episodes/{recorded.id}/transcript/1", text=typed, **seen(recorded, 1))

    assert sentence(session, recorded, 1).text == kept


def test_a_corrected_sentence_is_found_by_its_new_words_and_no_longer_by_its_old(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    post(client, f"/studio/episodes/{recorded.id}/publish/now")
    post(client, f"/studio/episodes/{recorded.id}/transcript/2", text="Slips went down.", **seen(recorded, 1))

    counts = [client.get(f"/search?q={word}&format=json").json["count"] for word in ("slips", "falls")]
    assert counts == [1, 0]


def test_two_who_correct_one_sentence_both_keep_their_words(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    at = f"/studio/episodes/{recorded.id}/transcript/1"
    post(client, at, text="Theirs.", **seen(recorded, 1))

    page = post(client, at, text="Mine.", **seen(recorded, 1))
    script = client.post(
        at,
        data={"csrf_token": csrf_token(client), "text": "Mine.", **seen(recorded, 1)},
        headers={"Accept": "application/json"},
    )

    assert page.status_code == script.status_code == 409
    assert "<blockquote>Theirs.</blockquote>" in page.text
    assert "Mine.</textarea>" in page.text
    assert (script.json["theirs"], script.json["yours"], script.json["revision"]) == ("Theirs.", "Mine.", 2)
    post(client, at, text="Mine.", **seen(recorded, 2))
    assert sentence(session, recorded, 1).text == "Mine."


def test_a_transcript_is_checked_as_it_was_read(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    at = f"/studio/episodes/{recorded.id}/transcript"
    post(client, f"{at}/1", text="Corrected.", **seen(recorded, 1))

    stale = post(client, f"{at}/checked", **seen(recorded, 1))
    good = post(client, f"{at}/checked", **seen(recorded, 2))

    fresh(session, recorded)
    assert recorded.transcript is not None
    session.refresh(recorded.transcript)
    assert (stale.status_code, good.status_code) == (409, 302)
    assert recorded.transcript.checked_at is not None


def test_what_was_read_before_the_recording_was_replaced_changes_nothing(
    client: FlaskClient, session: Session, recorded: Episode
) -> None:
    at, old = f"/studio/episodes/{recorded.id}/transcript", seen(recorded, 1)
    make_transcript(session, make_recording(session, recorded), ("Entirely new words.",))
    session.commit()

    answers = [
        post(client, f"{at}/checked", **old),
        post(client, f"{at}/0", text="Old words.", **old),
        client.post(
            f"{at}/0",
            data={"csrf_token": csrf_token(client), "text": "Old words.", **old},
            headers={"Accept": "application/json"},
        ),
    ]

    fresh(session, recorded)
    assert recorded.transcript is not None
    assert [answer.status_code for answer in answers] == [409] * 3
    assert "replaced" in answers[2].json["error"]
    assert recorded.transcript.checked_at is None
    assert sentence(session, recorded, 0).text == "Entirely new words."


@pytest.mark.parametrize("said", [{}, {"transcript": "x", "revision": "1"}, {"revision": "9" * 30}])
def test_a_form_about_no_transcript_changes_nothing(
    client: FlaskClient, recorded: Episode, said: dict[str, str]
) -> None:
    at = f"/studio/episodes/{recorded.id}/transcript"

    assert post(client, f"{at}/checked", **said).status_code == 409
    assert post(client, f"{at}/1", text="Words.", **said).status_code == 409


def test_consent_is_recorded_and_withdrawn(client: FlaskClient, session: Session, recorded: Episode) -> None:
    at = f"/studio/episodes/{recorded.id}"
    post(client, f"{at}/people", person="", new_name="Ruth", role="storyteller")
    fresh(session, recorded)
    person = recorded.credits[0].person
    session.commit()

    wrong = post(
        client, f"{at}/consent", person=str(person.id), purpose="", how_given="Signed", taken_by="Ada"
    )
    good = post(client, f"{at}/consent", person=str(person.id), purpose="Publishing", how_given="Signed",
                given_on="2026-03-01", taken_by="Ada")  # fmt: skip

    assert (wrong.status_code, good.status_code) == (422, 302)
    session.expire_all()
    session.commit()
    (consent,) = recorded.consents
    session.commit()
    post(client, f"{at}/consent/{consent.id}/withdraw")
    fresh(session, consent)
    assert consent.withdrawn_at is not None
