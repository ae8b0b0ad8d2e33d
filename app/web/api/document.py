"""The OpenAPI document, made from the table of operations: nothing is said of a route that it does not do."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, jsonify

from app.version import VERSION
from app.web.api.blueprint import bp
from app.web.api.operations import OPERATIONS, Operation
from app.web.current import settings
from app.web.errors import PROBLEM, WORDS
from transcription.formats import BY_EXTENSION

_ABOUT = """Upload recordings, follow them, correct transcripts, publish.

Send a token in the header `Authorization: Bearer hearth_...` with every request; you make one on the page
of your account. A token never does more than your account may do at that moment. Cookies are not looked at.

Lists come in pieces: send the field `next` of one as `cursor` for the next. Whatever is refused is answered
as a problem (RFC 9457), in words for a person, with a message for each field that is wrong.
"""

#: What every operation may be answered.
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_OF_BODIES = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)

#: Problem details (RFC 9457), and the fields that are wrong.
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string", "description": "What kind of problem it is."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do, for a person."},
        "fields": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What is wrong with each field; parts of lists as parts.0.number.",
        },
        "reference": {"type": "string", "description": "Quote it where the fault is ours."},
    },
    "example": {
        "title": "Something needs your attention",
        "status": 422,
        "detail": "Enter a title.",
        "fields": {"title": "Enter a title."},
    },
}

_NAMED = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_KINDS = {"uuid": {"type": "string", "format": "uuid"}, "string": {"type": "string"}}
_PATHS: dict[str, dict[str, Any]] = {
    "slug": {"description": "As in the address of its page.", "example": "ward-rounds"},
    "ending": {"schema": {"type": "string", "enum": sorted(BY_EXTENSION)}},
}


@bp.get("/openapi.json")
def document() -> Response:
    """The document; everybody may read it."""
    response: Response = jsonify(described(settings().public_url))
    return response


@cache
def described(public_url: str) -> dict[str, Any]:
    """All of it, for a service at this address."""
    spec = APISpec(
        title="Hearth",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda shape: _name(shape))],
        info={"description": _ABOUT},
        servers=[{"url": public_url}],
        security=[{"token": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", _PROBLEM)
    for operation in OPERATIONS:
        path, parameters = _address(operation.rule)
        spec.path(path, operations={operation.method.lower(): _told(operation, parameters)})
    return spec.to_dict()


def _address(rule: str) -> tuple[str, list[dict[str, Any]]]:
    """The path as OpenAPI writes it, and its parameters."""
    parameters: list[dict[str, Any]] = []

    def named(found: re.Match[str]) -> str:
        kind, name = found["kind"] or "string", found["name"]
        parameters.append(
            {"name": name, "in": "path", "required": True, "schema": _KINDS[kind], **_PATHS.get(name, {})}
        )
        return f"{{{name}}}"

    return f"{bp.url_prefix}" + _NAMED.sub(named, rule), parameters


def _told(operation: Operation, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{_needs(operation)}".strip(),
        "parameters": list(parameters),
        "responses": {**_good(operation), **_refused(operation)},
    }
    if operation.asked is not None:
        told["parameters"].append({"in": "query", "schema": operation.asked})
    if operation.body is not None:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": operation.body}},
        }
    return told


def _needs(operation: Operation) -> str:
    return f"Scope: `{operation.scope}`." if operation.scope else "Every token may do this."


def _good(operation: Operation) -> dict[str, Any]:
    if operation.media_types:
        content: dict[str, Any] = {kind: {"schema": _of_file(kind)} for kind in operation.media_types}
    elif operation.answer is not None:
        content = {"application/json": {"schema": operation.answer}}
    else:
        return {"204": {"description": "Done."}}
    return {"200": {"description": "Done.", "content": content}}


def _of_file(kind: str) -> dict[str, Any]:
    return {"type": "object" if kind == "application/json" else "string"}


def _refused(operation: Operation) -> dict[str, Any]:
    statuses = {*_ALWAYS, *operation.refusals}
    if "<" in operation.rule:
        statuses.add(HTTPStatus.NOT_FOUND)
    if operation.body is not None:
        statuses |= {*_OF_BODIES}
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status.value): {"description": WORDS[status.value][0], "content": problem}
        for status in sorted(statuses)
    }


def _name(shape: Any) -> str:
    made = shape if isinstance(shape, type) else type(shape)
    return made.__name__
