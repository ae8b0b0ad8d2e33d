"""The document against what the service does: schemathesis makes requests from it and looks at each answer.

All its checks are on: no fault of ours, only statuses, media types and bodies that the document names,
nothing taken that it does not allow, nothing answered without a token. HEARTH_API_EXAMPLES makes more of
them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from app import create_app
from app.backends import open_backends
from app.models import Scope
from app.settings import read_settings
from app.web.api.operations import OPERATIONS
from tests.conftest import Standing
from tests.web.api.calling import program_of
from tests.web.places import make_place, make_world

EXAMPLES = int(os.environ.get("HEARTH_API_EXAMPLES", "12"))


@dataclass(frozen=True)
class Running:
    """A service, its document, and tokens for each scope."""

    app: Flask
    document: Any
    tokens: dict[Scope | None, str]
    #: What a path or a body names that is there.
    there: dict[str, str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Running]:
    """One service for all operations."""
    backends = open_backends(read_settings(standing(tmp_path_factory.mktemp("document"))))
    app = create_app(backends=backends)
    client = app.test_client()
    with backends.database.session() as session:
        world = make_world(session)
        place = make_place(session, world)
        place.upload.store_upload = backends.store.begin(f"recordings/{place.upload.recording_id}/source")
        who = world.accounts["producer"]
        tokens = {scope: program_of(client, session, who, [scope]).token for scope in Scope}
        there = {
            "episode_id": str(place.episode.id),
            "recording_id": str(place.episode.recording_id),
            "upload_id": str(place.upload.id),
            "slug": place.episode.show.slug,
            "show": place.episode.show.slug,
            "transcript_id": str(place.episode.transcript_id),
        }
        session.commit()
    networks, whole = count(), app.wsgi_app

    def from_elsewhere(environ: Any, start_response: Any) -> Any:
        """Each from another network: the checks try many tokens that are none."""
        number = next(networks)
        environ["REMOTE_ADDR"] = f"10.{number // 256 % 256}.{number % 256}.1"
        return whole(environ, start_response)

    app.wsgi_app = from_elsewhere  # type: ignore[method-assign]  # as Flask's own manual does
    config = SchemathesisConfig.from_dict(
        {
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "409", "413", "422"]}
            }
        }
    )
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    yield Running(app, document, {**tokens, None: tokens[Scope.read]}, there)
    backends.database.dispose()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_an_operation_does_what_the_document_says(running: Running, name: str, mode: GenerationMode) -> None:
    operation = running.document.find_operation_by_id(name)
    names = {key: value for key, value in running.there.items() if f"{{{key}}}" in operation.path}
    for given_names in (names, None) if names else (None,):
        _try(running, name, operation.as_strategy(mode, path_parameters=given_names), mode)


def _try(running: Running, name: str, cases: Any, mode: GenerationMode) -> None:
    """As many requests of this kind as there are to be, each answer looked at by every check."""
    ours = next(one for one in OPERATIONS if one.name == name)
    headers = {"Authorization": f"Bearer {running.tokens[ours.scope]}"}

    @seed(4)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def look(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _name_what_is_there(running, case)
        case.call_and_validate(headers=headers)

    look()


def _name_what_is_there(running: Running, case: Any) -> None:
    """Words of nobody lead to 404 alone: here they name the show, the transcript, what was read of it."""
    if not isinstance(case.body, dict):
        return
    case.body |= {name: running.there[name] for name in case.body.keys() & running.there.keys()}
    if "version" in case.body:
        headers = {"Authorization": f"Bearer {running.tokens[None]}"}
        found = running.app.test_client().get(case.formatted_path, headers=headers)
        case.body["version"] = found.json.get("version", case.body["version"])
