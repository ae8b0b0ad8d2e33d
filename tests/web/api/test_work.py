"""Reading, correcting and publishing by a program: as in the studio, and nobody's change is lost."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import AuditEntry, Episode, EpisodeKind, EpisodeState
from app.services.corrections import mark_checked
from app.web.errors import PROBLEM
from tests.factories import make_enclosure, make_episode, make_published, make_recording, make_transcript
from tests.fakes import SetClock
from tests.threats.payloads import PAYLOADS, typed
from tests.web.api.conftest import Desk
from transcription.formats import FORMATS


@pytest.fixture
def at(desk: Desk, session: Session) -> str:
    """The address of the episode."""
    found = f"/episodes/{desk.episode.id}"
    session.rollback()
    return found


def draft(session: Session, desk: Desk, **fields: Any) -> Episode:
    """One that can be published; committed."""
    made = make_episode(session, desk.show, **fields)
    recording = make_recording(session, made)
    make_enclosure(session, recording)
    make_transcript(session, recording)
    session.commit()
    return made


def said(session: Session) -> list[str]:
    found = list(session.scalars(sa.select(AuditEntry.what).order_by(AuditEntry.id)))
    session.rollback()
    return found


def test_it_says_for_whom_it_acts(desk: Desk) -> None:
    me = desk.program.get("/me").json

    assert (me["name"], me["scopes"]) == ("Ada Producer", ["read", "upload", "edit", "publish"])
    assert [one["role"] for one in desk.program.get("/communities").json["items"]] == ["producer"]
    assert desk.program.get("/shows/ward-rounds").json == desk.program.get("/shows").json["items"][0]


def test_a_list_comes_in_pieces_to_which_new_rows_do_nothing(
    desk: Desk, session: Session, clock: SetClock
) -> None:
    for _ in range(4):
        make_published(session, desk.show)
    session.commit()
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        piece = desk.program.get("/episodes", **asked).json
        seen += [item["id"] for item in piece["items"]]
        if piece["next"] is None:
            break
        asked["cursor"] = piece["next"]
        make_published(session, desk.show).created_at = clock.now + timedelta(days=1)
        session.commit()

    assert len(seen) == len(set(seen)) == 5
    for wrong in ("x", "é", "", "MQ", piece["next"] or "2026"):
        assert desk.program.get("/episodes", cursor=wrong).status_code == 422


def test_episodes_are_found_by_their_state(desk: Desk, session: Session, at: str) -> None:
    draft(session, desk, title="Not yet")
    desk.program.delete(f"/episodes/{draft(session, desk, title='Thrown away').id}")

    found = {
        state: [one["title"] for one in desk.program.get("/episodes", state=state).json["items"]]
        for state in ("draft", "published", "bin", "withdrawn")
    }

    assert found == {"draft": ["Not yet"], "published": ["Falls"], "bin": ["Thrown away"], "withdrawn": []}
    assert desk.program.get("/episodes", state="lost").status_code == 422


def test_a_change_leaves_the_rest_as_it_is(desk: Desk, session: Session, at: str) -> None:
    before = desk.program.get(at).json

    after = desk.program.patch(at, version=before["version"], title=" Falls, again ", number=3).json

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"title", "number", "version"} | ({"changed_at"} & changed)
    assert (after["title"], after["number"]) == ("Falls, again", 3)
    assert said(session) == ["edited title and notes"]


def test_nobody_writes_over_somebody_elses_change(desk: Desk, session: Session, at: str) -> None:
    version = desk.program.get(at).json["version"]

    first = desk.program.patch(at, version=version, summary="Hers")
    second = desk.program.patch(at, version=version, summary="His")

    assert (first.status_code, second.status_code) == (200, 409)
    assert desk.program.get(at).json["summary"] == "Hers"
    assert said(session) == ["edited title and notes"]


def test_what_an_episode_cannot_be_is_refused_field_by_field(desk: Desk, at: str) -> None:
    version = desk.program.get(at).json["version"]

    for field, value in (
        ("title", ""),
        ("title", " \t"),
        ("title", None),
        ("title", "t" * 256),
        ("summary", 5),
        ("number", 0),
        ("number", 1.5),
        ("number", "3"),
        ("season_id", "00000000-0000-0000-0000-000000000000"),
        ("season_id", "first"),
        ("explicit", "yes"),
        ("kind", "sermon"),
        ("state", "published"),
    ):
        answer = desk.program.patch(at, version=version, **{field: value})
        assert (answer.status_code, answer.json["fields"].keys()) == (422, {field}), (field, value)
    assert desk.program.get(at).json["version"] == version


def test_whatever_is_typed_comes_back_as_it_was(desk: Desk, at: str) -> None:
    for number, payload in enumerate(PAYLOADS):
        text = typed(payload, f"x{number:02}q").encode("utf-8", "replace").decode()
        version = desk.program.get(at).json["version"]
        answer = desk.program.patch(at, version=version, summary=text)
        got = desk.program.get(at)

        assert answer.status_code in (200, 422), payload
        assert got.mimetype == "application/json"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        if answer.status_code == 200:
            assert f"x{number:02}q" in got.json["summary"]


def test_a_body_that_is_none_is_refused_in_words(desk: Desk, at: str) -> None:
    for body, kind, status in (
        ("{}", "text/plain", 415),
        ("", "application/json", 400),
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("[]", "application/json", 422),
        ("5", "application/json", 422),
        ("{}", "application/json", 422),
        ('{"version": "' + "x" * 1024**2 + '"}', "application/json", 413),
    ):
        answer = desk.program.call("PATCH", at, data=body, content_type=kind)
        assert (answer.status_code, answer.mimetype) == (status, PROBLEM), body[:20]
        assert answer.json["detail"]


def test_a_transcript_has_each_word_with_its_time(desk: Desk, at: str) -> None:
    whole = desk.program.get(f"{at}/transcript").json

    assert whole["segments"][0]["words"][0].keys() == {"start_ms", "end_ms", "text", "probability"}
    assert [one["number"] for one in whole["segments"]] == [0, 1, 2, 3]
    for form in FORMATS:
        file = desk.program.get(f"{at}/transcript.{form.extension}")
        assert (file.status_code, file.mimetype) == (200, form.media_type)
        assert form.read(file.data)
    assert desk.program.get(f"{at}/transcript.pdf").status_code == 404


def test_sentences_are_corrected_all_or_none(desk: Desk, session: Session, at: str) -> None:
    whole = desk.program.get(f"{at}/transcript").json

    def correct(*texts: tuple[int, int, str]) -> Any:
        segments = [
            {"number": number, "revision": revision, "text": text} for number, revision, text in texts
        ]
        return desk.program.patch(f"{at}/transcript", transcript_id=whole["id"], segments=segments)

    both = correct((0, 1, "Good evening."), (1, 1, "Hello."))
    late = correct((2, 1, "Mine."), (0, 1, "Good night."))

    assert [one["text"] for one in both.json["segments"]] == ["Good evening.", "Hello."]
    assert (late.status_code, "Good evening." in late.json["detail"]) == (409, True)
    after = desk.program.get(f"{at}/transcript").json["segments"]
    assert [one["text"] for one in after[:2]] == ["Good evening.", "Hello."]
    assert after[2] == whole["segments"][2]
    assert correct((99, 1, "x")).status_code == 404
    assert correct((0, 2, "x" * 2001)).json["fields"].keys() == {"segments.0.text"}
    assert said(session) == ["corrected sentences"]


def test_a_transcript_is_marked_as_checked_in_the_state_that_was_read(desk: Desk, at: str) -> None:
    whole = desk.program.get(f"{at}/transcript").json
    checked = {"transcript_id": whole["id"], "revision": whole["revision"]}

    assert desk.program.post(f"{at}/transcript/checked", **checked | {"revision": 7}).status_code == 409
    done = desk.program.post(f"{at}/transcript/checked", **checked).json

    assert done["transcript"]["checked_at"] is not None


def test_an_episode_is_published_scheduled_and_taken_back(
    desk: Desk, session: Session, clock: SetClock
) -> None:
    at = f"/episodes/{draft(session, desk).id}"
    session.rollback()
    moment = (clock.now + timedelta(days=400)).isoformat()

    assert desk.program.post(f"{at}/publish", when="when_ready").json["is_public"] is True
    assert desk.program.post(f"{at}/schedule", at=moment).status_code == 409
    assert desk.program.post(f"{at}/unpublish").json["state"] == "unpublished"
    assert desk.program.post(f"{at}/unpublish").status_code == 409
    scheduled = desk.program.post(f"{at}/schedule", at=moment).json
    assert (scheduled["state"], scheduled["is_public"]) == ("published", False)
    for wrong in (
        "2020-01-01T00:00:00Z",
        "2030-01-01",
        "2030-01-01T09:00:00",
        "soon",
        5,
        "9999-12-31T23:59:59-23:59",
    ):
        assert desk.program.post(f"{at}/schedule", at=wrong).json["fields"].keys() == {"at"}, wrong
    binned = desk.program.delete(at).json
    assert (binned["bin_until"] is not None, binned["is_public"]) == (True, False)
    assert desk.program.post(f"{at}/publish", when="now").status_code == 409
    assert desk.program.post(f"{at}/restore").json["bin_until"] is None
    assert desk.program.post(f"{at}/restore").status_code == 409
    assert len(said(session)) == 5


def test_a_story_needs_the_same_as_in_the_studio(desk: Desk, session: Session) -> None:
    story = draft(session, desk, kind=EpisodeKind.story)
    at = f"/episodes/{story.id}"
    session.rollback()

    first = desk.program.post(f"{at}/publish", when="now")
    assert story.transcript is not None
    mark_checked(session, story, story.transcript.id, 1, desk.producer, story.created_at)
    session.commit()
    second = desk.program.post(f"{at}/publish", when="now")

    assert (first.status_code, "checked" in first.json["detail"]) == (409, True)
    assert (second.status_code, "storyteller" in second.json["detail"]) == (409, True)
    assert desk.program.get(at).json["hindrances"] != []
    session.refresh(story)
    assert story.state is EpisodeState.draft


def test_where_a_facilitator_publishes_the_token_of_a_producer_does_not(desk: Desk, session: Session) -> None:
    desk.show.producers_publish = False
    at = f"/episodes/{draft(session, desk).id}"
    session.rollback()

    assert desk.program.post(f"{at}/publish", when="now").status_code == 403
    assert desk.program.get("/shows/ward-rounds").json["may_publish"] is False


def test_the_document_names_every_schema_that_it_uses(desk: Desk, tmp_path: Path) -> None:
    document = desk.program.client.get("/api/v1/openapi.json")
    text = document.text
    schemas = document.json["components"]["schemas"]

    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= schemas.keys()
    assert document.json["openapi"].startswith("3.1")
    assert all(one.get("description") for path in document.json["paths"].values() for one in path.values())
    assert json.loads(text)["security"] == [{"token": []}]
