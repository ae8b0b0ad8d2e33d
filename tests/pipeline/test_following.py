"""One upload followed through the log by its ids, and what never stands there."""

import os
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, RecordingState, Step
from app.pipeline import steps
from app.pipeline.border import Hands
from app.services import recordings
from tests.audio.sounds import convert
from tests.conftest import Written
from tests.fakes import KeptMail, Outage, SaidAloud, Watched
from tests.pipeline.making import all_the_way, do, every_child_ended, ready
from tests.web.places import client_of


def test_a_workflow_is_followed_from_the_request_to_its_last_step(
    app: Flask, hands: Hands, voice: Path, session: Session, written: Written
) -> None:
    recording_id = ready(hands.backends, voice)
    recordings.get(session, recording_id).state = RecordingState.failed
    owner = session.scalars(sa.select(Account)).one()
    session.commit()
    client, token = client_of(app, owner)

    answer = client.post(f"/studio/recordings/{recording_id}/again", headers={"X-CSRFToken": token})
    assert all_the_way(hands.backends, recording_id)

    workflow = f"recording-{recording_id}-2"
    begun = next(line for line in written() if line["event"] == "workflow begun")
    assert begun["request_id"] == answer.headers["X-Request-ID"]
    lines = [line for line in written() if line.get("workflow") == workflow and line is not begun]
    done = [line["step"] for line in lines if line["event"] == "step done"]
    assert list(dict.fromkeys(done)) == [step.value for step in Step]
    for line in lines[1:]:
        assert (line["recording"], line["attempt"], line["worker"]) == (str(recording_id), 2, "here")
        assert "request_id" not in line


def no_engine() -> SaidAloud:
    raise LookupError("the weights are not there")


def test_an_outage_and_a_fault_in_a_step_carry_the_workflows_id(
    backends: Backends, voice: Path, written: Written
) -> None:
    outage = Outage()
    shaky = replace(backends, store=Watched(backends.store, outage), engine=no_engine)
    Hands.take(shaky, "here")
    recording_id = ready(backends, voice)
    outage.calls = 1

    assert not all_the_way(shaky, recording_id)
    Hands.let_go()

    ids = {line["event"].split(":")[0]: line.get("workflow") for line in written()}
    assert len(ids) >= 4
    assert set(ids.values()) == {f"recording-{recording_id}-1"}
    assert {"step done", "step broke", "recording ended"} <= ids.keys()
    assert any(event.startswith("step waits") for event in ids)


def test_the_log_has_no_names_words_addresses_or_tokens(
    backends: Backends, client: FlaskClient, voice: Path, tmp_path: Path, written: Written
) -> None:
    def refuse(_name: str) -> None:
        raise OSError("amina@example.org is not known")

    sound = convert(voice, tmp_path / "amina.mp3", "-metadata", "title=Amina", "-metadata", "artist=Amina")
    said = SaidAloud(text="Amina told me this.")
    deaf = replace(backends, mailer=Watched(KeptMail(), refuse), engine=lambda: said)
    Hands.take(deaf, "here")
    for title in ("Amina arrives", "Amina is damaged"):
        recording_id = ready(deaf, sound, title=title)
        if "damaged" not in title:
            assert all_the_way(deaf, recording_id)
        else:
            assert do(deaf, recording_id, Step.receive)
            with every_child_ended(os.getpid()):
                assert not do(deaf, recording_id, Step.inspect)
        steps.tell(deaf, recording_id, 1)
    Hands.let_go()
    for path in ("/search?q=amina", "/draft/amina", "/reset/amina", "/welcome/amina", "/parts/amina"):
        client.get(
            path, headers={"User-Agent": "Amina", "Cookie": "hearth=amina", "X-Request-ID": "amina-123"}
        )
    client.post("/sign-in", data={"email": "amina@example.org", "password": "amina amina amina"})

    lines = written()
    events = {str(line["event"]).split(":")[0] for line in lines}
    assert {"step done", "child died", "recording ended", "letter not sent", "request"} <= events
    assert [line for line in lines if "amina" in str(line).casefold()] == []
