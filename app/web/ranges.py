"""One byte range of a file, sent so that a stalled listener costs no thread.

RFC 9110, 14: a range that is malformed, or more than one, is answered with the whole (200), which is
allowed and never multiplies work (GHSA-7f5h). The file is opened, sought and handed to the server's own
`wsgi.file_wrapper` with the exact length, so that waitress sends it from its loop (house, decision 13).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from flask import Response, request
from werkzeug.http import http_date, parse_date

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)
_BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Span:
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


def asked_span(header: str | None, size_bytes: int) -> Span | None:
    """The span that a Range header asks for; None for "the whole"; an empty span cannot be satisfied."""
    found = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), size_bytes)
        return Span(size_bytes - length, size_bytes)
    start = int(first)
    if last and int(last) < start:
        return None  # RFC 9110, 14.1.1: an invalid range is ignored
    end = min(int(last) + 1, size_bytes) if last else size_bytes
    return Span(start, end) if start < size_bytes else Span(0, 0)


def file_response(
    file: BinaryIO, size_bytes: int, media_type: str, etag: str, modified_at: datetime
) -> Response:
    """The file or the range of it that was asked for, or 304, 412 or 416. Takes over the open file."""
    response, span = _answer(size_bytes, media_type, etag, modified_at)
    if span is None:
        file.close()
        return response
    file.seek(span.start)
    return _with_body(response, _body(file, span))


def streamed_response(
    open_range: Callable[[int, int], BinaryIO],
    size_bytes: int,
    media_type: str,
    etag: str,
    modified_at: datetime,
) -> Response:
    """The same of what lies on another machine: `open_range` gives the bytes from a place on, so many."""
    response, span = _answer(size_bytes, media_type, etag, modified_at)
    if span is None:
        return response
    length = span.end - span.start
    return _with_body(response, _pieces(open_range(span.start, length), length))


def _answer(
    size_bytes: int, media_type: str, etag: str, modified_at: datetime
) -> tuple[Response, Span | None]:
    """The answer without its body, and the bytes that belong into it; None where there are none."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
        "Last-Modified": http_date(modified_at),
        "Content-Type": media_type,
    }
    if (failed := _failed_condition(etag, modified_at.replace(microsecond=0))) is not None:
        return Response(status=failed, headers=headers), None
    span = asked_span(request.headers.get("Range"), size_bytes) if _range_counts(etag, modified_at) else None
    if span is not None and span.start >= span.end:
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size_bytes}"}), None
    status = 200
    if span is None:
        span = Span(0, size_bytes)
    else:
        status = 206
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size_bytes}"
    headers["Content-Length"] = str(span.end - span.start)
    return Response(status=status, headers=headers), None if request.method == "HEAD" else span


def _with_body(response: Response, body: Iterator[bytes]) -> Response:
    response.response = body
    response.direct_passthrough = True
    return response


def _failed_condition(etag: str, modified_at: datetime) -> int | None:
    """The answer to a condition that does not hold, 412 or 304, in the order of RFC 9110, 13.2.2."""
    if "If-Match" in request.headers:
        if not request.if_match.contains(etag):
            return 412
    elif (unmodified_since := request.if_unmodified_since) and modified_at > unmodified_since:
        return 412
    if "If-None-Match" in request.headers:
        return 304 if request.if_none_match.contains_weak(etag) else None
    modified_since = request.if_modified_since
    return 304 if modified_since and modified_at <= modified_since else None


def _range_counts(etag: str, modified_at: datetime) -> bool:
    """RFC 9110: ranges are for GET only (14.2), and one with an If-Range that fails is the whole (13.1.5)."""
    if request.method != "GET":
        return False
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == f'"{etag}"'
    date = parse_date(condition)
    return date is not None and date == modified_at.replace(microsecond=0)


def _body(file: BinaryIO, span: Span) -> Iterator[bytes]:
    wrapper = request.environ.get("wsgi.file_wrapper")
    if wrapper is not None and request.environ.get("SERVER_SOFTWARE", "").startswith("waitress"):
        wrapped: Iterator[bytes] = wrapper(file, _BLOCK_BYTES)
        return wrapped
    return _pieces(file, span.end - span.start)


def _pieces(file: BinaryIO, left_bytes: int) -> Iterator[bytes]:
    """For servers whose file wrapper does not stop at Content-Length."""
    with file:
        while left_bytes > 0 and (piece := file.read(min(left_bytes, _BLOCK_BYTES))):
            left_bytes -= len(piece)
            yield piece
