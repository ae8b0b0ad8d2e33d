"""Sound behind nginx in each way that HEARTH_MEDIA names: apps get the same, whoever sends it."""

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.backends import Backends, open_backends
from app.counting import spool
from app.models import Episode, EpisodeState
from app.settings import read_settings
from app.storage.folder import FolderStore
from tests.deployment.nginx import Front, prepared, running_nginx
from tests.deployment.web import SECRET, held_socket, running_web
from tests.factories import make_published, make_show
from tests.storage.seaweed import Seaweed, running_seaweed

SOUND = random.Random(2).randbytes(700_001)


@dataclass(frozen=True)
class Stage:
    """A service behind nginx in one of the ways."""

    mode: str
    front: Front
    backends: Backends
    path: str
    withdrawn: str

    def ask(self, method: str = "GET", query: str = "", **headers: str) -> requests.Response:
        """As an app asks, which follows to wherever it is sent."""
        return self.ask_at(self.path + query, method, **headers)

    def ask_at(
        self, path: str, method: str = "GET", *, follow: bool = True, **headers: str
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method, self.front.url + path, headers={"Accept-Encoding": "identity", **named}, timeout=30,
            verify=str(self.front.certificate), allow_redirects=follow,
        )  # fmt: skip


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        server.make_bucket("hearth-sound")
        yield server


@pytest.fixture(scope="module", params=["stream", "x-accel", "redirect"])
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_database: Path
) -> Iterator[Stage]:
    mode: str = request.param
    folder = tmp_path_factory.mktemp(mode)
    data = folder / "data"
    data.mkdir()
    shutil.copy(migrated_database, data / "hearth.db")
    front = prepared(folder / "nginx")
    env = {
        "HEARTH_DATA": str(data),
        "HEARTH_SECRET": SECRET,
        "HEARTH_PUBLIC_URL": front.url,
        "HEARTH_PROXY_HOPS": "1",
        "HEARTH_STORE_URL": (folder / "store").as_uri(),
        "HEARTH_MEDIA": mode,
    }
    with ExitStack() as stack:
        if mode == "redirect":
            seaweed: Seaweed = request.getfixturevalue("seaweed")
            env |= {"HEARTH_STORE_URL": seaweed.store_url("hearth-sound"), **seaweed.environment}
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for name, value in seaweed.environment.items():
                patch.setenv(name, value)
        backends = open_backends(read_settings(env))
        with backends.database.begin() as session:
            show = make_show(session, slug="rounds")
            paths = [sound_path(backends, make_published(session, show, sound=SOUND)) for _ in range(2)]
            made = session.get(Episode, paths[1][1])
            assert made is not None
            made.state = EpisodeState.withdrawn
        held, upstream = stack.enter_context(held_socket())
        objects = folder / "store" / "objects"
        stack.enter_context(running_nginx(folder / "nginx", front, upstream, objects))
        stack.enter_context(running_web(env, held, folder / "web.log"))
        yield Stage(mode, front, backends, paths[0][0], paths[1][0])
        backends.database.dispose()


def sound_path(backends: Backends, episode: Episode) -> tuple[str, object]:
    """Put the sound into the store; its address, and the episode's id."""
    enclosure = episode.enclosure
    assert enclosure is not None
    backends.store.put_bytes(enclosure.key, SOUND)
    return f"/media/{episode.guid}/{enclosure.sha256[:12]}.mp3", episode.id


def test_the_whole_sound_comes_with_what_players_need(stage: Stage) -> None:
    answer = stage.ask()

    assert (answer.status_code, answer.content == SOUND) == (200, True)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == str(len(SOUND))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"].startswith('"')
    assert "Set-Cookie" not in answer.headers
    assert "X-Accel-Redirect" not in answer.headers


def test_head_tells_the_same_and_sends_nothing(stage: Stage) -> None:
    head, whole = stage.ask("HEAD"), stage.ask()

    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "Accept-Ranges", "ETag", "Last-Modified"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=300000-", 300_000, len(SOUND)),
        ("bytes=-500", len(SOUND) - 500, len(SOUND)),
        ("bytes=262143-262145", 262_143, 262_146),
        ("bytes=700000-99999999", 700_000, len(SOUND)),
    ],
)
def test_a_range_is_that_part(stage: Stage, asked: str, start: int, end: int) -> None:
    answer = stage.ask(Range=asked)

    assert (answer.status_code, answer.content == SOUND[start:end]) == (206, True)
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"


def test_a_range_beyond_the_end_is_refused(stage: Stage) -> None:
    assert stage.ask(Range=f"bytes={len(SOUND)}-").status_code == 416


def test_a_range_goes_on_with_this_sound_only(stage: Stage) -> None:
    etag = stage.ask("HEAD").headers["ETag"]

    same, other = (stage.ask(Range="bytes=5-9", If_Range=tag) for tag in (etag, '"another"'))
    assert (same.status_code, same.content) == (206, SOUND[5:10])
    # SeaweedFS does not know If-Range; Amazon and the others do
    assert other.status_code == (206 if stage.mode == "redirect" else 200)


def test_who_has_it_gets_nothing_and_is_not_counted(stage: Stage) -> None:
    etag = stage.ask("HEAD").headers["ETag"]
    before = counted(stage)
    answer = stage.ask(If_None_Match=etag)

    assert (answer.status_code, answer.content) == (304, b"")
    assert counted(stage) == before


def test_what_is_asked_for_is_counted(stage: Stage) -> None:
    before = counted(stage)
    stage.ask(Range="bytes=-500")
    stage.ask("HEAD")
    stage.ask()

    assert counted(stage)[len(before) :] == [500, len(SOUND)]


def test_a_download_has_a_name(stage: Stage) -> None:
    said = stage.ask(query="?download=1").headers["Content-Disposition"]

    assert said.startswith("attachment; filename")
    assert ".mp3" in said


def test_players_elsewhere_may_read_the_answer(stage: Stage) -> None:
    answer = stage.ask_at(stage.path, follow=False, Origin="https://player.example")

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    kept = "private, no-store" if stage.mode == "redirect" else "public, max-age=60"
    assert answer.headers["Cache-Control"] == kept


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_withdrawn_is_gone_at_once(stage: Stage, method: str) -> None:
    assert stage.ask_at(stage.withdrawn, method).status_code == 410


def test_nobody_finds_the_objects_by_themselves(stage: Stage) -> None:
    with stage.backends.database.reading() as session:
        episode = session.query(Episode).filter_by(state=EpisodeState.published).one()
        assert episode.enclosure is not None
        key = episode.enclosure.key

    assert stage.ask_at(f"/hearth-store/{key}").status_code == 404
    assert isinstance(stage.backends.store, FolderStore) == (stage.mode != "redirect")


def counted(stage: Stage) -> list[int]:
    folder = stage.backends.settings.data / spool.FOLDER
    return [line.asked_bytes for path in spool.files(folder) for line in spool.read(path, 0)[0]]
