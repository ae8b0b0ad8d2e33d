"""What can go wrong with a recording, and what its producer sees of it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import Backends
from app.models import Account, ChildDeath, Notice, PublishWish, Recording, RecordingState, Step
from app.pipeline import engine, steps
from app.pipeline.border import BROKEN, OURS, Hands
from app.services import episodes, recordings
from tests.fakes import KeptMail, Outage, SaidAloud, Watched
from tests.pipeline.letters import letter_box
from tests.pipeline.making import (
    ROOT,
    all_the_way,
    do,
    enqueue,
    environment,
    every_child_ended,
    has_ended,
    look,
    ready,
    wait_for,
    worker,
    workers,
)
from transcription.errors import EngineAway, WeightsError


@pytest.fixture
def playlist(tmp_path: Path) -> Path:
    path = tmp_path / "ward-round.mp3"
    path.write_bytes(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")
    return path


def notices(backends: Backends) -> list[tuple[str, str]]:
    with backends.database.reading() as session:
        return [(row.kind, row.text) for row in session.scalars(sa.select(Notice))]


def try_again(backends: Backends, recording: Recording) -> None:
    with backends.database.begin() as session:
        row = recordings.get(session, recording.id)
        recordings.try_again(session, row, backends.clock())
        engine.enqueue(session, row)


def test_a_playlist_that_calls_itself_mp3_is_refused_in_words_and_kept(hands: Hands, playlist: Path) -> None:
    recording_id = ready(hands.backends, playlist, wish=PublishWish.when_ready)

    assert not all_the_way(hands.backends, recording_id)
    refused = look(hands.backends, recording_id)
    assert refused.state is RecordingState.refused
    assert refused.step is Step.inspect
    assert len(refused.reason.split()) > 5
    assert notices(hands.backends) == [("refused", refused.reason)]
    assert hands.backends.store.read_range(refused.key) == playlist.read_bytes()
    assert list(hands.folder.iterdir()) == []


def test_trying_again_is_a_new_attempt_with_the_same_bytes(
    backends: Backends, playlist: Path, weights: Path
) -> None:
    recording_id = ready(backends, playlist)
    enqueue(backends, recording_id)
    with worker(environment(backends, weights)):
        wait_for(has_ended(backends, recording_id), 60)
        first = look(backends, recording_id)
        try_again(backends, first)
        wait_for(has_ended(backends, recording_id), 60)
    second = look(backends, recording_id)

    assert (first.state, first.attempt) == (RecordingState.refused, 1)
    assert (second.state, second.attempt) == (RecordingState.refused, 2)
    assert second.sha256 == first.sha256


def test_a_refusal_and_an_arrival_are_told_by_mail(
    backends: Backends, playlist: Path, sentence: Path, weights: Path
) -> None:
    refused, arrived = ready(backends, playlist, title="Broken"), ready(backends, sentence, title="Whole")
    enqueue(backends, refused)
    enqueue(backends, arrived)
    with letter_box() as (address, letters):
        env = environment(backends, weights, HEARTH_SMTP_URL=address, HEARTH_MAIL_FROM="hearth@example.org")
        with worker(env):
            wait_for(lambda: len(letters) == 2, 120)
    by_subject = {letter["Subject"]: letter.get_content() for letter in letters}

    assert set(by_subject) == {"“Broken” needs you", "The transcript of “Whole” is ready"}
    assert look(backends, refused).reason in by_subject["“Broken” needs you"]
    assert "/studio/episodes/" in by_subject["The transcript of “Whole” is ready"]


def test_a_mail_server_that_refuses_changes_nothing(backends: Backends, voice: Path) -> None:
    def refuse(name: str) -> None:
        raise ConnectionRefusedError(name)

    said = SaidAloud()
    deaf = replace(backends, mailer=Watched(KeptMail(), refuse), engine=lambda: said)
    Hands.take(deaf, "here")
    recording_id = ready(deaf, voice)

    assert all_the_way(deaf, recording_id)
    steps.tell(deaf, recording_id, 1)
    assert look(deaf, recording_id).state is RecordingState.ready
    Hands.let_go()


def test_a_child_that_dies_twice_fails_the_recording_in_words(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    do(hands.backends, recording_id, Step.receive)
    with every_child_ended(os.getpid()):
        went_on = do(hands.backends, recording_id, Step.inspect)
    failed = look(hands.backends, recording_id)
    with hands.backends.database.reading() as session:
        death = session.scalars(sa.select(ChildDeath)).one()

    assert not went_on
    assert (failed.state, failed.reason) == (RecordingState.failed, BROKEN)
    assert (death.step, death.count) == ("inspect", 2)
    assert hands.backends.store.exists(failed.key)


def test_after_a_poison_recording_the_worker_lives_and_others_go_on(
    backends: Backends, sentence: Path, weights: Path
) -> None:
    poison, other = ready(backends, sentence), ready(backends, sentence)
    with worker(environment(backends, weights)) as living:
        wait_for(lambda: workers(backends) == 1)
        enqueue(backends, poison)
        with every_child_ended(living.process.pid):
            wait_for(has_ended(backends, poison), 60)
        enqueue(backends, other)
        wait_for(has_ended(backends, other), 120)

        assert living.process.poll() is None
    assert look(backends, poison).state is RecordingState.failed
    assert look(backends, other).state is RecordingState.ready


def test_an_outage_of_the_store_is_waited_out_and_blames_nobody(backends: Backends, voice: Path) -> None:
    outage, said = Outage(), SaidAloud()
    shaky = replace(backends, store=Watched(backends.store, outage), engine=lambda: said)
    Hands.take(shaky, "here")
    recording_id = ready(backends, voice)
    for step in (Step.receive, Step.master):
        outage.calls = 1

        assert all_the_way(shaky, recording_id, step)
        assert outage.calls == 0
    arrived = look(shaky, recording_id)
    with shaky.database.reading() as session:
        assert session.scalars(sa.select(ChildDeath)).all() == []
    assert (arrived.state, arrived.attempt) == (RecordingState.working, 1)
    assert notices(shaky) == []
    Hands.let_go()


@pytest.mark.parametrize("error", [WeightsError, EngineAway])
def test_an_engine_that_cannot_be_had_is_waited_for(
    error: type[Exception], backends: Backends, voice: Path
) -> None:
    said, tries = SaidAloud(), iter([False, True])

    def fetch() -> SaidAloud:
        if not next(tries, True):
            raise error("not here yet")
        return said

    Hands.take(replace(backends, engine=fetch), "here")
    recording_id = ready(backends, voice)

    assert all_the_way(Hands.now().backends, recording_id)
    assert notices(backends)[0][0] == "ready"
    Hands.let_go()


def test_what_nobody_expected_fails_the_recording_instead_of_leaving_it_at_work(
    backends: Backends, voice: Path
) -> None:
    def break_down() -> SaidAloud:
        raise LookupError("the weights are not there")

    broken = replace(backends, engine=break_down)
    Hands.take(broken, "here")
    recording_id = ready(broken, voice)

    assert not all_the_way(broken, recording_id)
    failed = look(broken, recording_id)
    assert (failed.state, failed.reason) == (RecordingState.failed, OURS)
    assert notices(broken) == [("failed", OURS)]
    Hands.let_go()


def test_an_episode_moved_to_the_bin_while_in_work_stops_without_a_word(hands: Hands, voice: Path) -> None:
    backends = hands.backends
    recording_id = ready(backends, voice, wish=PublishWish.when_ready)
    all_the_way(backends, recording_id, Step.master)
    with backends.database.begin() as session:
        recording = recordings.get(session, recording_id)
        owner = session.scalars(sa.select(Account)).one()
        episodes.to_bin(session, recording.episode, owner, backends.clock())

    assert not do(backends, recording_id, Step.windows)
    assert notices(backends) == []
    assert list(hands.folder.iterdir()) == []

    with backends.database.begin() as session:
        recording = recordings.get(session, recording_id)
        episodes.from_bin(session, recording.episode, owner, backends.clock())
        recordings.try_again(session, recording, backends.clock())
    assert all_the_way(backends, recording_id)
    assert look(backends, recording_id).episode.state.value == "draft"


def test_a_worker_without_its_tools_says_so_and_ends(backends: Backends, weights: Path) -> None:
    env = environment(backends, weights, HEARTH_FFMPEG="/nowhere/ffmpeg")
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    ended = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert "There is no ffmpeg at /nowhere/ffmpeg" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("model", ["bse", "/nowhere/weights"])
def test_a_worker_whose_model_does_not_exist_says_so_and_ends(
    model: str, backends: Backends, weights: Path
) -> None:
    env = environment(backends, weights, HEARTH_MODEL=model)
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    ended = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "HEARTH_MODEL names no model" in ended.stderr
