"""The table of operations: from one line each, the route that is opened and what the document says of it.

A view gets what was said as values that were looked at, and gives plain values back; what the document
does not name, the schema does not let out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError

from app.errors import Invalid, Refusal, WrongKind
from app.models import Scope
from app.web.api.blueprint import bp
from app.web.api.caller import require
from app.web.api.values import Said, problems_of

Shape = type[Schema]
View = Callable[..., "Mapping[str, object] | Response | None"]


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    rule: str
    tag: str
    #: First line of the view's docstring, and the rest of it.
    summary: str
    description: str
    #: None for what every token may.
    scope: Scope | None
    body: Shape | None
    asked: Shape | None
    #: None for an answer without a body, or with one that is no JSON of ours.
    answer: Shape | None
    media_types: tuple[str, ...]
    #: What it may be answered besides what each may be.
    refusals: tuple[HTTPStatus, ...]


OPERATIONS: list[Operation] = []

#: Refusals that not every operation has: how things are, what a field names, where things lie.
CONFLICT, NOT_FOUND, TOO_LARGE = (
    HTTPStatus.CONFLICT,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
)
UNAVAILABLE, FULL = HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE


def operation(
    method: str,
    rule: str,
    tag: str,
    *,
    scope: Scope | None,
    answer: Shape | None = None,
    body: Shape | None = None,
    asked: Shape | None = None,
    media_types: tuple[str, ...] = (),
    refusals: tuple[HTTPStatus, ...] = (),
) -> Callable[[View], View]:
    """Open the view at this address, for tokens with this scope.

    It is called with `said` for a body and `asked` for the fields of the query.
    """

    def open_it(view: View) -> View:
        def run(**names: Any) -> Response:
            if scope is not None:
                require(scope)
            if asked is not None or request.args:
                names["asked"] = _loaded(asked or _Nothing, request.args.to_dict())
            if asked is None:
                names.pop("asked", None)
            if body is not None:
                names["said"] = _loaded(body, _json())
            return _answered(view(**names), answer)

        name = view.__name__
        summary, _, description = (view.__doc__ or "").partition("\n")
        OPERATIONS.append(
            Operation(
                name,
                method,
                rule,
                tag,
                summary.strip(),
                " ".join(description.split()),
                scope,
                body,
                asked,
                answer,
                media_types,
                refusals,
            )
        )
        bp.add_url_rule(rule, name, run, methods=[method])
        return view

    return open_it


class _Nothing(Said):
    """A query without fields."""


def _loaded(shape: Shape, said: object) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = shape().load(said)  # type: ignore[arg-type]  # it refuses what is no mapping
    except ValidationError as error:
        raise Invalid(problems_of(error)) from error
    return loaded


def _json() -> object:
    """The body. Raises WrongKind, Refusal."""
    if not request.is_json:
        raise WrongKind("Send JSON, with the header “Content-Type: application/json”.")
    try:
        found: object = request.get_json(silent=True)
    except RecursionError as error:
        raise Refusal("The body is nested too deeply.") from error
    if found is None:
        raise Refusal("The body could not be read as JSON.")
    return found


def _answered(found: Mapping[str, object] | Response | None, shape: Shape | None) -> Response:
    if isinstance(found, Response):
        return found
    if found is None or shape is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    response: Response = jsonify(shape().dump(found))
    return response
