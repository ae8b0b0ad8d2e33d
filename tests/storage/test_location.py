"""HEARTH_STORE_URL: which store it opens, and which addresses are refused in words."""

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.storage import open_store
from app.storage.folder import FolderStore
from app.storage.s3 import S3Store
from tests.storage.conftest import SECRET
from tests.storage.sending import make_key


def test_a_file_address_opens_a_folder_and_makes_it(tmp_path: Path) -> None:
    folder = tmp_path / "a place" / "store"
    store = open_store(folder.as_uri(), base_url="http://127.0.0.1:8000", secret=SECRET)
    key = make_key()
    store.put_bytes(key, b"x")

    assert isinstance(store, FolderStore)
    assert (folder / "objects" / key).read_bytes() == b"x"


def test_an_s3_address_opens_a_bucket(s3_url: str) -> None:
    store = open_store(s3_url, base_url="", secret=SECRET)
    key = make_key()
    store.put_bytes(key, b"x")

    assert isinstance(store, S3Store)
    assert store.read_range(key) == b"x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store",
        "/var/lib/store",
        "ftp://host/store",
        "file://host/store",
        "file:store",
        "file:///store?x=1",
        "file:///store#x",
        "s3://",
        "s3:///bucket",
        "s3://bucket/folder",
        "s3://bucket?endpiont=http://127.0.0.1",
        "s3://bucket:80",
        "s3://[bucket",
        "s3://bucket?endpoint=127.0.0.1:8333",
        "s3://bucket?endpoint=s3.example.org",
        "s3://bucket?endpoint=http://127.0.0.1:many",
        "s3://bucket?endpoint=http://[::1",
        "s3://bucket?endpoint=http://s3.example.org?x=1",
        "s3://bucket?public_endpoint=//s3.example.org",
        "s3://bucket?region=eu&region=us",
        "s3://bucket?region=eu%20west",
        "s3://bucket?path_style=false",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_by_the_name_of_its_variable(url: str) -> None:
    with pytest.raises(SettingsError, match="HEARTH_STORE_URL"):
        open_store(url, base_url="", secret=SECRET)


def test_credentials_in_the_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        open_store("s3://id:hush-hush@bucket", base_url="", secret=SECRET)

    assert "hush-hush" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="file/store"):
        open_store((tmp_path / "file" / "store").as_uri(), base_url="", secret=SECRET)


def test_half_of_a_key_is_refused_by_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    with pytest.raises(SettingsError, match="missing: AWS_SECRET_ACCESS_KEY"):
        open_store("s3://bucket", base_url="", secret=SECRET)
