"""Who may do what at every address: a table, held against every route that exists.

Whoever adds a route adds a row, or the build fails. A row says the door (who comes in) and, where the
door is only reached with them, the fields of the request.
"""

import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from app.backends import Backends, open_backends
from app.db import Base, Database
from app.settings import read_settings
from app.storage.keys import recording_key
from tests.conftest import Standing
from tests.web.doors import IN, NO, NOTHING, SIGN_IN, TABLE
from tests.web.places import ROLES, Place, World, client_of, make_place, make_world

#: Rights of another person's address, tried with every trick that has opened somebody's door.
TRICKS: tuple[Callable[[str], str], ...] = (
    lambda path: f"{path}?r=/public",
    lambda path: f"{path}?next=/static/css/hearth.css",
    lambda path: f"{path}?_method=GET&format=html",
    lambda path: f"/{path}",
    lambda path: f"//{path}",
    lambda path: f"{path}/",
    lambda path: f"{path}/.",
    lambda path: f"{path}.",
    lambda path: f"{path};x",
    lambda path: f"{path};.css",
    lambda path: f"{path}.json",
    lambda path: f"{path}%20",
    lambda path: f"{path}%00",
    lambda path: f"{path}%2f",
    lambda path: f"{path}/%2e%2e/",
    lambda path: f"/feed/%2e%2e{path}",
    lambda path: f"/static/..{path}",
    lambda path: f"/static/%2e%2e{path}",
    lambda path: f"/%2e{path}",
    lambda path: path.upper(),
    lambda path: path.replace("/", "%2f", 2),
    lambda path: path.replace("/", "\\", 1),
    lambda path: path.replace("/", "%252f"),
    lambda path: f"{path}%23",
    lambda path: f"{path}%09",
    lambda path: f"/.{path}",
    lambda path: f"{path}/../{path.rsplit('/', 1)[-1]}",
)

#: A form's method is not among them: what it does is another row's to say.
METHODS = ("HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND", "get")

HEADER_TRICKS: tuple[dict[str, str], ...] = (
    {"X-HTTP-Method-Override": "GET"},
    {"X-Original-URL": "/"},
    {"X-Rewrite-URL": "/"},
    {"X-Forwarded-Prefix": "/static"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"Authorization": "Basic b3duZXI6b3duZXI="},
    {"Authentication-Token": "x"},
)


def rules() -> dict[tuple[str, str], Rule]:
    """Every route of the service."""
    with tempfile.TemporaryDirectory() as folder:
        return rules_of(create_app(read_settings({"HEARTH_DATA": folder, "HEARTH_SECRET": "x" * 32})))


def rules_of(app: Flask) -> dict[tuple[str, str], Rule]:
    """Every route that exists, by endpoint and method; HEAD goes with GET, OPTIONS is the framework's."""
    return {
        (rule.endpoint, method): rule
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


RULES = rules()
KNOWN = sorted(TABLE.keys() & RULES.keys())
CHANGES = [key for key in KNOWN if key[1] != "GET"]
#: Routes that are closed to somebody, and for each the roles that find them closed.
CLOSED = {key: [role for role in ROLES if TABLE[key].door[role] != IN] for key in KNOWN}
CLOSED = {key: roles for key, roles in CLOSED.items() if roles}


@dataclass(frozen=True)
class Still:
    """A service with one place, for all tests that change nothing (and say so at their end)."""

    app: Flask
    backends: Backends
    world: World
    place: Place
    paths: Mapping[tuple[str, str], str]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Still]:
    """One service for the whole file."""
    backends = open_backends(read_settings(standing(tmp_path_factory.mktemp("still"))))
    app = create_app(backends=backends)
    app.testing = True
    with backends.database.session() as session:
        world = make_world(session)
        place = make_place(session, world)
        put_files(backends, place)
        paths = {key: path_of(app, key, place, world) for key in KNOWN}
        session.commit()
        yield Still(app, backends, world, place, paths)
    backends.database.dispose()


@pytest.fixture
def world(session: Session) -> World:
    """People of every role."""
    return make_world(session)


def ask(
    app: Flask, backends: Backends, session: Session, world: World, key: tuple[str, str], role: str
) -> TestResponse:
    """What this role meets when it does this, at a place that nobody has touched."""
    place = make_place(session, world)
    put_files(backends, place)
    path = path_of(app, key, place, world)
    session.commit()  # nothing stays open: the service writes to the same tables
    client, token = client_of(app, world.accounts.get(role))
    return send(client, key, path, place, world, token)


def path_of(app: Flask, key: tuple[str, str], place: Place, world: World) -> str:
    """The address of this place on this route."""
    rule = RULES[key]
    values = place.values(rule.rule, world.community)
    asked = TABLE[key].query
    query = asked(place) if asked else {}
    with app.test_request_context():
        return app.url_for(key[0], **{name: values[name] for name in rule.arguments}, **query)


def send(
    client: FlaskClient,
    key: tuple[str, str],
    path: str,
    place: Place,
    world: World,
    token: str | None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """One request of this kind, with the fields of its row."""
    row = TABLE[key]
    sent = dict(headers or {}) | ({"X-CSRFToken": token} if token else {})
    if row.json is not None:
        return client.open(path, method=key[1], json=row.json(place), headers=sent, buffered=True)
    form = {name: text.format(community=world.community.id) for name, text in row.form.items()}
    data = form if key[1] != "GET" else None
    return client.open(path, method=key[1], data=data, headers=sent, buffered=True)


def put_files(backends: Backends, place: Place) -> None:
    """The sound, the picture and the open upload that the rows speak of."""
    enclosure, show = place.episode.enclosure, place.episode.show
    assert enclosure is not None
    backends.store.put_bytes(enclosure.key, b"ID3sound")
    place.upload.recording_id = uuid.uuid4()
    place.upload.store_upload = backends.store.begin(recording_key(place.upload.recording_id))
    backends.store.put_bytes(f"artwork/{show.id}/{'a' * 12}-320.jpg", b"picture")


def met(answer: TestResponse) -> str:
    """Which of the four answers it is."""
    if answer.status_code == 401 or answer.headers.get("Location", "").startswith("/sign-in"):
        return SIGN_IN
    return {403: NO, 404: NOTHING}.get(answer.status_code, IN)


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.reading() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert TABLE.keys() == RULES.keys()


def test_a_route_without_a_row_is_found(app: Flask) -> None:
    app.add_url_rule("/planted/<name>", "site.planted", lambda name: name, methods=["GET", "POST"])

    assert rules_of(app).keys() - TABLE.keys() == {("site.planted", "GET"), ("site.planted", "POST")}


def test_there_are_more_than_twenty_tricks_and_each_is_another() -> None:
    assert len({trick("/studio/Shows/x") for trick in TRICKS}) == len(TRICKS) >= 20


def test_every_studio_route_is_behind_the_studios_hook() -> None:
    for key, rule in RULES.items():
        if rule.rule.startswith("/studio"):
            assert key[0].startswith("studio."), rule.rule


@pytest.mark.parametrize("key", KNOWN, ids=" ".join)
def test_each_role_meets_what_the_table_says(
    app: Flask, backends: Backends, session: Session, world: World, key: tuple[str, str]
) -> None:
    answers = {role: ask(app, backends, session, world, key, role) for role in ROLES}

    assert TABLE[key].door == {role: met(answer) for role, answer in answers.items()}
    for role, answer in answers.items():
        if key[0] != "health.show":
            assert answer.status_code < 500, role
            assert answer.status_code not in (400, 405, 415), role


@pytest.mark.parametrize("key", [key for key in KNOWN if key[1] == "GET"], ids=" ".join)
def test_looking_changes_no_table(still: Still, key: tuple[str, str]) -> None:
    path = still.paths[key]
    before = counts(still.backends.database)

    for role in ROLES:
        client, _ = client_of(still.app, still.world.accounts.get(role))
        whole, head = client.get(path, buffered=True), client.head(path, buffered=True)
        client.options(path)
        assert (whole.status_code, b"") == (head.status_code, head.data)

    assert before == counts(still.backends.database)


@pytest.mark.parametrize("key", CHANGES, ids=" ".join)
def test_a_change_without_a_token_is_refused(still: Still, key: tuple[str, str]) -> None:
    path = still.paths[key]
    before = counts(still.backends.database)

    statuses = set()
    for role in ROLES:
        client, _ = client_of(still.app, still.world.accounts.get(role))
        statuses.add(send(client, key, path, still.place, still.world, None).status_code)

    assert statuses == {TABLE[key].without_token}
    assert before == counts(still.backends.database)


@pytest.mark.parametrize("key", [key for key in CHANGES if key[0].startswith("studio.")], ids=" ".join)
def test_what_was_typed_is_not_lost_without_a_token(still: Still, key: tuple[str, str]) -> None:
    if TABLE[key].json is not None:
        return  # a script of ours asks, and keeps what it has
    client, _ = client_of(still.app, still.world.accounts["producer"])
    typed = {"title": "An hour of <typing> & thought", "csrf_token": "of yesterday"}

    page = client.open(still.paths[key], method=key[1], data=typed)

    assert page.status_code == 400
    assert "An hour of &lt;typing&gt; &amp; thought" in page.text
    assert "of yesterday" not in page.text


@pytest.mark.parametrize("key", CLOSED, ids=" ".join)
def test_no_trick_of_an_address_opens_a_door(still: Still, key: tuple[str, str]) -> None:
    path = still.paths[key]
    before = counts(still.backends.database)

    for role in CLOSED[key]:
        client, token = client_of(still.app, still.world.accounts.get(role))
        tried: list[tuple[str, Mapping[str, str]]] = [(trick(path), {}) for trick in TRICKS]
        tried += [(path, headers) for headers in HEADER_TRICKS]
        for address, headers in tried:
            as_program = {"Accept": "application/json", **headers}  # short refusals
            answer = send(client, key, address, still.place, still.world, token, as_program)
            same = met(answer) == TABLE[key].door[role] or answer.status_code in (400, 404, 405)
            led_back = answer.status_code == 308 and answer.headers["Location"].split("?")[0].endswith(path)
            assert same or led_back, (role, address, headers, answer.status_code)

    assert before == counts(still.backends.database)


@pytest.mark.parametrize("key", CLOSED, ids=" ".join)
def test_no_other_method_opens_a_door(still: Still, key: tuple[str, str]) -> None:
    path = still.paths[key]
    before = counts(still.backends.database)

    for role in CLOSED[key]:
        client, token = client_of(still.app, still.world.accounts.get(role))
        for method in METHODS:
            answer = client.open(path, method=method, headers={"X-CSRFToken": token}, buffered=True)
            other = TABLE.get((key[0], {"HEAD": "GET", "get": "GET"}.get(method, method)))
            refused = answer.data == b"" or met(answer) != IN or answer.status_code in (400, 405)
            assert refused if other is None else met(answer) == other.door[role], (role, method)

    assert before == counts(still.backends.database)
