"""The commands: `flask --app app <command>`. Each opens its own session and commits once."""

import functools
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from app import log as logs
from app import starting
from app.backends import Backends, with_slots
from app.errors import HearthError, SettingsError
from app.pipeline import engine, queues
from app.search.index import restem
from app.services import accounts, app_codes, audit, factors, transcripts
from app.services.audit import Subject
from app.storage.errors import StorageError

if TYPE_CHECKING:
    from app.storage.s3 import S3Store

log = logging.getLogger("hearth")


def register(app: Flask, backends: Backends) -> None:
    """Add the commands."""

    @app.cli.command("migrate")
    def migrate() -> None:
        """Bring the database to the newest version (the release step)."""
        # late: no other command needs Alembic or boto3
        from app.migrate import migrate as migrate_tables
        from app.storage.s3 import S3Store

        _or_say(lambda: migrate_tables(backends.settings.database_url))
        engine.create_tables(backends.database)
        starting.say_what_is_missing(backends)
        answers = starting.store_answers(backends.store)
        if isinstance(backends.store, S3Store) and answers:
            _let_browsers_upload(backends.store, backends.settings.public_url)
        elif isinstance(backends.store, S3Store):
            log.warning("uploads need the CORS rule of the bucket: run this again when the store answers")
        with backends.database.begin() as session:
            restem(session)
            transcripts.index_missing(session)

    @app.cli.command("worker")
    @click.option("--name", help="This worker's place; by default the first free one of this host.")
    @click.option("--queues", "names", help=f"What to work on, with commas: {', '.join(queues.SERVED)}.")
    @click.option(
        "--slots", type=click.IntRange(1, 64), help="Windows transcribed at a time; instead of HEARTH_SLOTS."
    )
    def worker(name: str | None, names: str | None, slots: int | None) -> None:
        """Work on recordings until SIGTERM."""
        from app.pipeline import worker as working  # late: the steps wake sound and speech

        served = tuple(part.strip() for part in (names or ",".join(queues.SERVED)).split(","))
        if unknown := [part for part in served if part not in queues.SERVED]:
            raise click.BadParameter(
                f"there is no queue {unknown[0]!r}. Choose from {', '.join(queues.SERVED)}.",
                param_hint="--queues",
            )
        logs.set_up(backends.settings)
        starting.wait_for_database(backends)
        starting.look(backends)
        working.leave(working.run(with_slots(backends, slots), name, served))

    @app.cli.command("web")
    def web() -> None:
        """Serve the pages by waitress, on this machine only unless HEARTH_LISTEN says otherwise."""
        from app.serve import serve  # late: only this command needs waitress

        logs.set_up(backends.settings)
        starting.look(backends)
        _or_say(lambda: serve(app, backends))

    @app.cli.command("owner-link")
    def owner_link() -> None:
        """Print the one-time link that makes the first owner; nothing if there is an account already."""
        with backends.database.reading() as session:
            token = accounts.owner_link_token(session, backends.settings.secret)
        if token:
            click.echo(f"{backends.settings.public_url}/welcome/{token}")

    @app.cli.command("publish")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--show", "slug", required=True)
    @click.option("--title", required=True)
    @click.option("--wait", is_flag=True)
    def publish(file: Path, slug: str, title: str, wait: bool) -> None:
        """Publish a recording when its transcript is ready."""
        from app import publish_command  # late: it may have to work itself, as a worker does

        logs.set_up(backends.settings, folded=True)
        code = publish_command.FAILED
        try:
            code = publish_command.publish_file(backends, file, slug, title, wait=wait)
            sys.stdout.flush()
        finally:
            os._exit(code)  # worker threads, if any, have nothing left to do

    @app.cli.command("backup")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    def backup(file: Path) -> None:
        """Write everything that cannot be made again into one file."""
        from app.backup import write_backup  # late: it looks for a running worker, as the worker does

        _or_say(lambda: write_backup(backends, file, say=lambda text: click.echo(text, err=True)))

    @app.cli.command("restore")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def restore(file: Path) -> None:
        """Bring a backup back into an empty service, on whichever database and store."""
        from app.backup import read_backup  # late, as for the backup

        _or_say(lambda: read_backup(backends, file, say=lambda text: click.echo(text, err=True)))

    _add_accounts(app, backends)
    _add_care(app, backends)
    _speak_of_databases(app.cli)


def _add_care(app: Flask, backends: Backends) -> None:
    """The commands for whoever looks after the service."""

    @app.cli.command("check")
    @click.option("--deep", is_flag=True, help="Read and hash every stored byte as well.")
    def check(deep: bool) -> None:
        """Say what is broken, if anything: rows, sound, feeds, search. Changes nothing."""
        from app.pipeline.checking import report  # late: pages need none of it

        sys.exit(report(backends, click.echo, deep=deep))

    @app.cli.command("sweep")
    def sweep() -> None:
        """Let go of what nobody needs: the bin's end, abandoned uploads, objects without a row."""
        from app.pipeline import housekeeping  # late: it brings the engine along

        logs.set_up(backends.settings)
        housekeeping.sweep(backends)
        click.echo(f"{housekeeping.sweep_orphans(backends)} objects and uploads without a row were let go")


def _add_accounts(app: Flask, backends: Backends) -> None:
    """The commands for an owner who is locked out."""
    user = AppGroup("user", help="Who has an account, and a way in for somebody who is locked out.")
    app.cli.add_command(user)

    @user.command("list")
    def list_accounts() -> None:
        """Print the address and name of each account, and whether it is the owner's or closed."""
        with backends.database.reading() as session:
            for account in accounts.everybody(session):
                marks = [
                    mark
                    for mark, holds in (("owner", account.is_owner), ("closed", not account.active))
                    if holds
                ]
                click.echo("\t".join((account.email, account.name, *marks)))

    @user.command("reset")
    @click.argument("email")
    def reset(email: str) -> None:
        """Print a link by which the account with this address gets a new password."""
        expires_at = backends.clock() + accounts.HANDED_LINK_HOLDS
        with backends.database.reading() as session:
            account = accounts.find_account(session, email)
        if account is None:
            raise click.ClickException(f"There is no account with the address {email}. See: flask user list")
        if not account.active:
            raise click.ClickException("This account is closed. An owner can open it in Studio, Accounts.")
        click.echo(
            accounts.reset_link(account, backends.settings.secret, backends.settings.public_url, expires_at)
        )

    @user.command("renew-codes")
    def renew_codes() -> None:
        """Encrypt the keys of people's code apps anew, where HEARTH_SECRET has replaced HEARTH_SECRET_OLD."""
        keys = app_codes.SharedKeys(backends.settings.secrets, backends.settings.service_name)
        with backends.database.begin() as session:
            renewed = app_codes.renew(session, keys)
        click.echo(f"{renewed} keys were encrypted anew")

    @user.command("second-step-off")
    @click.argument("email")
    def second_step_off(email: str) -> None:
        """Let the account with this address in by its password alone: codes, passkeys and sessions end."""
        with backends.database.begin() as session:
            account = accounts.find_account(session, email)
            if account is None:
                raise click.ClickException(
                    f"There is no account with the address {email}. See: flask user list"
                )
            factors.take_off(session, account)
            accounts.end_sessions(session, account)
            audit.add(
                session, None, "took somebody's second step off", Subject(account.name), backends.clock()
            )
        click.echo(f"{email} signs in with the password alone now.")


def _let_browsers_upload(store: "S3Store", origin: str) -> None:
    """Set the bucket's CORS rule; who may not, or cannot now, is told that it has to be there."""
    try:
        store.allow_uploads_from(origin)
    except StorageError as error:
        log.warning("the CORS rule of the bucket was not set: %s; uploads from %s need it", error, origin)


def _or_say(work: Callable[[], object]) -> None:
    try:
        work()
    except HearthError as error:
        raise click.ClickException(str(error)) from error


def _speak_of_databases(command: click.Command) -> None:
    """Let a command, or each of a group, say in a line that no database serves it, instead of a traceback."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _speak_of_databases(one)
    work = command.callback
    if work is None:
        return

    @functools.wraps(work)
    def speaking(*given: Any, **named: Any) -> Any:
        try:
            return work(*given, **named)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            if not isinstance(error, OperationalError | InterfaceError) and type(error) is not DatabaseError:
                raise  # a fault of ours; the others: nobody there, no room, not a database
            raise click.ClickException(str(starting.refusal(error))) from error

    command.callback = speaking
