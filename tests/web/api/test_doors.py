"""Who comes into the API: by a token that holds, for what it was made, as far as its account reaches now."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import Account, ApiToken, AppCode, AuditEntry, Identity, Scope
from app.services import accounts, attempts
from app.web.api.operations import OPERATIONS
from tests.factories import (
    WHEN,
    make_account,
    make_community,
    make_membership,
    make_published,
    make_show,
)
from tests.fakes import SetClock
from tests.web.api.calling import HERE, Program, program_of
from tests.web.places import ROLES, World, client_of, make_place, make_world
from tests.web.test_route_matrix import counts, path_of, put_files

EACH = {operation.name: operation for operation in OPERATIONS}


@pytest.fixture
def world(session: Session) -> World:
    """People of every role."""
    return make_world(session)


@pytest.fixture
def producer(session: Session, world: World) -> Account:
    """Who makes episodes in the world's community."""
    session.commit()
    return world.accounts["producer"]


def test_every_route_of_the_api_is_an_operation_or_the_document(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api")}

    assert routes == {"api.document", *(f"api.{name}" for name in EACH)}


def test_without_a_token_that_holds_nothing_opens(
    app: Flask, client: FlaskClient, backends: Backends, session: Session, world: World
) -> None:
    place = make_place(session, world)
    right = program_of(client, session, world.accounts["owner"]).token
    signed_in, csrf = client_of(app, world.accounts["owner"])
    session.rollback()
    tricks: tuple[dict[str, str], ...] = (
        {},
        {"X-CSRFToken": csrf},
        {"Authorization": f"Basic {right}"},
        {"Authorization": "Bearer"},
        {"Authentication-Token": right},
    )
    before = counts(backends.database)

    for name, operation in EACH.items():
        path = path_of(app, (f"api.{name}", operation.method), place, world)
        session.rollback()
        for headers in tricks:
            answer = signed_in.open(path, method=operation.method, json={}, headers=headers)
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), name
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "no-store" in answer.headers["Cache-Control"]

    assert before == counts(backends.database)


def test_a_token_that_was_made_for_the_other_things_is_told_no(
    app: Flask, client: FlaskClient, session: Session, world: World
) -> None:
    place = make_place(session, world)
    without = {
        scope: program_of(
            client, session, world.accounts["producer"], [one for one in Scope if one is not scope]
        )
        for scope in Scope
    }

    for name, operation in EACH.items():
        if operation.scope is not None:
            path = path_of(app, (f"api.{name}", operation.method), place, world).removeprefix(HERE)
            session.rollback()
            answer = without[operation.scope].call(operation.method, path, json={})
            assert answer.status_code == 403, name
            assert f"“{operation.scope}”" in answer.json["detail"]


def test_each_role_reaches_as_far_as_in_the_studio(
    app: Flask, client: FlaskClient, backends: Backends, session: Session, world: World
) -> None:
    programs = {role: program_of(client, session, world.accounts[role]) for role in ROLES[1:]}
    for name, operation in EACH.items():
        met = {}
        for role, program in programs.items():
            place = make_place(session, world)
            put_files(backends, place)
            path = path_of(app, (f"api.{name}", operation.method), place, world).removeprefix(HERE)
            session.commit()
            sent = {"json": {}} if operation.body else {}
            met[role] = program.call(operation.method, path, **sent).status_code

        assert met["member"] == met["storyteller"] == 403, name
        assert met["stranger"] == 404 or "<" not in operation.rule or operation.body, name
        assert met["producer"] not in (401, 403, 404), name


def test_a_token_that_is_too_old_taken_back_or_unknown_opens_nothing(
    client: FlaskClient, session: Session, producer: Account, clock: SetClock
) -> None:
    program = program_of(client, session, producer)
    assert program.get("/me").status_code == 200

    assert Program(client, program.token[:-1]).get("/me").status_code == 401
    clock.move(days=365)
    assert "expired" in program.get("/me").json["detail"]
    clock.move(days=-1)
    session.execute(sa.delete(ApiToken))
    session.commit()
    assert program.get("/me").status_code == 401


def test_a_token_in_the_address_is_refused(client: FlaskClient, session: Session, producer: Account) -> None:
    token = program_of(client, session, producer).token

    for name in ("token", "access_token", "api_key"):
        assert client.get(f"{HERE}/me?{name}={token}").status_code == 401
    assert program_of(client, session, producer).get("/me", access_token=token).status_code == 422


def test_many_tokens_that_nobody_has_are_held_up_and_the_right_one_is_not(
    client: FlaskClient, session: Session, producer: Account
) -> None:
    right, wrong = program_of(client, session, producer), Program(client, "hearth_" + "x" * 43)

    statuses = [wrong.get("/me").status_code for _ in range(attempts.ADDRESS_LIMIT + 2)]

    assert statuses == [401] * attempts.ADDRESS_LIMIT + [429, 429]
    assert int(wrong.get("/me").headers["Retry-After"]) > 0
    assert right.get("/me").status_code == 200


def test_reading_writes_nothing_and_a_change_is_noted_once_an_hour(
    client: FlaskClient, session: Session, world: World, producer: Account, clock: SetClock
) -> None:
    episode = make_published(session, make_show(session, world.community))
    program = program_of(client, session, producer)

    def used() -> object:
        found = session.scalar(sa.select(ApiToken.last_used_at))
        session.rollback()
        return found

    path = f"/episodes/{episode.id}"
    session.rollback()
    program.get(path)
    seen = [used()]
    for minutes in (0, 30, 31):
        clock.move(minutes=minutes)
        program.patch(path)
        seen.append(used())

    first = clock.now - timedelta(minutes=61)
    assert seen == [None, first, first, clock.now]
    assert session.scalars(sa.select(AuditEntry)).all() == []  # nothing was changed yet


def closed(session: Session, account: Account) -> None:
    accounts.close_account(session, account, make_account(session, is_owner=True))
    make_account(session, is_owner=True)


def closed_and_opened(session: Session, account: Account) -> None:
    closed(session, account)
    accounts.open_account(session, account)


def new_password(session: Session, account: Account) -> None:
    accounts.set_password(session, account, "another horse battery")


def left(session: Session, account: Account) -> None:
    for membership in account.memberships:
        session.delete(membership)


def made_member(_session: Session, account: Account) -> None:
    for membership in account.memberships:
        membership.role = type(membership.role).member


def moved(session: Session, account: Account) -> None:
    left(session, account)
    make_membership(session, account, make_community(session), "producer")


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (closed, 401),
        (closed_and_opened, 401),
        (new_password, 401),
        (left, 403),
        (made_member, 403),
        (moved, 404),
    ],
)
def test_a_token_does_no_more_than_its_account_may_now(
    client: FlaskClient,
    session: Session,
    world: World,
    producer: Account,
    what: Callable[[Session, Account], None],
    status: int,
) -> None:
    episode = make_published(session, make_show(session, world.community))
    program = program_of(client, session, producer)
    path = f"/episodes/{episode.id}"
    assert program.get(path).status_code == 200

    what(session, producer)
    session.commit()

    assert program.get(path).status_code == status
    assert program.patch(path, version="x", title="Mine").status_code == status


def test_signing_out_leaves_the_token(client: FlaskClient, session: Session, producer: Account) -> None:
    program = program_of(client, session, producer)

    accounts.end_sessions(session, producer)
    session.commit()

    assert program.get("/me").status_code == 200


def test_what_is_kept_out_of_the_studio_is_kept_out_of_the_api(
    app: Flask, backends: Backends, session: Session, producer: Account
) -> None:
    settings = replace(backends.settings, second_factor="studio")
    app.extensions["hearth"] = replace(backends, settings=settings)
    program = program_of(app.test_client(), session, producer)

    assert program.get("/me").status_code == 403
    session.add(AppCode(account_id=producer.id, secret="sealed", last_step=0, created_at=WHEN))
    session.commit()
    assert program.get("/me").status_code == 200


def test_whom_the_provider_signs_in_needs_no_factor_of_ours_while_it_does(
    app: Flask, backends: Backends, session: Session, producer: Account
) -> None:
    settings = replace(backends.settings, second_factor="studio")
    app.extensions["hearth"] = replace(backends, settings=settings)
    program = program_of(app.test_client(), session, producer)
    session.execute(sa.update(ApiToken).values(by_provider=True))
    session.commit()

    assert program.get("/me").status_code == 403
    session.add(
        Identity(
            issuer="https://login", subject="1", account_id=producer.id, linked_at=WHEN, last_used_at=WHEN
        )
    )
    session.commit()
    assert program.get("/me").status_code == 200


def test_only_ones_own_is_listed(client: FlaskClient, session: Session, world: World) -> None:
    mine = make_place(session, world).episode
    theirs = make_published(session)
    program = program_of(client, session, world.accounts["producer"])

    ids = {item["id"] for item in program.get("/episodes").json["items"]}

    assert str(mine.id) in ids
    assert str(theirs.id) not in ids
    session.rollback()
    nobodys = program.get(f"/episodes/{uuid.UUID(int=0)}")
    assert nobodys.status_code == 404
    assert program.get(f"/episodes/{theirs.id}").json == nobodys.json
