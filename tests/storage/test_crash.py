"""The folder store dies at every single step, and nothing is ever half there."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.storage.folder import FolderStore
from tests.storage.crash import FIRST, LAST, OLD, RECORDING, UPLOAD, open_store, receive_part
from tests.storage.sending import expected

ROOT = Path(__file__).parents[2]
LATER = datetime.now(UTC) + timedelta(days=2)


def killed(operation: str, folder: Path) -> list[tuple[FolderStore, str]]:
    """For each step of the operation: the store whose process died before it, and the step."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.crash", operation, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.rpartition(" ") for line in done.stdout.splitlines()]
    return [(open_store(Path(path)), call) for path, _, call in lines]


def visible(store: FolderStore) -> dict[str, bytes]:
    """All that anybody can see in the store."""
    return {info.key: store.read_range(info.key) for info in store.list()}


def assert_nothing_left(store: FolderStore) -> None:
    """No half-written file survives a sweep."""
    store.tidy(LATER)
    assert store.tidy(LATER) == 0


def test_killed_while_putting_there_is_the_old_object_or_the_new(tmp_path: Path) -> None:
    seen = set()
    for store, call in killed("put", tmp_path):
        found = visible(store)
        seen.add((found[RECORDING] == FIRST, call))

        assert found in ({RECORDING: OLD}, {RECORDING: FIRST})
        store.put_bytes(RECORDING, FIRST)
        assert visible(store) == {RECORDING: FIRST}
        assert_nothing_left(store)
    assert {(False, "fsync"), (False, "replace"), (True, "fsync")} <= seen


def test_killed_while_copying_there_is_the_old_object_or_the_new(tmp_path: Path) -> None:
    seen = set()
    for store, call in killed("copy", tmp_path):
        found = visible(store)
        seen.add((found[RECORDING] == FIRST, call))

        assert found[UPLOAD] == FIRST
        assert found[RECORDING] in (OLD, FIRST)
        store.copy(UPLOAD, RECORDING)
        assert visible(store) == {UPLOAD: FIRST, RECORDING: FIRST}
        assert_nothing_left(store)
    assert {(False, "link"), (False, "replace"), (True, "fsync")} <= seen


def test_killed_while_deleting_the_object_is_whole_or_gone(tmp_path: Path) -> None:
    seen = set()
    for store, _ in killed("delete", tmp_path):
        found = visible(store)
        seen.add(bool(found))

        assert found in ({RECORDING: FIRST}, {})
        store.delete(RECORDING)
        assert visible(store) == {}
    assert seen == {True, False}


def test_killed_while_receiving_the_part_is_whole_or_not_there(tmp_path: Path) -> None:
    seen = set()
    for store, call in killed("receive", tmp_path):
        [upload] = store.abandoned(LATER)
        arrived = store.parts(UPLOAD, upload.upload_id)
        seen.add((len(arrived), call))

        assert visible(store) == {}
        assert [(part.number, part.size_bytes) for part in arrived] in ([], [(1, len(FIRST))])
        receive_part(store, upload.upload_id, 1, FIRST)
        store.complete(UPLOAD, upload.upload_id, expected(FIRST))
        assert visible(store) == {UPLOAD: FIRST}
        assert_nothing_left(store)
    assert {(0, "fsync"), (0, "replace"), (1, "fsync")} <= seen


def test_killed_while_completing_there_is_nothing_or_the_whole(tmp_path: Path) -> None:
    seen = set()
    for store, call in killed("complete", tmp_path):
        found = visible(store)
        seen.add((bool(found), call))
        [upload_id] = [upload.upload_id for upload in store.abandoned(LATER)] or [""]

        assert found in ({}, {UPLOAD: FIRST + LAST})
        if upload_id:
            store.complete(UPLOAD, upload_id, expected(FIRST, LAST))
        assert visible(store) == {UPLOAD: FIRST + LAST}
        assert list(store.abandoned(LATER)) == []
        assert_nothing_left(store)
    assert {(False, "fsync"), (False, "replace"), (True, "fsync"), (True, "rename")} <= seen


@pytest.mark.parametrize("again", ["abort", "complete"])
def test_killed_while_giving_up_the_upload_is_whole_or_gone(tmp_path: Path, again: str) -> None:
    seen = set()
    for store, _ in killed("abort", tmp_path):
        uploads = [upload.upload_id for upload in store.abandoned(LATER)]
        seen.add(len(uploads))

        assert visible(store) == {}
        for upload_id in uploads:
            if again == "abort":
                store.abort(UPLOAD, upload_id)
                assert visible(store) == {}
            else:
                store.complete(UPLOAD, upload_id, expected(FIRST))
                assert visible(store) == {UPLOAD: FIRST}
        assert list(store.abandoned(LATER)) == []
        assert_nothing_left(store)
    assert seen == {0, 1}
