"""The store in an S3 bucket, at Amazon or at whoever speaks its protocol; the only file that knows boto3.

Senders put their parts straight into the bucket, by addresses in which number, length and sha256 are
signed: the server refuses every other part (held by tests/storage/test_contract.py on SeaweedFS 4.48). What
S3 servers do not promise alike (listing a part twice, completing twice, telling hashes again) is evened out
here.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.response import StreamingBody

from app.errors import SettingsError
from app.storage import counting, s3_answers
from app.storage.errors import KeyRefused, ObjectMissing, PartsWrong, UploadFinished, UploadMissing
from app.storage.keys import checked_key, checked_prefix, media_type
from app.storage.store import (
    ExpectedPart,
    ObjectInfo,
    OpenUpload,
    SignedPart,
    StoredPart,
    check_arrived,
    check_expected,
    check_part,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.type_defs import PartTypeDef

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60
_TRIES = 4
# Four pieces of 8 MiB at once: 32 MiB of memory for a file of any size.
_TRANSFER = TransferConfig(multipart_threshold=8 * 2**20, multipart_chunksize=8 * 2**20, max_concurrency=4)


@counting.errors_counted
class S3Store:
    """An ObjectStore in a bucket. Credentials come from where AWS tools look (AWS_ACCESS_KEY_ID ...)."""

    def __init__(
        self,
        bucket: str,
        *,
        endpoint: str | None = None,
        public_endpoint: str | None = None,
        region: str | None = None,
        path_style: bool = False,
        prefix: str = "",
    ) -> None:
        """Make no call yet. `public_endpoint` is the server's address for browsers, if that is another.

        Raises SettingsError for what no call could be made with.
        """
        config = Config(
            signature_version="s3v4",
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            s3={"addressing_style": "path" if path_style else "auto"},
            tcp_keepalive=True,
            max_pool_connections=32,
            # The newer default adds trailing checksums, which many S3 servers do not understand.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._bucket = bucket
        # Amazon takes a part with a hash only if the upload was begun for hashes, and tells them at the end.
        # Others take it anyway; begun so, SeaweedFS wants the hashes at the end without having told them.
        host = urlsplit(endpoint).hostname if endpoint else None
        self._is_amazon = host is None or host.endswith(".amazonaws.com")
        self._prefix = f"{prefix}/" if prefix else ""
        try:
            session = boto3.session.Session()
            self._client, self._signer = (
                session.client("s3", endpoint_url=address, region_name=region, config=config)
                for address in (endpoint, public_endpoint or endpoint)
            )
        except BotoCoreError as error:  # half of a key, a profile or a region that there cannot be
            raise SettingsError("HEARTH_STORE_URL", f"cannot be used as it is: {error}") from error

    def put_file(self, key: str, path: Path) -> ObjectInfo:
        """Store a copy of the file; see ObjectStore."""
        name = self._name(key)
        with _told(key):
            self._client.upload_file(
                str(path), self._bucket, name, ExtraArgs={"ContentType": media_type(key)}, Config=_TRANSFER
            )
        return self.head(key)

    def put_bytes(self, key: str, content: bytes) -> ObjectInfo:
        """Store the bytes; see ObjectStore."""
        name = self._name(key)
        with _told(key):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content, ContentType=media_type(key))
        return self.head(key)

    def head(self, key: str) -> ObjectInfo:
        """What lies under the key; see ObjectStore."""
        name = self._name(key)
        with _told(key):
            found = self._client.head_object(Bucket=self._bucket, Key=name)
        return s3_answers.object_info(key, found["ContentLength"], found["ETag"], found["LastModified"])

    def exists(self, key: str) -> bool:
        """Whether anything lies under the key; see ObjectStore."""
        try:
            self.head(key)
        except ObjectMissing:
            return False
        return True

    def open_range(self, key: str, start: int = 0, length: int | None = None) -> io.BufferedReader:
        """A reader of some of the bytes; see ObjectStore."""
        name = self._name(key)
        if length == 0:
            # HTTP has no empty range; the object must be there all the same.
            self.head(key)
            return io.BufferedReader(_Body(key, None))
        last = "" if length is None else start + length - 1
        asked = f"bytes={start}" if start < 0 else f"bytes={start}-{last}"
        try:
            with _told(key):
                body = self._client.get_object(Bucket=self._bucket, Key=name, Range=asked)["Body"]
        except s3_answers.BeyondEnd:
            return io.BufferedReader(_Body(key, None))
        return io.BufferedReader(_Body(key, body))

    def read_range(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Some of the bytes; see ObjectStore."""
        with self.open_range(key, start, length) as reader:
            return reader.read()

    def download(self, key: str, path: Path) -> None:
        """Write the bytes to a file of the caller's; see ObjectStore."""
        name = self._name(key)
        with _told(key):
            self._client.download_file(self._bucket, name, str(path), Config=_TRANSFER)

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """A temporary copy, to be read only; see ObjectStore."""
        with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
            path = Path(folder) / "object"
            self.download(key, path)
            yield path

    def copy(self, source: str, target: str) -> ObjectInfo:
        """Store the source's bytes under the target as well; see ObjectStore. S3 takes 5 GiB in one copy."""
        source_name, target_name = self._name(source), self._name(target)
        with _told(source):
            self._client.copy_object(
                Bucket=self._bucket,
                Key=target_name,
                CopySource={"Bucket": self._bucket, "Key": source_name},
                ContentType=media_type(target),
                MetadataDirective="REPLACE",
            )
        return self.head(target)

    def delete(self, key: str) -> None:
        """Remove the object; see ObjectStore."""
        name = self._name(key)
        with suppress(ObjectMissing), _told(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object below the prefix; see ObjectStore."""
        below = f"{checked_prefix(prefix)}/" if prefix else ""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + below
        )
        with _told(prefix or self._bucket):
            for page in pages:
                for found in page.get("Contents", []):
                    # A bucket may hold things that are not ours.
                    with suppress(KeyRefused):
                        key = checked_key(found["Key"].removeprefix(self._prefix))
                        yield s3_answers.object_info(key, found["Size"], found["ETag"], found["LastModified"])

    def signed_get(
        self,
        key: str,
        *,
        method: Literal["GET", "HEAD"] = "GET",
        expires_in_s: int = 900,
        file_name: str | None = None,
    ) -> str | None:
        """An address in the bucket, good for one method; see ObjectStore."""
        said = {"Bucket": self._bucket, "Key": self._name(key)}
        if method == "HEAD":
            return self._signed("head_object", said, expires_in_s)
        said["ResponseContentType"] = media_type(key)
        if file_name is not None:
            # RFC 6266 and RFC 8187: all but letters and digits is escaped, so no name can add a header.
            named = quote(file_name.encode("utf-8", "replace"), safe="")
            said["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{named}"
        return self._signed("get_object", said, expires_in_s)

    def begin(self, key: str) -> str:
        """Open an upload in parts; see ObjectStore."""
        if self.exists(key):
            raise UploadFinished(key)
        name = self._name(key)
        with _told(key):
            if self._is_amazon:
                begun = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=name, ContentType=media_type(key), ChecksumAlgorithm="SHA256"
                )
            else:
                begun = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=name, ContentType=media_type(key)
                )
        return begun["UploadId"]

    def part_address(
        self, key: str, upload_id: str, number: int, *, size_bytes: int, sha256_hex: str, expires_in_s: int
    ) -> SignedPart:
        """An address in the bucket for one part; see ObjectStore."""
        check_part(key, number, size_bytes, sha256_hex)
        checksum = s3_answers.to_base64(sha256_hex)
        said: dict[str, str | int] = {
            "Bucket": self._bucket,
            "Key": self._name(key),
            "UploadId": upload_id,
            "PartNumber": number,
            # Both become signed headers; a browser sets the length itself and lets nobody change it.
            "ContentLength": size_bytes,
            "ChecksumSHA256": checksum,
        }
        url = self._signed("upload_part", said, expires_in_s)
        return SignedPart(url, "PUT", {"x-amz-checksum-sha256": checksum})

    def parts(self, key: str, upload_id: str) -> tuple[StoredPart, ...]:
        """The parts that have arrived; see ObjectStore. Some servers do not tell the hashes again."""
        return tuple(s3_answers.stored_part(found) for found in self._arrived(key, upload_id))

    def received_bytes(self, key: str, upload_id: str) -> int:
        """How much lies there; see ObjectStore."""
        with suppress(UploadMissing, UploadFinished):
            return sum(found["Size"] for found in self._arrived(key, upload_id))
        return 0

    def complete(self, key: str, upload_id: str, expected: Sequence[ExpectedPart]) -> ObjectInfo:
        """Put the parts together; see ObjectStore."""
        ordered = check_expected(key, expected)
        try:
            self._join(key, upload_id, ordered)
        except (UploadFinished, PartsWrong):
            # Done before, perhaps by a call whose answer was lost, or just now: the parts go first.
            with suppress(ObjectMissing):
                info = self.head(key)
                if info.size_bytes == sum(part.size_bytes for part in ordered):
                    return info
            raise
        return self.head(key)

    def abort(self, key: str, upload_id: str) -> None:
        """Give an upload up; see ObjectStore."""
        name = self._name(key)
        with suppress(UploadMissing, ObjectMissing), _told(key):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=name, UploadId=upload_id)

    def abandoned(self, older_than: datetime) -> Iterator[OpenUpload]:
        """The uploads begun earlier and still open; see ObjectStore."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        with _told(self._bucket):
            for page in pages:
                for found in page.get("Uploads", []):
                    if found["Initiated"] < older_than:
                        with suppress(KeyRefused):
                            key = checked_key(found["Key"].removeprefix(self._prefix))
                            yield OpenUpload(key, found["UploadId"], found["Initiated"])

    def tidy(self, older_than: datetime) -> int:
        """Nothing: the parts of an object that was cut are an abandoned upload; see ObjectStore."""
        return 0

    def free_bytes(self) -> int | None:
        """None: a bucket has no end that it would tell."""
        return None

    def check(self) -> None:
        """Ask for the bucket, by a call whose refusal has a reason, as that of HEAD has not."""
        try:
            with _told(self._bucket):
                self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
        except ObjectMissing as error:
            raise s3_answers.error_for("NoSuchBucket", self._bucket) from error

    def allow_uploads_from(self, origin: str) -> None:
        """Let pages of this origin put parts into the bucket from a browser; rules for others stay."""
        with _told(self._bucket):
            try:
                there = self._client.get_bucket_cors(Bucket=self._bucket)["CORSRules"]
            except ClientError as error:
                if _code(error) != "NoSuchCORSConfiguration":
                    raise
                there = []
            rules = s3_answers.cors_rules(there, origin)
            self._client.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": rules})

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _signed(self, action: str, said: Mapping[str, str | int], expires_in_s: int) -> str:
        with _told(self._bucket):
            return self._signer.generate_presigned_url(action, Params=said, ExpiresIn=expires_in_s)

    def _arrived(self, key: str, upload_id: str) -> "Sequence[PartTypeDef]":
        """The parts by number, each once: of two with one number the one that came last."""
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=self._name(key), UploadId=upload_id
        )
        with self._about_upload(key):
            return s3_answers.last_of_each(found for page in pages for found in page.get("Parts", []))

    def _join(self, key: str, upload_id: str, expected: Sequence[ExpectedPart]) -> None:
        arrived = self._arrived(key, upload_id)
        check_arrived(key, expected, [s3_answers.stored_part(found) for found in arrived])
        numbers = {part.number for part in expected}
        chosen = [s3_answers.completed_part(found) for found in arrived if found["PartNumber"] in numbers]
        with self._about_upload(key):
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._name(key),
                UploadId=upload_id,
                MultipartUpload={"Parts": chosen},
                IfNoneMatch="*",
            )

    @contextmanager
    def _about_upload(self, key: str) -> Iterator[None]:
        try:
            with _told(key):
                yield
        except UploadMissing as error:
            if self.exists(key):
                raise UploadFinished(key) from error
            raise


class _Body(io.RawIOBase):
    """The body of an answer, or nothing to read, with the store's own errors."""

    def __init__(self, key: str, body: StreamingBody | None) -> None:
        self._key = key
        self._body = body

    def readable(self) -> bool:
        return True

    @counting.failures_as("read")
    def readinto(self, buffer: "WriteableBuffer") -> int:
        if self._body is None:
            return 0
        view = memoryview(buffer).cast("B")
        with _told(self._key):
            piece = self._body.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        super().close()


@contextmanager
def _told(subject: str) -> Iterator[None]:
    """Say boto's errors in the store's words."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        # A transfer hides what the server said one level down.
        raise s3_answers.error_for(_code(error) or _code(error.__context__), subject) from error


def _code(error: BaseException | None) -> str:
    """What the server said, or why it was not even asked."""
    if isinstance(error, NoCredentialsError):
        return "NoCredentials"
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
