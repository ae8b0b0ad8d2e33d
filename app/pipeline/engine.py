"""The durable engine: DBOS on the service's own database. Enqueue, launch, heartbeat, take over.

No other file imports `dbos` but this one and the workflows themselves (house, decision 1).

- A web process only enqueues, on the session that writes the Recording row: both or neither.
- A worker has an executor id of its place, so that a restarted worker finds its own work at once.
- Every worker keeps a heartbeat row by the database's clock. Whoever sees one older than 30 s takes
  over that executor's work, once: a compare-and-set on the row decides who.
- Going down by SIGTERM is a crash on purpose: children are killed, the row says "stopped", and the
  step in work is done again by whoever comes next. Nothing has to be saved on the way out.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Queue, WorkflowSerializationFormat
from dbos._core import WorkflowHandleFuture, execute_dequeued_workflow
from dbos._dbos import _get_dbos_instance
from dbos._error import DBOSException
from dbos._sys_db import WorkflowStatusInternal
from dbos._utils import GlobalParams
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.db import LET_GO_AFTER_S, Database, now_of_database
from app.metrics import Figures, figures_of_worker
from app.models import Recording, WorkerRow
from app.pipeline import queues
from app.pipeline.following import WAY, workflow_name
from app.pipeline.waiting import patiently

#: A constant: by default it is a hash of the code, and a deploy would strand work of the old version.
APPLICATION_VERSION = "1"
APPLICATION_NAME = "hearth"
PORTABLE = WorkflowSerializationFormat.PORTABLE

#: A worker beats six times as often.
DEAD_AFTER_S = LET_GO_AFTER_S

log = logging.getLogger("hearth.engine")

_clients: "WeakKeyDictionary[Engine, DBOSClient]" = WeakKeyDictionary()
_clients_lock = threading.Lock()
#: Set once this process can enqueue again what others have left.
_launched = threading.Event()
#: The queues of this process's own, by kind.
_own: dict[str, Queue] = {}


def _client(engine: Engine) -> DBOSClient:
    with _clients_lock:
        client = _clients.get(engine)
        if client is None:
            client = DBOSClient(system_database_engine=engine, application_name=APPLICATION_NAME, lazy=True)
            _clients[engine] = client
        return client


def enqueue(session: Session, recording: Recording) -> None:
    """Start the recording's workflow with the caller's transaction; safe to call twice.

    The caller commits. The workflow's id names recording and attempt, so there is one workflow each.
    """
    session.flush()
    name, number = workflow_id(recording), recording.attempt
    queued_at = recording.queued_at or recording.created_at
    said = (str(recording.id), number, queues.turn(queued_at))
    reading = queues.turn(queued_at, recording.size_bytes // queues.PIECE_BYTES)
    enqueue_workflow(session, queues.MASTERING, "recording_v2", name, *said, priority=reading)
    log.info("workflow begun", extra={"workflow": name, "recording": str(recording.id), "attempt": number})


def workflow_id(recording: Recording) -> str:
    """The id of the workflow of the recording's present attempt."""
    return workflow_name(recording.id, recording.attempt)


def enqueue_workflow(
    session: Session, queue: str, workflow: str, name: str, *arguments: str | int, priority: int = 1
) -> None:
    """Enqueue a workflow by its name, in the caller's transaction; one workflow for each `name`."""
    options: EnqueueOptions = {
        "queue_name": queue,
        "workflow_name": workflow,
        "workflow_id": name,
        "app_version": APPLICATION_VERSION,
        "serialization_type": PORTABLE,
        "priority": priority,
    }
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    _client(engine).enqueue_in_transaction(session, options, *arguments)


def open_workflows(session: Session) -> int:
    """How many workflows are neither finished nor cancelled."""
    table = queues.table(session)
    count = sa.select(sa.func.count()).select_from(table).where(queues.OPEN)
    return session.execute(count).scalar_one()


def is_open(session: Session, recording: Recording) -> bool:
    """Whether the recording's present attempt waits or is worked on; False where its work is lost."""
    return queues.is_open(session, workflow_id(recording))


def lost(session: Session, working: Sequence[Recording]) -> list[Recording]:
    """Those of these recordings of which nothing waits or is worked on: one question for all."""
    if not working:
        return []
    ways = {found[0] for name in queues.open_names(session) if (found := WAY.match(name))}
    return [row for row in working if workflow_id(row) not in ways]


def _config(database: Database, executor_id: str, *, run_migrations: bool) -> DBOSConfig:
    return {
        "name": APPLICATION_NAME,
        "system_database_url": database.url,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor_id,
        "run_migrations": run_migrations,
        "log_level": "ERROR",
        "console_log_level": "ERROR",
        "notification_listener_polling_interval_sec": 1.0,
        "notification_coalesce_sec": 1.0,  # we tell nothing that way; by default it wakes all the time
        "sys_db_idle_transaction_timeout_sec": database.let_go_after_s,
    }


def create_tables(database: Database) -> None:
    """Create or upgrade the engine's own tables; ours are Alembic's."""
    from dbos import run_dbos_database_migrations  # late: only the release step needs it

    run_dbos_database_migrations(database.url)


def launch(database: Database, executor_id: str, limits: Mapping[str, int]) -> None:
    """Make this process ready to work; what it was at when it was killed is enqueued again.

    `limits` says how much of each kind at a time (`queues.limits`). Begins nothing: `begin_now` does.
    Raises dbos errors where the engine's tables are missing.
    """
    import app.pipeline.former  # noqa: F401  (late: registers the workflows, which import this file)

    _enqueue_what_was_left(database, executor_id)
    dbos = DBOS(config=_config(database, executor_id, run_migrations=False))
    DBOS.listen_queues([])
    DBOS.launch()
    _look_no_more(dbos)
    for kind, most in limits.items():
        _own[kind] = DBOS.register_queue(
            queues.own(kind, executor_id), worker_concurrency=most, on_conflict="always_update"
        )
    _launched.set()


def _enqueue_what_was_left(database: Database, executor_id: str) -> None:
    """What a process that was killed here was at waits again; nothing of ours is begun before.

    Private, as below. The engine would do the same in a thread of its launch, at any later moment: that
    thread is one of those which end with the engine's looks, and what it had not come to would stay.
    """
    left = _client(database.engine)._sys_db
    for one in left.get_pending_workflows(executor_id, APPLICATION_VERSION):
        left.reenqueue_for_recovery(one.workflow_id, [executor_id], queues.TRANSCRIPTION)


def _look_no_more(dbos: DBOS) -> None:
    """End the engine's own looks: at queues, schedules, delays and limits of time, every second each.

    Private, as below. We have only queues, and look at those ourselves (app/pipeline/taking.py): the looks
    of an idle worker took more processor than all else that it does.
    """
    for event in (*dbos.background_thread_stop_events, dbos._background_jobs_stop_event):
        event.set()


def running(kind: str) -> int:
    """How much of this kind this process is working on."""
    queue = _own.get(kind)
    return 0 if queue is None else _get_dbos_instance()._active_workflows_set.count_for_queue(queue.name)


def begin_now(kinds: Sequence[str], ended: Callable[[], None]) -> None:
    """Begin what lies on this process's own queues of these kinds; `ended` is called as each has ended.

    Private: the engine has no other way than to look often. It is what each of its looks does, and two at
    once begin nothing twice, since the claim is one statement.
    """
    dbos = _get_dbos_instance()
    for kind in kinds:
        token = uuid.uuid4().hex
        claimed, _ = dbos._sys_db.start_queued_workflows(
            _own[kind],
            GlobalParams.executor_id,
            APPLICATION_VERSION,
            None,
            running(kind),
            owner_xid=token,
            is_latest_version=True,  # a constant: no need to ask
        )
        if claimed:  # from here on it is ours: an outage must not leave it without anybody
            for status in patiently("engine", partial(dbos._sys_db.get_workflow_statuses, claimed)):
                _begin(dbos, status, token, ended)


def _begin(dbos: DBOS, status: WorkflowStatusInternal, token: str, ended: Callable[[], None]) -> None:
    """One piece. A newer version's, which this one does not know, must not keep the others from beginning."""
    try:
        handle = execute_dequeued_workflow(dbos, status, token)
    except DBOSException as error:
        log.error("work cannot be begun by this version: %s", error)
        return  # it stays in hand, and is handed back when this process ends
    if isinstance(handle, WorkflowHandleFuture):
        handle.future.add_done_callback(lambda _: ended())


class Heartbeat:
    """This worker's row: beaten every few seconds, and watching the others'."""

    def __init__(
        self, database: Database, executor_id: str, slots: int, dead_after_s: float = DEAD_AFTER_S
    ) -> None:
        self._database = database
        self.executor_id = executor_id
        self.incarnation = uuid.uuid4().hex
        self._slots = slots
        self._dead_after_s = dead_after_s
        self._taken: set[str] = set()
        #: What was written into the row last.
        self._figures: Figures = {}
        self._stopping = threading.Event()
        #: Set when somebody else has taken over this worker's work: it must end itself.
        self.superseded = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Announce this worker (before it takes work) and keep beating."""
        with self._database.begin() as session:
            now = now_of_database(session)
            row = session.get(WorkerRow, self.executor_id) or WorkerRow(executor_id=self.executor_id)
            row.incarnation = self.incarnation
            row.slots = self._slots
            row.started_at = row.beat_at = now
            row.stopped_at = row.taken_over_by = None
            row.figures = self._figures = figures_of_worker()
            session.add(row)
        self._thread.start()

    def stop(self) -> None:
        """Say that this worker is gone, so that nobody waits thirty seconds for it or for what it claimed."""
        self._stopping.set()
        try:
            with self._database.begin() as session:
                queues.hand_back(session, [self.executor_id])
                done = {"stopped_at": now_of_database(session), "figures": figures_of_worker()}
                session.execute(self._own_row().values(done))
        except sa.exc.SQLAlchemyError as error:  # without the database the row grows old by itself
            log.warning("the end of this worker is not written down: %s", type(error).__name__)

    def _own_row(self) -> sa.Update:
        return sa.update(WorkerRow).where(
            WorkerRow.executor_id == self.executor_id, WorkerRow.incarnation == self.incarnation
        )

    def _run(self) -> None:
        while not self._stopping.wait(self._dead_after_s / 6):
            try:
                self.beat()
            except sa.exc.SQLAlchemyError as error:  # the database is away: the next beat will tell
                log.warning("heartbeat failed: %s", type(error).__name__)
            except Exception:  # this thread's border: a worker without a heart must not go on
                log.exception("heartbeat broke")
                self.superseded.set()
                return

    def beat(self) -> None:
        """One beat: renew our row and its figures, then take over what the dead left."""
        figures = figures_of_worker()
        changed = {"figures": figures} if figures != self._figures else {}
        with self._database.begin() as session:
            now = now_of_database(session)
            done = session.execute(
                self._own_row().where(WorkerRow.taken_over_by.is_(None)).values(beat_at=now, **changed)
            )
            alive = _rows(done) == 1
        self._figures = figures
        if not alive:
            self.superseded.set()
            return
        if not _launched.is_set():
            return  # a slow start is no reason to take what cannot be done yet
        dead = take_over(self._database, self.executor_id, self._dead_after_s)
        fresh = set(dead) - self._taken
        self._taken = set(dead)
        if fresh:
            log.warning("taking over from %s", ", ".join(sorted(fresh)))
        if dead:
            # private, and the right primitive: it asks for the dead executor's id row by row, so that
            # doing it twice enqueues nothing twice; the package is pinned and tests/durability proves it
            DBOS._recover_pending_workflows(dead)


def take_over(database: Database, executor_id: str, dead_after_s: float = DEAD_AFTER_S) -> list[str]:
    """The executor ids whose unfinished work is now this worker's to enqueue again.

    A row is taken by one worker only: the update asks for the very beat that was seen. Rows taken
    earlier are given again for an hour, since a worker may die between taking a row and enqueueing its
    work; enqueueing twice does nothing. What the dead had taken from others is taken with them.
    """
    with database.begin() as session:
        now = now_of_database(session)
        gone = session.scalars(
            sa.delete(WorkerRow)
            .where(WorkerRow.taken_over_by == executor_id, WorkerRow.stopped_at < now - timedelta(hours=1))
            .returning(WorkerRow.executor_id)
        ).all()
        queues.forget(session, gone)
        for row in _dead(session, executor_id, now - timedelta(seconds=dead_after_s)):
            mine = {"taken_over_by": executor_id, "stopped_at": now}
            done = session.execute(
                sa.update(WorkerRow)
                .where(
                    WorkerRow.executor_id == row.executor_id,
                    WorkerRow.incarnation == row.incarnation,
                    WorkerRow.beat_at == row.beat_at,
                    WorkerRow.taken_over_by.is_(None),
                )
                .values(mine)
            )
            if _rows(done) == 1:
                session.execute(
                    sa.update(WorkerRow).where(WorkerRow.taken_over_by == row.executor_id).values(mine)
                )
        dead = list(
            session.scalars(sa.select(WorkerRow.executor_id).where(WorkerRow.taken_over_by == executor_id))
        )
        if dead:
            queues.hand_back(session, dead)
        return dead


def _dead(session: Session, executor_id: str, since: datetime) -> Sequence[sa.Row[str, str, datetime]]:
    """Others that have stopped or were silent since then, and that nobody has taken over."""
    return session.execute(
        sa.select(WorkerRow.executor_id, WorkerRow.incarnation, WorkerRow.beat_at).where(
            WorkerRow.executor_id != executor_id,
            WorkerRow.taken_over_by.is_(None),
            sa.or_(WorkerRow.beat_at < since, WorkerRow.stopped_at.is_not(None)),
        )
    ).all()


def waits(session: Session, recording: Recording) -> bool:
    """Whether anything of this recording lies where every worker may take it."""
    return queues.waits(session, workflow_id(recording))


def claim(session: Session, recording: Recording, executor_id: str) -> None:
    """Have what waits of this recording done by this executor alone."""
    queues.claim(session, workflow_id(recording), executor_id)


def fresh_worker(session: Session) -> bool:
    """Whether any worker's heartbeat is fresh."""
    return session.scalar(_fresh(session).limit(1)) is not None


def lives_elsewhere(session: Session, executor_id: str, incarnation: str) -> bool:
    """Whether a worker of this name beats that is another than this incarnation."""
    others = _fresh(session).where(WorkerRow.executor_id == executor_id, WorkerRow.incarnation != incarnation)
    return session.scalar(others) is not None


def _fresh(session: Session) -> sa.Select[str]:
    since = now_of_database(session) - timedelta(seconds=DEAD_AFTER_S)
    return sa.select(WorkerRow.executor_id).where(
        WorkerRow.beat_at >= since, WorkerRow.stopped_at.is_(None), WorkerRow.taken_over_by.is_(None)
    )


def _rows(result: Any) -> int:
    return int(result.rowcount)
