"""Parts over the app: the signed address is the permission, and nothing else is."""

import hashlib
from io import BytesIO
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.backends import Backends
from app.settings import PART_BYTES
from app.storage import ExpectedPart
from app.storage.folder import FolderStore
from app.storage.keys import recording_key

PIECE = bytes(range(256)) * 100


class Upload:
    """An upload that was begun in the store of the app."""

    def __init__(self, backends: Backends) -> None:
        self.store = backends.store
        self.key = recording_key(uuid4())
        self.id = self.store.begin(self.key)

    def path(self, piece: bytes = PIECE, number: int = 1, expires_in_s: int = 600) -> str:
        """Where this part may be put."""
        signed = self.store.part_address(
            self.key,
            self.id,
            number,
            size_bytes=len(piece),
            sha256_hex=hashlib.sha256(piece).hexdigest(),
            expires_in_s=expires_in_s,
        )
        return urlsplit(signed.url).path

    def arrived(self) -> list[tuple[int, int]]:
        """Number and size of the parts that are there."""
        return [(part.number, part.size_bytes) for part in self.store.parts(self.key, self.id)]


@pytest.fixture
def upload(backends: Backends) -> Upload:
    return Upload(backends)


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, str((answer.get_json(silent=True) or {}).get("error"))


def test_a_part_needs_no_session_and_no_token_of_a_form(client: FlaskClient, upload: Upload) -> None:
    answer = client.put(upload.path(), data=PIECE)

    assert (answer.status_code, answer.get_json()) == (200, {"number": 1, "size_bytes": len(PIECE)})
    assert "Set-Cookie" not in answer.headers
    assert upload.arrived() == [(1, len(PIECE))]


def test_parts_come_in_any_order_and_more_than_once(client: FlaskClient, upload: Upload) -> None:
    for number in (3, 1, 3, 2):
        assert client.put(upload.path(number=number), data=PIECE).status_code == 200

    assert upload.arrived() == [(number, len(PIECE)) for number in (1, 2, 3)]


def test_a_whole_part_of_eight_mebibytes_is_taken_and_a_byte_more_is_not(
    client: FlaskClient, upload: Upload
) -> None:
    largest = bytes(PART_BYTES)
    assert client.put(upload.path(largest), data=largest).status_code == 200

    too_large = bytes(PART_BYTES + 1)
    assert client.put(upload.path(too_large, number=2), data=too_large).status_code == 413
    assert upload.arrived() == [(1, PART_BYTES)]


def test_other_bytes_than_announced_are_refused(client: FlaskClient, upload: Upload) -> None:
    answer = client.put(upload.path(), data=PIECE[::-1])

    assert refusal(answer) == (422, "PartHashWrong")
    assert upload.arrived() == []


@pytest.mark.parametrize("sent", [b"", PIECE[:-1], PIECE + b"x"])
def test_another_length_than_announced_is_refused(client: FlaskClient, upload: Upload, sent: bytes) -> None:
    assert refusal(client.put(upload.path(), data=sent)) == (400, "PartLengthWrong")
    assert upload.arrived() == []


def test_a_length_that_lies_is_refused(client: FlaskClient, upload: Upload) -> None:
    answer = client.put(upload.path(), input_stream=BytesIO(PIECE[:100]), content_length=len(PIECE))

    assert refusal(answer) == (400, "PartLengthWrong")
    assert upload.arrived() == []


def test_a_body_without_a_length_is_refused(client: FlaskClient, upload: Upload) -> None:
    answer = client.put(upload.path(), input_stream=BytesIO(PIECE), headers={"Transfer-Encoding": "chunked"})

    assert refusal(answer) == (400, "PartLengthWrong")
    assert upload.arrived() == []


def test_an_address_that_has_expired_is_refused(client: FlaskClient, upload: Upload) -> None:
    assert refusal(client.put(upload.path(expires_in_s=-1), data=PIECE)) == (403, "PartAddressExpired")


def test_an_address_that_was_changed_is_refused(client: FlaskClient, upload: Upload) -> None:
    said, _, signature = upload.path().removeprefix("/parts/").partition(".")
    other = upload.path(number=2).removeprefix("/parts/").partition(".")[0]
    forged = (
        f"{other}.{signature}",
        f"{said}.{signature[:-2]}",
        f"{said}.",
        said,
        "x",
        ".",
        "%ff.%fe",
        "é.ß",
        "x" * 5000,
    )

    for token in forged:
        assert refusal(client.put(f"/parts/{token}", data=PIECE)) == (403, "PartAddressForged")
    assert client.put("/parts/%00", data=PIECE).status_code == 404  # as every address with a NUL
    assert upload.arrived() == []


def test_an_address_of_another_service_is_refused(
    client: FlaskClient, upload: Upload, backends: Backends
) -> None:
    store = FolderStore(
        backends.settings.data / "store", base_url="", secret=b"another secret, another secret"
    )
    signed = store.part_address(
        upload.key,
        upload.id,
        1,
        size_bytes=len(PIECE),
        sha256_hex=hashlib.sha256(PIECE).hexdigest(),
        expires_in_s=600,
    )

    assert refusal(client.put(urlsplit(signed.url).path, data=PIECE)) == (403, "PartAddressForged")


def test_a_part_that_comes_after_the_end_changes_nothing(client: FlaskClient, upload: Upload) -> None:
    late = upload.path(b"other" * 10)
    client.put(upload.path(), data=PIECE)
    upload.store.complete(upload.key, upload.id, [ExpectedPart(1, len(PIECE))])

    assert refusal(client.put(late, data=b"other" * 10)) == (409, "UploadFinished")
    assert upload.store.read_range(upload.key) == PIECE


def test_a_part_of_an_upload_that_was_given_up_is_refused(client: FlaskClient, upload: Upload) -> None:
    upload.store.abort(upload.key, upload.id)

    assert refusal(client.put(upload.path(), data=PIECE)) == (404, "UploadMissing")


def test_nothing_can_be_read_from_a_part_address(client: FlaskClient, upload: Upload) -> None:
    client.put(upload.path(), data=PIECE)

    assert [
        client.open(upload.path(), method=method).status_code for method in ("GET", "HEAD", "POST", "DELETE")
    ] == [405] * 4
