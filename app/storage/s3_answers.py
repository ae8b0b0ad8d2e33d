"""What S3 servers answer, in the store's words; what they do not answer alike is evened out here.

Must not know boto3: it is given codes and dictionaries.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast

from app.storage.errors import (
    ObjectMissing,
    PartsWrong,
    StorageError,
    StoreFull,
    StoreRefuses,
    StoreUnavailable,
    UploadFinished,
    UploadMissing,
)
from app.storage.keys import media_type
from app.storage.store import ObjectInfo, StoredPart

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        CORSRuleOutputTypeDef,
        CORSRuleTypeDef,
        PartTypeDef,
    )


class BeyondEnd(StorageError):
    """The range begins after the last byte; stays between here and s3.py."""

    message = "The object ends before this"


_ERRORS: dict[str, type[StorageError]] = {
    "404": ObjectMissing,
    "NotFound": ObjectMissing,
    "NoSuchKey": ObjectMissing,
    "416": BeyondEnd,
    "InvalidRange": BeyondEnd,
    "507": StoreFull,
    "InsufficientStorage": StoreFull,
    "QuotaExceeded": StoreFull,
    "XMinioStorageFull": StoreFull,
    "NoSuchUpload": UploadMissing,
    "PreconditionFailed": UploadFinished,
    "InvalidPart": PartsWrong,
    "BadDigest": PartsWrong,
    "EntityTooSmall": PartsWrong,
}


#: What no second try mends, and what the operator has to look at.
_REFUSALS = {
    "NoSuchBucket": "there is no such bucket there; make it first",
    "AccessDenied": "the key may not do this, or there is no such bucket",
    "AllAccessDisabled": "the key may not use this bucket",
    "InvalidAccessKeyId": "it does not know the key in AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID",
    "AuthorizationHeaderMalformed": "the bucket is in another region; name it in HEARTH_STORE_URL",
    "PermanentRedirect": "the bucket is in another region or at another endpoint",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "NoCredentials": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
}


def error_for(code: str, subject: str) -> StorageError:
    """The error for an S3 error code; one that says nothing special is StoreUnavailable."""
    if code in _REFUSALS:
        return StoreRefuses(subject, _REFUSALS[code])
    return _ERRORS.get(code, StoreUnavailable)(subject)


def object_info(key: str, size_bytes: int, etag: str, modified_at: datetime) -> ObjectInfo:
    """One object; the type is never what the server kept."""
    return ObjectInfo(key, size_bytes, media_type(key), etag.strip('"'), modified_at)


def last_of_each(parts: "Iterable[PartTypeDef]") -> "list[PartTypeDef]":
    """In order, of each number the part that came last: SeaweedFS lists all of them, Amazon only the last."""
    arrived: dict[int, PartTypeDef] = {}
    for found in parts:
        there = arrived.get(found["PartNumber"])
        if there is None or there["LastModified"] < found["LastModified"]:
            arrived[found["PartNumber"]] = found
        elif there["LastModified"] == found["LastModified"] and there["ETag"] != found["ETag"]:
            # Within one second nobody can say which: without a tag it counts as missing and is sent again.
            arrived[found["PartNumber"]] = {**there, "ETag": ""}
    return [found for _, found in sorted(arrived.items()) if found["ETag"]]


def stored_part(found: "PartTypeDef") -> StoredPart:
    """A part as listed; Amazon tells its hash again, SeaweedFS does not."""
    checksum = found.get("ChecksumSHA256")
    return StoredPart(found["PartNumber"], found["Size"], b64decode(checksum).hex() if checksum else None)


def completed_part(found: "PartTypeDef") -> "CompletedPartTypeDef":
    """The part as the server wants it named at the end: Amazon asks for the hash that it told."""
    chosen: CompletedPartTypeDef = {"PartNumber": found["PartNumber"], "ETag": found["ETag"]}
    if "ChecksumSHA256" in found:
        chosen["ChecksumSHA256"] = found["ChecksumSHA256"]
    return chosen


def to_base64(sha256_hex: str) -> str:
    """A hash as S3 writes it."""
    return b64encode(bytes.fromhex(sha256_hex)).decode("ascii")


def cors_rules(there: "Iterable[CORSRuleOutputTypeDef]", origin: str) -> "list[CORSRuleTypeDef]":
    """The bucket's rules with ours: it may be shared with another service, whose rules it has as well."""
    ours: CORSRuleTypeDef = {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["PUT", "GET", "HEAD"],
        "AllowedHeaders": ["content-type", "x-amz-checksum-sha256"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    return [*(cast("CORSRuleTypeDef", rule) for rule in there if rule["AllowedOrigins"] != [origin]), ours]
