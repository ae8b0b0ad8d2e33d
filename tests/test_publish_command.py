"""`flask publish`, as those use it who check from outside: its lines, its exit codes, its patience."""

import re
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.backends import Backends
from app.db import now_of_database
from app.models import Episode, EpisodeState, Recording, Show, WorkerRow
from app.pipeline import queues
from app.pipeline import worker as working
from tests.factories import make_show
from tests.pipeline.making import LIBRIVOX, ROOT, environment, wait_for, worker, workers

#: One line of progress; which steps are seen depends on how quick they are.
STEP_SAID = re.compile(r"^(Receiving|Checking|Levelling|Transcribing|Finishing)[^:\n]*: \d+%", re.MULTILINE)


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """One sentence, read by a person."""
    return Path(shutil.copy(sorted(LIBRIVOX.glob("*.wav"))[0], tmp_path / "ward_round.wav"))


def publish(
    backends: Backends,
    weights: Path,
    file: Path,
    *options: str,
    show: str = "ward-talk",
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "app", "publish", str(file), "--show", show]
    return subprocess.run(
        [*command, "--title", "Ward round", *options],
        cwd=ROOT,
        env=env or environment(backends, weights),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Standard output as {name: address}; fails where there is anything else."""
    found = [re.fullmatch(r"(page|feed|audio|vtt): (http://\S+)", line) for line in done.stdout.splitlines()]
    assert all(found), done.stdout
    return {line[1]: line[2] for line in found if line}


def path(address: str) -> str:
    return address.removeprefix("http://127.0.0.1:8000")


def episode_state(backends: Backends) -> EpisodeState | None:
    with backends.database.reading() as session:
        return session.scalar(sa.select(Episode.state))


def test_without_a_worker_it_works_itself_and_prints_four_addresses_that_answer(
    backends: Backends, weights: Path, voice: Path, client: FlaskClient
) -> None:
    done = publish(backends, weights, voice, "--wait")

    assert done.returncode == 0, done.stderr
    assert list(lines(done)) == ["page", "feed", "audio", "vtt"]
    assert [client.get(path(address)).status_code for address in lines(done).values()] == [200] * 4
    assert STEP_SAID.search(done.stderr)
    with backends.database.reading() as session:
        assert session.scalars(sa.select(WorkerRow)).one().stopped_at is not None
    assert list((backends.settings.data / "work").iterdir()) == []


def test_with_a_worker_it_only_waits(backends: Backends, weights: Path, voice: Path) -> None:
    with worker(environment(backends, weights)):
        wait_for(lambda: workers(backends) == 1, 60)
        done = publish(backends, weights, voice, "--wait")

    assert done.returncode == 0, done.stderr
    assert list(lines(done)) == ["page", "feed", "audio", "vtt"]
    assert workers(backends) == 1


def test_without_wait_it_prints_page_and_feed_and_a_worker_publishes_later(
    backends: Backends, weights: Path, voice: Path, client: FlaskClient
) -> None:
    done = publish(backends, weights, voice)

    assert done.returncode == 0, done.stderr
    assert list(lines(done)) == ["page", "feed"]
    assert client.get(path(lines(done)["page"])).status_code == 404
    with worker(environment(backends, weights)):
        wait_for(lambda: episode_state(backends) is EpisodeState.published, 120)
    assert client.get(path(lines(done)["page"])).status_code == 200


def test_while_another_holds_the_only_place_it_waits_and_takes_over_when_that_one_ends(
    backends: Backends, weights: Path, voice: Path
) -> None:
    place = working.open_lock(backends.settings.data / "worker.lock")
    assert working.try_lock(place)
    command = [sys.executable, "-m", "flask", "--app", "app", "publish", str(voice), "--show", "s"]
    with subprocess.Popen(
        [*command, "--title", "T", "--wait"],
        cwd=ROOT,
        env=environment(backends, weights),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: episode_state(backends) is EpisodeState.draft, 60)
        place.close()
        out, _ = process.communicate(timeout=120)

    assert process.returncode == 0
    assert out.count(b"\n") == 4


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nfile:///etc/passwd\n"])
def test_a_refused_file_ends_with_two_and_one_line_and_publishes_nothing(
    content: bytes, backends: Backends, weights: Path, tmp_path: Path, client: FlaskClient
) -> None:
    file = tmp_path / "odd.mp3"
    file.write_bytes(content)
    with backends.database.begin() as session:
        make_show(session, slug="ward-talk")
    done = publish(backends, weights, file, "--wait")
    said = [
        line
        for line in done.stderr.splitlines()
        if not line.startswith(("timestamp=", "Receiving", "Checking"))
    ]

    assert (done.returncode, done.stdout) == (2, "")
    assert len(said) == 1
    assert len(said[0].split()) > 3
    assert b"Ward round" not in client.get("/").data
    with backends.database.reading() as session:
        assert [row.deleted_at is None for row in session.scalars(sa.select(Episode))] in ([], [False])


def test_a_title_that_is_too_long_is_refused_in_one_line(
    backends: Backends, weights: Path, voice: Path
) -> None:
    done = publish(backends, weights, voice, "--title", "x" * 300)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    with backends.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 0


def test_a_show_that_asks_for_checking_is_not_published_and_it_says_why(
    backends: Backends, weights: Path, voice: Path
) -> None:
    with backends.database.begin() as session:
        make_show(session, slug="ward-talk", requires_checked=True)
    done = publish(backends, weights, voice, "--wait")

    assert (done.returncode, done.stdout) == (1, "")
    assert "checked by a person" in done.stderr.splitlines()[-1]


def test_the_same_show_is_used_again(backends: Backends, weights: Path, voice: Path) -> None:
    for _ in range(2):
        publish(backends, weights, voice, show="Ward_Talk")

    with backends.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Show)) == 1
        assert sorted(session.scalars(sa.select(Episode.slug))) == ["ward-round", "ward-round-2"]


def _hear_ctrl_c() -> None:
    """Where the tests themselves run in a shell's background, Ctrl-C would be ignored by their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("how", "code"), [("ctrl-c", 130), ("sigterm", 143), ("broken", 1)])
def test_however_it_is_ended_it_says_so_and_works_no_more_and_the_recording_is_kept(
    how: str, code: int, backends: Backends, weights: Path, voice: Path
) -> None:
    command = [sys.executable, "-m", "flask", "--app", "app", "publish", str(voice), "--show", "s"]
    with subprocess.Popen(
        [*command, "--title", "T", "--wait"], cwd=ROOT, env=environment(backends, weights),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_ctrl_c,
    ) as process:  # fmt: skip
        wait_for(lambda: _claimed(backends), 60)
        if how == "broken":
            with backends.database.begin() as session:
                session.execute(sa.text("ALTER TABLE recordings RENAME TO away"))
        else:
            process.send_signal(signal.SIGINT if how == "ctrl-c" else signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    said = [line for line in err.splitlines() if not line.startswith("timestamp=") and "%" not in line]

    assert (process.returncode, out) == (code, "")
    assert len(said) == 1
    assert "goes on with the next worker" in said[0]
    with working.open_lock(backends.settings.data / "worker.lock") as lock:
        assert working.try_lock(lock)
    with backends.database.reading() as session:
        assert session.scalars(sa.select(WorkerRow)).one().stopped_at is not None
    assert not _claimed(backends)
    assert episode_state(backends) is EpisodeState.draft


@pytest.mark.parametrize("ffmpeg", ["/nowhere/ffmpeg", "/etc/hostname"])
def test_without_ffmpeg_nothing_is_taken_in_and_one_line_says_so(
    ffmpeg: str, backends: Backends, weights: Path, voice: Path
) -> None:
    env = environment(backends, weights, HEARTH_FFMPEG=ffmpeg)
    done = publish(backends, weights, voice, "--wait", env=env)

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "ffmpeg" in done.stderr.lower()
    assert episode_state(backends) is None
    assert list(backends.store.list()) == []


@pytest.mark.parametrize("name", ["missing.wav", "."])
def test_what_is_not_a_file_is_refused_in_one_line(
    name: str, backends: Backends, weights: Path, tmp_path: Path
) -> None:
    done = publish(backends, weights, tmp_path / name)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_what_a_killed_command_leaves_another_leaves_alone_and_the_next_worker_publishes(
    backends: Backends, weights: Path, voice: Path
) -> None:
    command = ["-m", "flask", "--app", "app", "publish", str(voice), "--show", "s", "--title", "T", "--wait"]
    with worker(environment(backends, weights), *command) as killed:
        wait_for(lambda: _claimed(backends), 60)
        killed.kill()
    with backends.database.begin() as session:
        session.execute(sa.update(WorkerRow).values(beat_at=now_of_database(session) - timedelta(hours=1)))
    other = publish(backends, weights, voice, "--wait")
    assert other.returncode == 0, other.stderr
    assert _states(backends) == {"t": EpisodeState.draft, "ward-round": EpisodeState.published}
    assert not _claimed(backends)

    with worker(environment(backends, weights)):
        wait_for(lambda: _states(backends)["t"] is EpisodeState.published, 120)
    left = [path.name for path in (backends.settings.data / "work").iterdir()]
    assert len(left) == 1
    assert "publish" not in left[0]


def _claimed(backends: Backends) -> bool:
    """Whether any process has claimed work that is not done."""
    with backends.database.reading() as session:
        flows = queues.table(session)
        names = session.scalars(sa.select(flows.c.queue_name).where(queues.OPEN))
        return any("@" in name for name in names)


def _states(backends: Backends) -> dict[str, EpisodeState]:
    with backends.database.reading() as session:
        return {row.slug: row.state for row in session.scalars(sa.select(Episode))}
