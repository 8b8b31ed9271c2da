"""Commands that keep the database: migrate, verify, grants and acknowledge."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import make_url

from scheduler.access.canonical import Value
from scheduler.auditing import append
from scheduler.backing_up.vouching import acknowledge as acknowledge_subject
from scheduler.cli.opening import DatabaseUrl, opened, settings_of, shown, typed_by
from scheduler.cli.terminal import REFUSED, counted, say
from scheduler.clock import SystemClock
from scheduler.database import migrate as migrate_database
from scheduler.database import schema_revision
from scheduler.granting import grant
from scheduler.verify import verify as verify_database

MIGRATE_EXAMPLE = "Example: chairtime migrate --database-url sqlite:///clinic.db"
GRANTS_EXAMPLE = "Example: chairtime grants --role chairtime_runs --database-url postgresql+psycopg://owner@host/clinic"
ACKNOWLEDGE_EXAMPLE = "Example: chairtime acknowledge disk-encryption --by 'Jo Reed'"
VERIFY_EXAMPLE = "Example: chairtime verify --json"


def migrate(database_url: DatabaseUrl = "") -> None:
    """Bring the database's tables to this edition of Chairtime; a new database gets them. Old or new, never between."""
    url = settings_of(database_url).database_url
    _make_private(url)
    before = schema_revision(url)
    migrate_database(url)
    after = schema_revision(url)
    if before != after:
        _note(url, {"from": before, "to": after})
    say(f"{shown(url)} is at revision {after}{' already' if before == after else ''}.")


def verify(
    database_url: DatabaseUrl = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the findings as JSON.")] = False,
) -> None:
    """Check the invariants from the raw rows, without the code that books. Exit code 1 on any breach, which names its row.

    What a person has to settle, such as visits on a day that was closed afterwards, is told and is no breach.
    """
    with opened(database_url) as database:
        found = verify_database(database, now=SystemClock().now())
    breaches = [each for each in found if not each.decision]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
    else:
        for each in found:
            typer.echo(f"{each.rule} {each.row}: {each.sentence}{' (needs a decision)' if each.decision else ''}")
    say(f"{counted(len(breaches), 'breach', 'breaches')}, {counted(len(found) - len(breaches), 'decision')} to make.")
    if breaches:
        raise typer.Exit(REFUSED)


def grants(
    role: Annotated[str, typer.Option("--role", metavar="NAME", help="The role that the server and the worker run as.")],
    database_url: DatabaseUrl = "",
) -> None:
    """On PostgreSQL, give the program's role what it needs and no more: it can add to the audit trail, and never change it.

    Run it as the role that migrates, and again after each migrate.
    """
    with opened(database_url) as database:
        given = database.run(lambda db: grant(db, role))
    _note(settings_of(database_url).database_url, {"role": role})
    for table, rights in given.items():
        typer.echo(f"{table}: {rights}")
    say(f"{role} has its rights to {counted(len(given), 'table')}, and no others.")


def acknowledge(
    subject: Annotated[Literal["disk-encryption"], typer.Argument(help="What you vouch for.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who vouches for it.")],
    database_url: DatabaseUrl = "",
) -> None:
    """Vouch for what the program cannot see: that the disks with the database and its copies are encrypted as a whole."""
    with opened(database_url) as database:
        database.run(lambda db: acknowledge_subject(db, subject, by=by, now=SystemClock().now()))
    say(f"Noted: {by} vouches for {subject}.")


def _note(url: str, diff: dict[str, Value]) -> None:
    """Write down in the trail what no row tells of."""
    with opened(url) as database:
        database.run(
            lambda db: append(db, typed_by(), action=typed_by().operation, category="settings", now=SystemClock().now(), diff=diff)
        )


def _make_private(url: str) -> None:
    """A new SQLite file is its owner's only, from the first byte on."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(parsed.database, os.O_CREAT | os.O_WRONLY, 0o600))
