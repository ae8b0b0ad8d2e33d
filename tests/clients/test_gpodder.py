"""gPodder, by its command line: subscribe, list, download, import."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import SOUNDS, Library

Gpo = Callable[..., str]


@pytest.fixture
def gpo(tmp_path: Path) -> Gpo:
    """gPodder with a home of its own; gives what it prints."""
    program = shutil.which("gpo")
    if program is None:
        raise RuntimeError("gPodder is missing: apt-get install gpodder")
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    env |= {
        "HOME": str(tmp_path),
        "GPODDER_HOME": str(tmp_path / "gPodder"),
        "GPODDER_DOWNLOAD_DIR": str(tmp_path / "downloads"),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
    }

    def run(*words: str) -> str:
        done = subprocess.run([program, *words], env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_listener_subscribes_and_sees_the_episodes(gpo: Gpo, library: Library) -> None:
    gpo("subscribe", library.feed)
    listed = gpo("episodes", "--guid", library.feed)

    assert "The Ward Round" in gpo("list")
    for title, guid in library.guids.items():
        assert title in listed
        assert guid in listed


def test_what_is_downloaded_is_our_file(gpo: Gpo, library: Library, tmp_path: Path) -> None:
    gpo("subscribe", library.feed)
    gpo("download", library.feed)
    files = {path.read_bytes() for path in (tmp_path / "downloads").rglob("*.mp3")}

    assert files == set(SOUNDS.values())


def test_a_second_look_finds_nothing_new(gpo: Gpo, library: Library) -> None:
    gpo("subscribe", library.feed)
    gpo("download", library.feed)
    gpo("update", library.feed)

    assert all(title not in gpo("pending") for title in SOUNDS)


def test_all_shows_come_by_one_import(gpo: Gpo, library: Library) -> None:
    gpo("import", f"{library.url}/opml")
    listed = gpo("list")

    assert ("The Ward Round" in listed, "Nights" in listed, "To come" in listed) == (True, True, False)
