"""Commands that keep the database: migrate and verify."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from scheduler.cli.opening import DatabaseUrl, opened, settings_of, shown
from scheduler.cli.terminal import REFUSED, counted, say
from scheduler.clock import SystemClock
from scheduler.database import migrate as migrate_database
from scheduler.database import schema_revision
from scheduler.verify import verify as verify_database

MIGRATE_EXAMPLE = "Example: chairtime migrate --database-url sqlite:///clinic.db"
VERIFY_EXAMPLE = "Example: chairtime verify --json"


def migrate(database_url: DatabaseUrl = "") -> None:
    """Bring the database's tables to this edition of Chairtime; a new database gets them. Old or new, never between."""
    url = settings_of(database_url).database_url
    before = schema_revision(url)
    migrate_database(url)
    after = schema_revision(url)
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
