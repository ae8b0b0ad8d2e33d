"""What only the S3 store has: another machine that may be down, slow or full of other things."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import boto3
import pytest
import requests
from botocore.config import Config

from app.storage import ObjectStore, StoredPart, open_store
from app.storage.errors import (
    ObjectMissing,
    PartsWrong,
    StoreFull,
    StoreRefuses,
    StoreUnavailable,
    UploadMissing,
)
from app.storage.keys import recording_key
from app.storage.s3 import S3Store
from app.storage.s3_answers import completed_part, error_for, last_of_each, stored_part
from tests.storage.conftest import SECRET
from tests.storage.seaweed import Seaweed, free_ports
from tests.storage.sending import address, make_key, send

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PartTypeDef

KEY = recording_key(UUID(int=1))
ORIGIN = "https://hearth.example"


def open_at(url: str) -> S3Store:
    """The store, as its own class."""
    store = open_store(url, base_url="", secret=SECRET)
    assert isinstance(store, S3Store)
    return store


def client_of(seaweed: Seaweed) -> "S3Client":
    """Somebody else who uses the same bucket."""
    return boto3.client(
        "s3",
        endpoint_url=seaweed.endpoint,
        region_name="us-east-1",
        aws_access_key_id=seaweed.access_key,
        aws_secret_access_key=seaweed.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each connection the next answer, the last for ever; keeps what was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    request = connection.recv(65536)
                    if not request:
                        return
                    connection.sendall(answers[min(len(asked), len(answers) - 1)])
                    asked.append(request)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        with socket.create_connection(listener.getsockname()):
            pass
        thread.join()


def test_a_server_that_is_down_is_unavailable(s3_url: str, seaweed: Seaweed) -> None:
    [port] = free_ports(1)
    store = open_at(s3_url.replace(seaweed.endpoint, f"http://127.0.0.1:{port}"))

    with pytest.raises(StoreUnavailable):
        store.check()


def test_a_wrong_secret_is_unavailable_not_missing(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    store = open_at(s3_url)
    calls: list[Callable[[], object]] = [
        store.check,
        lambda: store.exists(KEY),
        lambda: store.put_bytes(KEY, b"x"),
        lambda: store.begin(make_key()),
        lambda: list(store.list()),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable):
            call()


def test_who_is_refused_is_told_what_to_look_at(
    s3_url: str, seaweed: Seaweed, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreRefuses, match="no such bucket"):
        open_at(s3_url.replace(bucket, "no-such-bucket")).check()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(StoreRefuses, match="AWS_SECRET_ACCESS_KEY does not belong to"):
        open_at(s3_url).check()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(StoreRefuses, match="does not know the key"):
        open_at(s3_url).check()
    with answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as (other, _):
        store = open_at(s3_url.replace(seaweed.endpoint, other))
        with pytest.raises(StoreRefuses, match="no such bucket"):
            store.check()


def test_a_missing_key_is_said(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")

    with pytest.raises(StoreRefuses, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"):
        open_at(s3_url).check()


def test_a_body_that_ends_early_is_an_error_and_not_a_short_object(s3_url: str, seaweed: Seaweed) -> None:
    answer = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nonly this"
    with answering(answer) as (endpoint, _):
        store = open_at(s3_url.replace(seaweed.endpoint, endpoint))
        with pytest.raises(StoreUnavailable):
            store.read_range(KEY)


def test_a_server_without_room_is_full(s3_url: str, seaweed: Seaweed) -> None:
    answer = b"HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(answer) as (endpoint, _):
        store = open_at(s3_url.replace(seaweed.endpoint, endpoint))
        with pytest.raises(StoreFull):
            store.put_bytes(KEY, b"x")


def test_places_with_names_that_begin_alike_do_not_see_each_other(s3_url: str) -> None:
    public, private = open_at(s3_url), open_at(f"{s3_url}-private")
    public.put_bytes(KEY, b"public")
    private.put_bytes(KEY, b"private")
    secret = make_key()
    private.put_bytes(secret, b"private")
    open_key = make_key()
    private.begin(open_key)

    assert [info.key for info in public.list()] == [KEY]
    assert not public.exists(secret)
    assert public.read_range(KEY) == b"public"
    assert list(public.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_other_things_in_the_bucket_are_not_ours(s3_url: str, seaweed: Seaweed, bucket: str) -> None:
    store = open_at(s3_url)
    prefix = s3_url.rpartition("prefix=")[2]
    client = client_of(seaweed)
    for name in ("notes.txt", "recordings/notes.txt", "recordings/a/b/c"):
        client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=b"x")
    client.create_multipart_upload(Bucket=bucket, Key=f"{prefix}/not-ours")
    store.put_bytes(KEY, b"x")

    assert [info.key for info in store.list()] == [KEY]
    assert list(store.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_a_type_that_somebody_else_set_is_not_served(s3_url: str, seaweed: Seaweed, bucket: str) -> None:
    prefix = s3_url.rpartition("prefix=")[2]
    client_of(seaweed).put_object(Bucket=bucket, Key=f"{prefix}/{KEY}", Body=b"<p>", ContentType="text/html")
    store = open_at(s3_url)
    url = store.signed_get(KEY)
    assert url is not None

    assert store.head(KEY).media_type == "application/octet-stream"
    assert requests.get(url, timeout=9).headers["Content-Type"] == "application/octet-stream"


def test_browsers_are_sent_to_the_public_endpoint(s3_url: str, seaweed: Seaweed) -> None:
    public = seaweed.endpoint.replace("127.0.0.1", "localhost")
    store = open_at(f"{s3_url}&public_endpoint={public}")
    key = make_key()
    signed = address(store, key, store.begin(key), 1, b"x")

    assert signed.url.startswith(f"{public}/")
    assert send(signed, b"x") == 200


def test_pages_of_one_origin_may_send_parts_and_no_others(s3_url: str, seaweed: Seaweed, bucket: str) -> None:
    store = open_at(s3_url)
    store.allow_uploads_from(ORIGIN)
    for _ in range(2):
        store.allow_uploads_from("https://another.example")
    key = make_key()
    signed = address(store, key, store.begin(key), 1, b"x")

    def preflight(origin: str) -> requests.Response:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,x-amz-checksum-sha256",
        }
        return requests.options(signed.url, headers=asked, timeout=9)

    assert preflight(ORIGIN).headers["Access-Control-Allow-Origin"] in (ORIGIN, "*")
    assert preflight("https://another.example").headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example").headers
    assert len(client_of(seaweed).get_bucket_cors(Bucket=bucket)["CORSRules"]) == 2


def test_an_address_names_no_secret(s3_store: ObjectStore, seaweed: Seaweed) -> None:
    key = make_key()
    signed = address(s3_store, key, s3_store.begin(key), 1, b"x")

    assert seaweed.secret_key not in signed.url + str(signed.headers)
    assert {"content-length", "host", "x-amz-checksum-sha256"} == set(signed_headers(signed.url))


def test_at_amazon_an_upload_is_begun_for_parts_with_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    body = b"<InitiateMultipartUploadResult><UploadId>an id</UploadId></InitiateMultipartUploadResult>"
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    with answering(missing, begun) as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        store = open_at("s3://bucket?endpoint=http://s3.eu-west-2.amazonaws.com&region=eu-west-2")
        upload_id = store.begin(KEY)

    assert upload_id == "an id"
    assert b"\r\nx-amz-checksum-algorithm: SHA256\r\n" in asked[1]


def signed_headers(url: str) -> list[str]:
    """The headers that the signature covers."""
    [said] = [pair for pair in urlsplit(url).query.split("&") if pair.startswith("X-Amz-SignedHeaders=")]
    return said.partition("=")[2].split("%3B")


def listed(second: int, etag: str, checksum: str = "") -> "PartTypeDef":
    """A part as a server lists it."""
    part: PartTypeDef = {
        "PartNumber": 1,
        "Size": 3,
        "ETag": etag,
        "LastModified": datetime(2026, 3, 2, 9, 0, second, tzinfo=UTC),
    }
    return {**part, "ChecksumSHA256": checksum} if checksum else part


def test_a_hash_that_the_server_tells_again_is_kept() -> None:
    part = listed(0, '"a"', "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")

    assert stored_part(part) == StoredPart(
        1, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert stored_part(listed(0, '"a"')) == StoredPart(1, 3, None)


def test_a_hash_that_the_server_told_is_given_back_at_the_end() -> None:
    told = listed(0, '"a"', "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")

    assert completed_part(told)["ChecksumSHA256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    assert completed_part(listed(0, '"a"')) == {"PartNumber": 1, "ETag": '"a"'}


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ([listed(1, "a"), listed(2, "b")], "b"),
        ([listed(2, "b"), listed(1, "a")], "b"),
        ([listed(1, "a"), listed(1, "a")], "a"),
        ([listed(1, "a"), listed(1, "b")], None),
        ([listed(1, "a"), listed(1, "b"), listed(2, "a")], "a"),
    ],
)
def test_of_a_part_that_is_listed_twice_the_last_counts(parts: "list[PartTypeDef]", kept: str | None) -> None:
    assert [part["ETag"] for part in last_of_each(parts)] == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("404", ObjectMissing),
        ("NoSuchKey", ObjectMissing),
        ("NoSuchUpload", UploadMissing),
        ("InvalidPart", PartsWrong),
        ("507", StoreFull),
        ("NoSuchBucket", StoreRefuses),
        ("SlowDown", StoreUnavailable),
        ("AccessDenied", StoreRefuses),
        ("", StoreUnavailable),
    ],
)
def test_a_servers_word_becomes_ours(code: str, kind: type[Exception]) -> None:
    error = error_for(code, "a key")

    assert type(error) is kind
    assert "a key" in str(error)
