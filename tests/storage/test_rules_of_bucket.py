"""What the guide says of buckets is what the store needs: permissions, and how long parts are kept."""

import ast
import json
from pathlib import Path

from app.services.housekeeping import JOINED_DAYS, UPLOAD_DAYS

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "deployment"

#: What Amazon asks for each call ("Actions, resources, and condition keys for Amazon S3").
ASKED_FOR = {
    "abort_multipart_upload": {"s3:AbortMultipartUpload"},
    "complete_multipart_upload": {"s3:PutObject"},
    "copy_object": {"s3:GetObject", "s3:PutObject"},
    "create_multipart_upload": {"s3:PutObject"},
    "delete_object": {"s3:DeleteObject"},
    "download_file": {"s3:GetObject"},
    "get_bucket_cors": {"s3:GetBucketCORS"},
    "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "list_multipart_uploads": {"s3:ListBucketMultipartUploads"},
    "list_objects_v2": {"s3:ListBucket"},
    "list_parts": {"s3:ListMultipartUploadParts"},
    "put_bucket_cors": {"s3:PutBucketCORS"},
    "put_object": {"s3:PutObject"},
    # in several parts where it is large, and given up where that fails
    "upload_file": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "upload_part": {"s3:PutObject"},
}


def calls_of_the_store() -> set[str]:
    """Every call that app/storage/s3.py makes, signs or pages through."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "app" / "storage" / "s3.py").read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("get_paginator", "_signed") and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
        elif isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "_client":
            found.add(node.func.attr)
    return found - {"get_paginator"}


def test_the_policy_allows_what_the_store_does_and_nothing_else() -> None:
    policy = json.loads((GUIDE / "bucket-policy.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}

    assert calls_of_the_store() == set(ASKED_FOR)
    assert allowed == set().union(*ASKED_FOR.values())


def test_the_store_throws_no_parts_away_that_we_still_offer_to_continue() -> None:
    rules = json.loads((GUIDE / "bucket-lifecycle.json").read_text())["Rules"]
    days = [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in rules if len(rule) == 4]

    assert len(days) == 1
    assert days[0] > max(UPLOAD_DAYS, JOINED_DAYS)
