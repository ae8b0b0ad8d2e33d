"""/metrics: what it tells, to whom, and that nobody can make it grow."""

import random
import re
import string
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from app import create_app, metrics
from app.backends import Backends
from app.db import Database, now_of_database
from app.models import RecordingState, WorkerRow
from app.pipeline import engine
from app.version import VERSION
from tests.conftest import ROOT
from tests.factories import make_account, make_episode, make_published, make_recording, make_show
from tests.fakes import SetClock
from tests.web.places import client_of
from tests.web.working import make_worker, make_working

TOKEN = "a token that nobody guesses".replace(" ", "-")
SENT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def open_app(backends: Backends) -> Flask:
    """The service with a token set."""
    settings = replace(backends.settings, metrics_token=TOKEN)
    app = create_app(backends=replace(backends, settings=settings))
    app.testing = True
    return app


@pytest.fixture
def watched(open_app: Flask) -> FlaskClient:
    """Prometheus."""
    return open_app.test_client()


def told(client: FlaskClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples, as a parser of Prometheus' own reads them."""
    answer = client.get("/metrics", headers=SENT)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    """One of them; 0 where there is none."""
    return samples.get((name, frozenset(labels.items())), 0.0)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer é",
    ],
)
def test_without_the_right_token_nothing_is_told(watched: FlaskClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = watched.get("/metrics", headers=headers)

    assert answer.status_code == 403
    assert "hearth_" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_the_setting_there_is_no_such_page(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == client.get("/metrics", headers=SENT).status_code == 404


def test_the_right_token_is_answered_by_any_name_and_never_kept(watched: FlaskClient) -> None:
    answer = watched.get("/metrics", headers={**SENT, "Host": "10.0.0.7:8000"})
    other_page = watched.get("/health", headers={**SENT, "Host": "10.0.0.7:8000"})
    without = watched.get("/metrics", headers={"Host": "10.0.0.7:8000"})

    assert (answer.status_code, other_page.status_code, without.status_code) == (200, 400, 400)
    assert answer.headers["Cache-Control"] == "no-store"


def test_requests_are_counted_by_route_method_and_class_of_status(watched: FlaskClient) -> None:
    before = told(watched)
    for path in ("/", "/?a=1", "/no-such-page"):
        watched.get(path)
    watched.head("/")
    after = told(watched)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("hearth_requests_total", route="site.home", method="GET", status="2xx") == 2
    assert more("hearth_requests_total", route="site.home", method="HEAD", status="2xx") == 1
    assert more("hearth_requests_total", route="none", method="GET", status="4xx") == 1
    assert more("hearth_request_seconds_count", route="site.home") == 3
    assert more("hearth_request_seconds_bucket", route="site.home", le="+Inf") == 3
    assert value(after, "hearth_requests_in_progress") == 1  # the one that asks


def test_a_thousand_odd_requests_make_no_new_series(watched: FlaskClient) -> None:
    chance = random.Random(1)
    letters = string.ascii_letters + "/.%?&=-é\"\\'{}"

    def odd(length: int) -> str:
        return "".join(chance.choice(letters) for _ in range(length))

    for method in ("GET", "BREW"):
        watched.open("/nowhere", method=method)
        watched.open(f"/shows/{odd(5)}", method="GET")
        watched.open("/", method=method)
        watched.open("/search?q=x")
    before = set(told(watched))
    for _ in range(250):
        watched.get("/" + odd(20))
        watched.open("/", method="".join(chance.choices(string.ascii_uppercase, k=8)))
        watched.get(f"/shows/{uuid.UUID(int=chance.getrandbits(128))}")
        watched.get(f"/search?q={odd(12)}", headers={"X-Request-ID": odd(20), "User-Agent": odd(9)})

    new = {sample for sample in set(told(watched)) - before}
    known = {rule.endpoint for rule in watched.application.url_map.iter_rules()} | {"none"}
    assert {dict(labels).get("route") for _, labels in new} <= known
    assert len(new) < 60  # statuses of routes that were not met before


def test_what_only_the_database_knows_is_told(
    watched: FlaskClient, session: Session, backends: Backends, clock: SetClock
) -> None:
    now = now_of_database(session)
    for name, silent_s, slots in (("one", 1, 2), ("two", 2, 4), ("dead", 45, 8)):
        began, beat = now - timedelta(hours=1), now - timedelta(seconds=silent_s)
        session.add(WorkerRow(executor_id=name, incarnation="i", slots=slots, started_at=began, beat_at=beat))
    states = (RecordingState.working, RecordingState.working, RecordingState.failed)
    for state in states:
        recording = make_recording(session, make_episode(session), state=state)
        if state is RecordingState.working:
            engine.enqueue(session, recording)
    session.commit()

    samples = told(watched)

    assert value(samples, "hearth_database_up") == 1
    assert value(samples, "hearth_queue_depth", queue="mastering") == 2
    assert value(samples, "hearth_queue_depth", queue="transcription") == 0
    assert 0 <= value(samples, "hearth_queue_oldest_seconds", queue="mastering") < 60
    counts = {state: value(samples, "hearth_recordings", state=state.value) for state in RecordingState}
    assert counts == {
        RecordingState.working: 2,
        RecordingState.ready: 0,
        RecordingState.refused: 0,
        RecordingState.failed: 1,
    }
    assert value(samples, "hearth_workers_alive") == 2
    assert value(samples, "hearth_worker_slots") == 6
    assert value(samples, "hearth_disk_free_bytes", place="data") > 0
    info = next(dict(labels) for name, labels in samples if name == "hearth_build_info")
    assert (info["version"], info["database"]) == (VERSION, backends.database.engine.dialect.name)


def test_both_databases_are_asked_alike(database: Database, backends: Backends) -> None:
    engine.create_tables(database)
    with database.begin() as session:
        made = make_working(session)
        make_worker(session, "figures").figures = {
            "hearth_sound_seconds": [["hearth_sound_seconds_total", {"step": "master"}, 7.0]]
        }
    settings = replace(backends.settings, metrics_token=TOKEN)
    app = create_app(backends=replace(backends, settings=settings, database=database))
    with database.begin() as session:
        owner = make_account(session, is_owner=True)
    client, _ = client_of(app, owner)

    samples, page = told(app.test_client()), client.get("/studio/work").text

    assert value(samples, "hearth_database_up") == 1
    assert value(samples, "hearth_workers_alive") == 3
    assert value(samples, "hearth_queue_depth", queue="transcription") == 1
    assert value(samples, "hearth_sound_seconds_total", step="master", worker="figures") == 7
    assert made.failed.episode.title in page
    assert "2 stopped, 2 in work, 2 waiting; 3 workers running." in page


def test_what_a_worker_measured_is_told_under_its_name(
    watched: FlaskClient, session: Session, backends: Backends
) -> None:
    heart = engine.Heartbeat(backends.database, "host-0", 2)
    heart.start()
    with metrics.working("transcribe", 90_000):
        pass
    metrics.STEP_SECONDS.labels("transcribe", "done").observe(3)
    metrics.STORE_ERRORS.labels("put_file").inc()
    heart.beat()
    mine = told(watched)
    heart.stop()

    for name, labels in (
        ("hearth_sound_seconds_total", {"step": "transcribe"}),
        ("hearth_work_seconds_total", {"step": "transcribe"}),
        ("hearth_step_seconds_count", {"step": "transcribe", "outcome": "done"}),
        ("hearth_step_seconds_bucket", {"step": "transcribe", "outcome": "done", "le": "10.0"}),
        ("hearth_store_errors_total", {"operation": "put_file"}),
    ):
        assert value(mine, name, **labels, worker="host-0") == value(mine, name, **labels) > 0, name


def test_a_worker_that_has_done_nothing_tells_so(watched: FlaskClient, backends: Backends) -> None:
    heart = engine.Heartbeat(backends.database, "host-1", 2)
    heart.start()
    samples = told(watched)
    heart.stop()

    for step in ("master", "transcribe"):
        for what in ("work", "sound"):
            labels = frozenset({"step": step, "worker": "host-1"}.items())
            assert (f"hearth_{what}_seconds_total", labels) in samples


def test_a_worker_of_another_version_breaks_nothing(watched: FlaskClient, session: Session) -> None:
    now = now_of_database(session)
    figures = {
        "hearth_of_tomorrow": [["hearth_of_tomorrow_total", {"x": "1"}, 3.0]],
        "hearth_sound_seconds": [],
    }
    session.add(
        WorkerRow(executor_id="new", incarnation="i", slots=1, started_at=now, beat_at=now, figures=figures)
    )
    session.commit()

    assert not any("tomorrow" in name for name, _ in told(watched))


def test_the_database_is_asked_once_in_five_seconds(
    watched: FlaskClient, session: Session, clock: SetClock
) -> None:
    def count() -> float:
        return value(told(watched), "hearth_recordings", state="failed")

    before = count()
    make_recording(session, make_episode(session), state=RecordingState.failed)
    session.commit()
    kept = count()
    clock.move(seconds=5)

    assert (before, kept, count()) == (0, 0, 1)


def test_a_database_that_is_away_is_told_with_all_the_rest(backends: Backends) -> None:
    empty = Database(f"sqlite:///{backends.settings.data / 'empty.db'}")
    settings = replace(backends.settings, metrics_token=TOKEN)
    app = create_app(backends=replace(backends, settings=settings, database=empty))

    samples = told(app.test_client())

    assert samples["hearth_database_up", frozenset()] == 0
    assert value(samples, "hearth_disk_free_bytes", place="data") > 0
    assert not any(name == "hearth_recordings" for name, _ in samples)
    empty.dispose()


def test_no_title_name_or_id_of_a_recording_is_told(
    watched: FlaskClient, session: Session, backends: Backends
) -> None:
    episode = make_published(session, make_show(session, title="Sesame show", slug="sesame"), title="Sesame")
    engine.enqueue(session, make_recording(session, episode, state=RecordingState.working))
    session.commit()
    watched.get("/shows/sesame")
    watched.get(f"/shows/sesame/{episode.slug}")
    watched.get("/search?q=sesame")

    text = watched.get("/metrics", headers=SENT).text

    assert "sesame" not in text.casefold()
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) == []


def test_searches_are_timed(watched: FlaskClient) -> None:
    before = value(told(watched), "hearth_search_seconds_count")
    watched.get("/search?q=falls")

    assert value(told(watched), "hearth_search_seconds_count") > before


def test_the_guide_names_every_figure_and_none_that_is_not_told(watched: FlaskClient) -> None:
    guide = (ROOT / "docs" / "operators.md").read_text()
    named = set(re.findall(r"`(hearth_[a-z_]+)", guide))
    asked = set(re.findall(r"(hearth_[a-z_]+)", guide))
    families = set(re.findall(r"^# TYPE (hearth_[a-z_]+) ", watched.get("/metrics", headers=SENT).text, re.M))

    assert families == named == asked
