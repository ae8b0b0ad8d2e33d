"""Pages promise a transcript only where one is being made."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Episode, RecordingState, Show
from tests.factories import make_community, make_published, make_recording, make_show


def make_waiting(session: Session, show: Show, *states: RecordingState, **fields: object) -> Episode:
    """A public episode without a transcript, with a recording of each state, the newest last."""
    episode = make_published(session, show, **fields)
    episode.transcript_id = None
    for day, state in enumerate(states, start=1):
        make_recording(session, episode, state=state).created_at += timedelta(days=day)
    return episode


@pytest.mark.parametrize(
    ("states", "comes"),
    [
        ([RecordingState.working], True),
        ([], False),
        ([RecordingState.failed], False),
        ([RecordingState.refused], False),
        ([RecordingState.failed, RecordingState.working], True),
        ([RecordingState.working, RecordingState.failed], True),
        ([RecordingState.working, RecordingState.ready], False),
        ([RecordingState.failed, RecordingState.refused], False),
    ],
)
def test_a_transcript_is_promised_only_while_it_is_being_made(
    client: FlaskClient, session: Session, states: list[RecordingState], comes: bool
) -> None:
    show = make_show(session, make_community(session, slug="c"), slug="s")
    make_waiting(session, show, *states, slug="one")
    session.commit()

    shown = client.get("/shows/s/one").text
    assert ("The transcript is on its way." in shown) == comes
    assert ("There is no transcript of this recording." in shown) == (not comes)
    for address in ("/", "/communities/c", "/shows/s"):
        assert ("Transcript on its way" in client.get(address).text) == comes


def test_what_is_to_come_is_one_query_for_a_whole_list(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    show = make_show(session, slug="s")
    asked: list[str] = []
    event.listen(backends.database.engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    for _ in range(10):
        make_waiting(session, show, RecordingState.working)
    session.commit()
    asked.clear()
    shown = client.get("/shows/s").text

    assert shown.count("Transcript on its way") == 10
    assert len([one for one in asked if "FROM recordings" in one and one.startswith("SELECT")]) == 1
