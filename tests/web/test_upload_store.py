"""Uploads and the store behind them: when it is asked, and what is said of what it answers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.backends import Backends
from app.models import Account, Upload
from app.services import uploads
from app.storage.errors import StoreFull
from app.storage.keys import recording_key
from tests.fakes import Watched
from tests.transactions import transactions
from tests.web.signing import sign_in
from tests.web.test_studio_uploads import CONTENT, PART_BYTES, ask, begin, plain, producer, sha256, show

__all__ = ["producer", "show"]


@pytest.fixture
def looked() -> list[tuple[str, bool]]:
    """Each call of the store, and whether a transaction of ours was open."""
    return []


@pytest.fixture
def watched(backends: Backends, looked: list[tuple[str, bool]]) -> Iterator[Flask]:
    """The service with a store that notes how it is called."""
    with transactions(backends) as is_open:

        def note(name: str) -> None:
            looked.append((name, is_open()))

        yield create_app(backends=replace(backends, store=Watched(backends.store, note)))


def stored_as(backends: Backends) -> str:
    """The store's name of the only upload."""
    with backends.database.reading() as session:
        return session.scalars(sa.select(Upload.store_upload)).one()


def put(backends: Backends, number: int) -> None:
    """Let one part of the only upload arrive."""
    with backends.database.reading() as session:
        row = session.scalars(sa.select(Upload)).one()
    part = CONTENT[(number - 1) * PART_BYTES : number * PART_BYTES]
    signed = backends.store.part_address(
        recording_key(row.recording_id),
        row.store_upload,
        number,
        size_bytes=len(part),
        sha256_hex=sha256(part),
        expires_in_s=60,
    )
    answer = create_app(backends=backends).test_client().put(signed.url, data=part)
    assert answer.status_code == 200, answer.text


def test_a_disk_that_is_full_at_the_end_is_said_in_words_and_everything_is_kept(
    client: FlaskClient, producer: Account, backends: Backends
) -> None:
    upload = begin(client).json
    put(backends, 1)
    put(backends, 2)

    def full(name: str) -> None:
        if name == "complete":
            raise StoreFull(name)

    other = create_app(backends=replace(backends, store=Watched(backends.store, full))).test_client()
    sign_in(other, producer)
    answer = ask(other, upload["complete"])

    assert (answer.status_code, answer.json["error"]) == (507, uploads.FULL)
    assert ask(client, upload["complete"]).status_code == 200


@pytest.mark.usefixtures("producer")
def test_two_recordings_are_not_both_taken_where_only_one_fits(
    client: FlaskClient, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends.store, "free_bytes", lambda: 3 * 1024**3)
    first = begin(client, file_name="one.wav", size_bytes=1024**3).json

    second = begin(client, file_name="two.wav", size_bytes=1024**3)
    assert (second.status_code, "not enough room" in second.json["error"]) == (409, True)
    assert [upload.upload_id for upload in backends.store.abandoned(datetime.max.replace(tzinfo=UTC))] == [
        stored_as(backends)
    ]
    assert begin(client, file_name="one.wav", size_bytes=1024**3).json["id"] == first["id"]
    ask(client, first["cancel"])
    assert begin(client, file_name="two.wav", size_bytes=1024**3).status_code == 200


def test_no_transaction_is_open_while_the_store_works_on_an_upload(
    watched: Flask, looked: list[tuple[str, bool]], producer: Account, backends: Backends
) -> None:
    client = watched.test_client()
    sign_in(client, producer)
    upload = begin(client).json
    put(backends, 1)
    put(backends, 2)
    begin(client)
    client.get(upload["state"])
    part = {"number": 1, "size_bytes": PART_BYTES, "sha256": sha256(CONTENT[:PART_BYTES])}
    ask(client, upload["parts"], parts=[part])
    ask(client, upload["complete"])
    ask(client, upload["cancel"])
    begin(client, file_name="other.mp3")
    with backends.database.reading() as session:
        other = session.scalars(sa.select(Upload).where(Upload.file_name == "other.mp3")).one()
    backends.store.abort(recording_key(other.recording_id), other.store_upload)
    renewed = begin(client, file_name="other.mp3").json
    plain(client)
    ask(client, renewed["cancel"])

    assert {"free_bytes", "received_bytes"} <= {name for name, _ in looked}
    assert {"begin", "parts", "part_address", "complete", "abort", "put_file"} <= {name for name, _ in looked}
    assert [name for name, is_open in looked if is_open] == []
