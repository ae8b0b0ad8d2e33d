"""The log: one line a request, without whatever would let its reader in."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from structlog.contextvars import bound_contextvars

from app import create_app
from app.backends import Backends
from app.log import make_formatter
from app.web.request_log import loggable_path
from tests.conftest import Written


def test_a_request_is_one_line_without_its_question(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.request"):
        client.get("/no-such-page?q=private words", headers={"User-Agent": "Reader of Ada"})

    lines = [
        make_formatter("text").format(record) for record in caplog.records if record.name == "app.request"
    ]
    assert len(lines) == 1
    assert "path=/no-such-page" in lines[0]
    assert "status=404" in lines[0]
    assert "method=GET" in lines[0]
    for secret in ("private", "Ada", "127.0.0.1"):
        assert secret not in lines[0]


@pytest.mark.parametrize(
    "path", ["/parts/abc.def", "/welcome/abc", "/reset/abc", "/reset/abc/x", "//reset/abc"]
)
def test_tokens_are_not_logged(path: str) -> None:
    assert "abc" not in loggable_path(path)


def test_no_route_with_a_token_shows_it_in_the_log(app: Flask) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules() if "token" in rule.arguments]

    assert rules
    for rule in rules:
        assert "sesame" not in loggable_path(rule.replace("<token>", "sesame")), rule


@pytest.mark.parametrize(
    ("server", "message", "arguments"),
    [
        ("waitress", "Client disconnected while serving /draft/sesame/sound.mp3", ()),
        ("waitress", "Exception while serving /parts/sesame", ()),
        ("gunicorn.error", "Error handling request %s", ("/search?q=sesame",)),
        ("gunicorn.error", "Error handling request %s", ("/reset/sesame?x=1",)),
    ],
)
def test_the_web_server_writes_no_token_and_no_question(
    app: Flask, written: Written, server: str, message: str, arguments: tuple
) -> None:
    logging.getLogger(server).warning(message, *arguments)

    (line,) = written()
    assert "sesame" not in str(line)
    assert str(line["event"]).startswith(message.partition(" /")[0].removesuffix(" %s"))


def test_a_path_cannot_forge_a_line() -> None:
    assert "\n" not in loggable_path("/x\nlevel=info")


def test_json_is_one_object_a_line() -> None:
    record = logging.LogRecord("app.request", logging.INFO, "", 0, "request", None, None)
    record.status = 200

    said = json.loads(make_formatter("json").format(record))

    assert (said["event"], said["status"], said["level"]) == ("request", 200, "info")


def test_a_fault_keeps_its_stack() -> None:
    try:
        raise ValueError("lost")
    except ValueError as error:
        record = logging.LogRecord(
            "app.web", logging.ERROR, "", 0, "unexpected", None, (type(error), error, error.__traceback__)
        )

    folded = make_formatter("text", folded=True).format(record)

    assert "\nValueError: lost" in make_formatter("text").format(record)
    assert "ValueError: lost" in folded
    assert len(folded.splitlines()) == 1


def test_every_line_of_a_request_carries_its_id_and_no_line_after_it(
    app: Flask, client: FlaskClient, written: Written
) -> None:
    log = logging.getLogger("app.somewhere")
    app.add_url_rule("/said", view_func=lambda: (log.info("said within"), "done")[1])

    first, second = (client.get("/said").headers["X-Request-ID"] for _ in range(2))
    log.info("said afterwards")

    ids = [(line["event"], line.get("request_id")) for line in written()]
    assert first != second
    assert ids == [
        ("said within", first),
        ("request", first),
        ("said within", second),
        ("request", second),
        ("said afterwards", None),
    ]


def test_a_body_that_is_written_bit_by_bit_carries_the_id_to_its_end(
    app: Flask, client: FlaskClient, written: Written
) -> None:
    log = logging.getLogger("app.somewhere")

    def body() -> Iterator[bytes]:
        yield b"one"
        log.info("said on the way")

    app.add_url_rule("/bits", view_func=lambda: Response(body()))
    with client.get("/bits") as answer:
        said = answer.data
    log.info("said afterwards")

    assert said == b"one"
    assert [(line["event"], line.get("request_id")) for line in written()] == [
        ("request", answer.headers["X-Request-ID"]),
        ("said on the way", answer.headers["X-Request-ID"]),
        ("said afterwards", None),
    ]


def test_the_id_stands_on_the_line_in_both_formats() -> None:
    record = logging.LogRecord("app.web", logging.INFO, "", 0, "said", None, None)

    with bound_contextvars(request_id="abc-123", workflow="recording-1-1"):
        text, as_json = (make_formatter(name).format(record) for name in ("text", "json"))

    assert "event=said request_id=abc-123 workflow=recording-1-1" in text
    assert json.loads(as_json)["workflow"] == "recording-1-1"


@pytest.mark.parametrize(
    ("hops", "given", "is_taken"),
    [
        (1, "8f2c1b0a9d3e4f50-proxy", True),
        (0, "8f2c1b0a9d3e4f50-proxy", False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "level=error ward round", False),
        (1, "ünicode-of-a-name", False),
    ],
)
def test_only_a_proxy_that_is_trusted_names_a_request(
    backends: Backends, hops: int, given: str, is_taken: bool
) -> None:
    settings = replace(backends.settings, proxy_hops=hops)
    client = create_app(backends=replace(backends, settings=settings)).test_client()

    answered = client.get("/no-such-page", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert (answered == given) is is_taken
    assert re.fullmatch(r"[A-Za-z0-9-]{8,64}", answered)


def test_what_the_engine_says_is_written_as_everything_else(tmp_path: Path) -> None:
    said = (
        "from app.log import set_up; from app.settings import read_settings; set_up(read_settings())\n"
        "from dbos._logger import dbos_logger, init_logger; init_logger(); dbos_logger.error('broke')"
    )
    env = {**os.environ, "HEARTH_DATA": str(tmp_path), "HEARTH_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-c", said], env=env, capture_output=True, text=True, timeout=60, check=True
    )

    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["broke"]
