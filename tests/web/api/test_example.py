"""The example of a client, docs/examples/upload_folder.py, against a real service, on a folder and on S3."""

import hashlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import Backends, open_backends
from app.models import Recording, RecordingState, Scope, Step
from app.settings import PART_BYTES
from app.storage.keys import recording_key
from tests.conftest import Standing
from tests.factories import make_account, make_community, make_membership, make_show
from tests.storage.seaweed import running_seaweed
from tests.web.api.calling import program_of
from tests.web.serving import ROOT, running, settings_for

EXAMPLE = ROOT / "docs" / "examples" / "upload_folder.py"


@dataclass(frozen=True)
class Service:
    """A service, a token for its show "voices", and a folder of recordings."""

    backends: Backends
    address: str
    token: str
    folder: Path

    def example(self) -> "subprocess.Popen[str]":
        """The example at work."""
        return subprocess.Popen(
            [
                sys.executable, EXAMPLE, self.folder, "--to", self.address, "--show", "voices",
                "--every", "0.1", "--everyone-agreed",
            ],
            env={**os.environ, "HEARTH_TOKEN": self.token},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def transcribe(self) -> None:
        """What a worker does, as far as a program sees it."""
        wanted, deadline = len(list(self.folder.glob("*.mp3"))), time.monotonic() + 60
        while wanted and time.monotonic() < deadline:
            time.sleep(0.1)
            with self.backends.database.reading() as session:
                working = sa.select(Recording.id).where(Recording.state == RecordingState.working)
                found = session.scalars(working).all()
            for recording_id in found:
                self._is_ready(recording_id)
            wanted -= len(found)

    def _is_ready(self, recording_id: uuid.UUID) -> None:
        with self.backends.store.local_path(recording_key(recording_id)) as path:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with self.backends.database.session() as session:
            row = session.get_one(Recording, recording_id)
            row.sha256, row.state, row.step = sha256, RecordingState.ready, Step.index
            session.commit()


@pytest.fixture(params=["folder", "s3"], scope="module")
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, standing: Standing
) -> Iterator[Service]:
    """`flask web` in a process of its own, on a store of each kind."""
    folder = tmp_path_factory.mktemp("service")
    if request.param == "folder":
        yield from _served(folder, standing, "")
        return
    with (
        running_seaweed(tmp_path_factory.mktemp("seaweed")) as seaweed,
        pytest.MonkeyPatch.context() as environment,
    ):
        seaweed.make_bucket("hearth")
        for name, value in seaweed.environment.items():
            environment.setenv(name, value)
        yield from _served(folder, standing, seaweed.store_url("hearth"))


def _served(folder: Path, standing: Standing, store_url: str) -> Iterator[Service]:
    data, recordings = folder / "data", folder / "recordings"
    recordings.mkdir()
    store = {"HEARTH_STORE_URL": store_url} if store_url else {}
    settings = settings_for(data, **store, **standing(data))
    backends = open_backends(settings)
    with backends.database.session() as session:
        show = make_show(session, make_community(session), slug="voices")
        producer = make_account(session)
        make_membership(session, producer, show.community, "producer")
        token = program_of(None, session, producer, [Scope.read, Scope.upload]).token
    (recordings / "long.mp3").write_bytes(os.urandom(PART_BYTES * 2 + 1000))
    (recordings / "short.mp3").write_bytes(os.urandom(1000))
    (recordings / "notes.txt").write_text("no recording")
    with running(settings) as address:
        yield Service(backends, address, token, recordings)
    backends.database.dispose()


def test_a_folder_is_uploaded_once_however_often_and_wherever_it_was_cut(service: Service) -> None:
    cut = service.example()
    assert cut.stdout is not None
    for line in cut.stdout:
        if line == "long.mp3: sent part 1 of 3\n":
            break
    cut.kill()
    cut.communicate()

    with ThreadPoolExecutor() as beside:
        worker = beside.submit(service.transcribe)
        second = service.example().communicate(timeout=120)[0]
        worker.result()
    third = service.example()
    said = third.communicate(timeout=60)[0]

    assert "sent part 1 of 3" not in second
    assert "long.mp3: sent part 3 of 3" in second
    assert second.count(": ready: http://127.0.0.1:") == 2
    assert third.returncode == 0
    assert said.count("is here already: http://127.0.0.1:") == 2
    with service.backends.database.reading() as session:
        rows = session.scalars(sa.select(Recording).order_by(Recording.file_name)).all()
    assert [row.file_name for row in rows] == ["long.mp3", "short.mp3"]
    for row in rows:
        with service.backends.store.local_path(recording_key(uuid.UUID(str(row.id)))) as path:
            assert path.read_bytes() == (service.folder / row.file_name).read_bytes()


def test_what_is_refused_is_said_in_the_words_of_the_service(service: Service) -> None:
    nobody = Service(service.backends, service.address, "hearth_" + "x" * 43, service.folder)

    wrong = nobody.example()
    said = wrong.communicate(timeout=60)[0]

    assert "long.mp3: not taken: This token does not hold" in said
    assert wrong.returncode == 1
