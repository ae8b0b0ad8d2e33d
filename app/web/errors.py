"""What a refusal looks like: the only place where HTTP statuses are chosen.

A person gets a page in words, a script of ours {"error": words, "fields": {...}}, a program that calls the
API a problem (RFC 9457). Private things that
the visitor may not know of and things that do not exist are both NotFound, and look the same.
"""

import logging
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFError
from sqlalchemy import exc as sql
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as BaseResponse

from app import errors
from app.backends import Backends
from app.storage import errors as storage
from app.web.form import password_fields
from app.web.request_log import request_id

log = logging.getLogger("app.web")

#: Our refusals, most special first.
STATUSES: tuple[tuple[type[errors.HearthError], HTTPStatus], ...] = (
    (errors.NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (errors.NotAllowed, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Gone, HTTPStatus.GONE),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.WrongKind, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (errors.TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.NoRoom, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.Refusal, HTTPStatus.BAD_REQUEST),
    (storage.StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (storage.UploadMissing, HTTPStatus.NOT_FOUND),
    (storage.ObjectMissing, HTTPStatus.NOT_FOUND),
    (storage.KeyRefused, HTTPStatus.NOT_FOUND),
    (storage.PartAddressForged, HTTPStatus.NOT_FOUND),
    (storage.PartAddressExpired, HTTPStatus.GONE),
    (storage.UploadFinished, HTTPStatus.CONFLICT),
    (storage.PartsWrong, HTTPStatus.CONFLICT),
    (storage.PartRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
)

#: Heading and advice for each status that a person may meet.
WORDS: dict[int, tuple[str, str]] = {
    400: (
        "That did not work",
        "The browser sent something that this service cannot use. Load the page again and try once more.",
    ),
    401: ("Sign in first", "You need to be signed in to see this."),
    403: ("Your role does not include this", "Ask a facilitator of the community if you need it."),
    404: (
        "Page not found",
        "Check the address if you typed it, or search for what you were looking for.",
    ),
    405: ("That did not work", "This address does not do what was asked of it."),
    408: ("That took too long", "The connection was too slow or was cut. Try again."),
    409: ("Something else happened first", "Load the page again to see how things are now."),
    410: ("No longer available", "This has been withdrawn."),
    413: ("That is too large", "Send less at once, or a smaller file."),
    415: ("That kind of file is not taken", "The upload page says which formats you can use."),
    422: ("Something needs your attention", "Go back and check what you entered."),
    429: ("Too many attempts", "Wait a while, then try again."),
    500: ("Something went wrong", "The fault is ours, and it has been written down. Try again in a moment."),
    503: ("Not available at the moment", "A part of the service does not answer. Try again in a minute."),
    507: (
        "There is no room at present",
        "The disk of this service is full. Tell the person who runs it, and try again once there is room. "
        "What had been received before is kept.",
    ),
}

#: When to come back after 503.
RETRY_AFTER_S = 30

#: What a problem is called (RFC 9457, 3), and where programs get one.
PROBLEM = "application/problem+json"
_API = "/api/"

# statuses at which the database or the routes may be what is broken: their page asks neither
_PLAIN = (500, 503, 507)

# PostgreSQL, appendix A: unique_violation
_TAKEN = "23505"

# what browsers say of a form that was sent from a page of ours, or of none (W3C, Fetch Metadata)
_FROM_HERE = ("same-origin", "none")


# where what was typed is a secret, or nearly one
_ABOUT_ONESELF = ("account", "factors", "joining", "organisation", "passkeys", "second_step", "tokens")


@dataclass(frozen=True)
class Answer:
    """A refusal on its way to the person: what is said, and how."""

    status: int
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    retry_after_s: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_plain: bool = False


def register(app: Flask, _backends: Backends) -> None:
    """Answer every error of ours, of the framework and of nobody's."""
    app.register_error_handler(errors.HearthError, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(sql.OperationalError, _database_down)
    app.register_error_handler(sql.InterfaceError, _database_down)
    app.register_error_handler(sql.TimeoutError, _database_down)
    app.register_error_handler(sql.DataError, _value_refused)
    app.register_error_handler(sql.DBAPIError, _from_database)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Whether a program asks: by what it accepts, sends, or writes into the address."""
    if _is_api() or request.is_json or request.args.get("format") == "json":
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def status_of(error: errors.HearthError) -> HTTPStatus | None:
    """The status of a refusal; None for what nobody expected."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), None)


def with_problems(page: str) -> BaseResponse:
    """A form's page that says what is wrong with what was sent."""
    return Response(page, HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/html")


def mark_unwell(answer: Response) -> Response:
    """The same answer as one of a service that is not well."""
    answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def body_refused(words: str) -> Response:
    """The answer to a body that is too large to be read: its page asks neither database nor session."""
    return _respond(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words, is_plain=True))


def no_room_for_body() -> Response:
    """The answer to a body for which the disk has no room: its page asks neither database nor session."""
    return _respond(Answer(HTTPStatus.INSUFFICIENT_STORAGE, is_plain=True))


def _refused(error: errors.HearthError) -> BaseResponse:
    status = status_of(error)
    if status is None:
        return _unexpected(error)
    if status is HTTPStatus.UNAUTHORIZED and not wants_json():
        here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(url_for("account.sign_in", next=here))
    text = str(error)
    if isinstance(error, errors.Unavailable | storage.StorageError):
        # keys and hosts of the store are for the log, not for a visitor
        log.warning("refused", extra={"error": type(error).__name__, "about": text})
        text = getattr(error, "message", "") if isinstance(error, storage.UploadError) else ""
    return _respond(
        Answer(
            status,
            text,
            fields=error.problems if isinstance(error, errors.Invalid) else {},
            retry_after_s=error.retry_after_s if isinstance(error, errors.TooOften) else None,
        )
    )


def _form_expired(_error: CSRFError) -> BaseResponse:
    return _respond(
        Answer(
            400,
            "This page had been open for too long, or you signed out in another window. "
            "Nothing was saved. Load the page again and send it once more.",
            typed=_typed(),
        )
    )


def _typed() -> dict[str, str]:
    """What the person typed, to be copied from the page: no passwords, and nothing that another site sent."""
    if request.blueprint in _ABOUT_ONESELF or request.headers.get("Sec-Fetch-Site", "none") not in _FROM_HERE:
        return {}
    hidden = password_fields() | {"csrf_token", "next"}
    return {name: text for name, text in request.form.items() if text.strip() and name not in hidden}


def _http(error: HTTPException) -> BaseResponse:
    if isinstance(error, RequestRedirect) or error.response is not None:
        return BaseResponse.force_type(error.get_response(request.environ), request.environ)
    status = error.code or 500
    kept = ("Allow", "Content-Range", "Retry-After")
    given = dict(error.get_headers(request.environ))
    return _respond(Answer(status, headers={name: given[name] for name in kept if name in given}))


def _database_down(error: sql.SQLAlchemyError) -> BaseResponse:
    log.error("database does not answer", extra={"error": type(error).__name__}, exc_info=error)
    return _respond(Answer(503))


def _from_database(error: sql.DBAPIError) -> BaseResponse:
    """A connection that the server has ended, or what somebody else has just taken (on SQLite one writes)."""
    if error.connection_invalidated:
        return _database_down(error)
    if getattr(error.orig, "sqlstate", "") == _TAKEN:
        log.warning("refused", extra={"error": type(error).__name__, "about": "taken a moment before"})
        return _respond(Answer(409))
    return _unexpected(error)


def _value_refused(error: sql.DataError) -> BaseResponse:
    """The database keeps no such value: a text with NUL, a number that is too long."""
    log.warning("refused", extra={"error": type(error).__name__, "about": type(error.orig).__name__})
    return _respond(Answer(400))


def _unexpected(error: Exception) -> BaseResponse:
    if current_app.testing or current_app.debug:
        raise error
    log.error("unexpected", extra={"error": type(error).__name__}, exc_info=error)
    return _respond(Answer(500))


def _respond(answer: Answer) -> Response:
    heading, advice = WORDS.get(answer.status, WORDS[400 if answer.status < 500 else 500])
    text = answer.text or advice
    reference = request_id() if answer.status >= 500 else None
    response: Response
    if _is_api():
        response = _problem(answer, heading, text, reference)
    elif wants_json():
        said: dict[str, object] = {"error": text, "fields": answer.fields}
        if reference:
            said["reference"] = reference
        response = jsonify(said)
    else:
        shown = {
            "status": answer.status,
            "heading": heading,
            "text": text,
            "fields": answer.fields,
            "typed": answer.typed,
            "reference": reference,
        }
        response = Response(_page(shown, answer.is_plain), mimetype="text/html")
    response.status_code = answer.status
    response.headers.update(answer.headers)
    wait_s = answer.retry_after_s or (RETRY_AFTER_S if answer.status == 503 else None)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_api() -> bool:
    return request.path.startswith(_API)


def _problem(answer: Answer, heading: str, text: str, reference: str | None) -> Response:
    said: dict[str, object] = {"title": heading, "status": answer.status, "detail": text}
    if answer.fields:
        said["fields"] = answer.fields
    if reference:
        said["reference"] = reference
    response: Response = jsonify(said)
    response.mimetype = PROBLEM
    if answer.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Hearth"'
    return response


def _page(shown: dict[str, object], is_plain: bool) -> str:
    # without an address adapter (a Host that is refused) no template with links can be rendered
    if is_plain or shown["status"] in _PLAIN or request_ctx.url_adapter is None:
        return current_app.jinja_env.get_template("errors/plain.html").render(shown)
    return render_template("errors/page.html", **shown)
