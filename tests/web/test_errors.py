"""What a refusal looks like to a person and to a program."""

import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from psycopg.errors import IdleInTransactionSessionTimeout, UniqueViolation
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session

from app import errors
from app.storage.errors import ObjectMissing, StoreUnavailable
from app.web.vendor import STATIC
from tests.factories import make_episode

REFUSALS = (
    (errors.NotAllowed("Only facilitators."), 403),
    (errors.NotFound("Nothing here."), 404),
    (errors.Gone("Withdrawn."), 410),
    (errors.Conflict("Somebody was first."), 409),
    (errors.Invalid({"title": "Enter a title"}), 422),
    (errors.TooLarge("More than 4 GiB."), 413),
    (errors.WrongKind("Not a recording."), 415),
    (errors.TooOften("Wait.", 60), 429),
    (errors.Refusal("No."), 400),
    (errors.Unavailable("host db-7 is down"), 503),
    (StoreUnavailable("bucket-secret-name"), 503),
    (ObjectMissing("recordings/1/source"), 404),
)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """An error that was raised keeps everything that was there then, a whole service."""
    yield
    for error, _ in REFUSALS:
        error.__traceback__ = None


def raising(app: Flask, error: Exception) -> FlaskClient:
    """A client of a service whose page /raise raises this."""

    @app.route("/raise", methods=["GET"])
    def fail() -> str:
        raise error

    return app.test_client()


@pytest.mark.parametrize(("error", "status"), REFUSALS, ids=lambda value: type(value).__name__)
def test_a_refusal_is_a_page_in_words(app: Flask, error: errors.HearthError, status: int) -> None:
    answer = raising(app, error).get("/raise")

    assert status == answer.status_code
    assert answer.mimetype == "text/html"
    assert "<h1" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("error", "status"), REFUSALS, ids=lambda value: type(value).__name__)
def test_a_refusal_is_json_for_a_program(app: Flask, error: errors.HearthError, status: int) -> None:
    answer = raising(app, error).get("/raise", headers={"Accept": "application/json"})

    said = answer.get_json()
    assert status == answer.status_code
    assert said["error"]
    assert getattr(error, "problems", {}) == said["fields"]


@pytest.mark.parametrize("error", [REFUSALS[9][0], REFUSALS[10][0], REFUSALS[11][0]])
def test_names_of_our_machines_stay_in_the_log(app: Flask, error: errors.HearthError) -> None:
    page = raising(app, error).get("/raise").text

    assert not [word for word in ("db-7", "bucket-secret-name", "recordings/1") if word in page]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 410, 413, 415, 422, 429, 500, 503])
def test_every_status_of_the_framework_has_its_page(app: Flask, status: int) -> None:
    @app.get("/abort")
    def fail() -> str:
        abort(status)

    answer = app.test_client().get("/abort")

    assert status == answer.status_code
    assert "<h1" in answer.text
    assert "Traceback" not in answer.text


def test_waiting_times_are_said_in_a_header(app: Flask) -> None:
    assert raising(app, errors.TooOften("Wait.", 60)).get("/raise").headers["Retry-After"] == "60"


def test_a_page_that_needs_an_account_leads_to_sign_in_and_back(app: Flask) -> None:
    answer = raising(app, errors.NotSignedIn("Sign in.")).get("/raise?tab=2")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/raise?tab%3D2"


def test_a_program_that_is_not_signed_in_is_told_so(app: Flask) -> None:
    answer = raising(app, errors.NotSignedIn("Sign in.")).get("/raise?format=json")

    assert (answer.status_code, answer.get_json()["error"]) == (401, "Sign in.")


def test_what_is_hidden_and_what_is_not_there_look_the_same(client: FlaskClient, session: Session) -> None:
    draft = make_episode(session)
    session.commit()

    hidden = client.get(f"/shows/{draft.show.slug}/{draft.slug}")
    missing = client.get(f"/shows/{draft.show.slug}/no-such-episode")

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.text == missing.text


def test_a_fault_of_ours_has_a_reference_that_is_in_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = False
    client = raising(app, ZeroDivisionError("a path /srv/secret"))

    with caplog.at_level(logging.INFO):
        answer = client.get("/raise", headers={"Accept": "application/json"})
        page = client.get("/raise")

    assert (answer.status_code, page.status_code) == (500, 500)
    references = [getattr(record, "request_id", None) for record in caplog.records]
    assert answer.get_json()["reference"] in references
    assert "/srv/secret" not in answer.text + page.text


def test_a_database_that_is_down_is_said_to_be(app: Flask) -> None:
    answer = raising(app, OperationalError("SELECT 1", {}, Exception("down"))).get("/raise")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InternalError("SELECT 1", {}, IdleInTransactionSessionTimeout(), connection_invalidated=True), 503),
        (IntegrityError("INSERT", {}, UniqueViolation()), 409),
    ],
    ids=["the server has ended the connection", "somebody else was first"],
)
def test_what_only_a_busy_database_says_is_no_fault(app: Flask, error: DBAPIError, status: int) -> None:
    assert raising(app, error).get("/raise").status_code == status


def test_head_of_a_missing_page_has_no_body(client: FlaskClient) -> None:
    answer = client.head("/no-such-page")

    assert (answer.status_code, answer.data) == (404, b"")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.get("/sign-out")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_the_page_of_a_fault_is_styled_by_the_one_file_that_it_loads(app: Flask) -> None:
    page = raising(app, errors.Unavailable("the database")).get("/raise").text
    classes = {name for names in re.findall(r'class="([^"]+)"', page) for name in names.split()}
    styles = (STATIC / "css" / "hearth.css").read_text("utf-8")

    assert page.count("stylesheet") == page.count("/static/css/hearth.css") == 1
    assert classes
    assert [name for name in classes if f".{name}" not in styles] == []
