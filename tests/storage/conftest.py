"""The stores under test: one in a folder, one on a real S3 server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.storage import ObjectStore, open_store
from app.storage.folder import FolderStore
from tests.storage.parts_server import parts_server
from tests.storage.seaweed import Seaweed, running_seaweed

SECRET = b"only for tests, only for tests"


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One S3 server for all tests of a run."""
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def bucket(seaweed: Seaweed) -> str:
    """One bucket for all tests, each of which has its own prefix in it."""
    seaweed.make_bucket("hearth-tests")
    return "hearth-tests"


@pytest.fixture
def s3_url(seaweed: Seaweed, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """HEARTH_STORE_URL for an empty place on a real server, and its credentials in the environment."""
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    return seaweed.store_url(bucket, prefix=f"test-{uuid4().hex}")


@pytest.fixture(scope="session")
def parts_address() -> Iterator[tuple[str, Callable[[FolderStore], None]]]:
    """One web server that receives parts for whichever folder store came last."""
    with parts_server() as found:
        yield found


@pytest.fixture
def folder_store(tmp_path: Path, parts_address: tuple[str, Callable[[FolderStore], None]]) -> FolderStore:
    """An empty store in a folder, whose parts arrive by HTTP."""
    base_url, hand_in = parts_address
    store = FolderStore(tmp_path / "store", base_url=base_url, secret=SECRET)
    hand_in(store)
    return store


@pytest.fixture
def s3_store(s3_url: str) -> ObjectStore:
    """An empty store on a real S3 server."""
    return open_store(s3_url, base_url="", secret=SECRET)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """Each of the two stores in turn."""
    found: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return found
