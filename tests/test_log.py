"""The log: one line a request, without whatever would let its reader in."""

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.log import make_formatter
from app.web.request_log import loggable_path


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

    assert "ValueError: lost" in make_formatter("text").format(record)
