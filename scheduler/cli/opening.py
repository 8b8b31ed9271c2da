"""Opening the database that a command is about."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy import make_url
from typer._click.globals import get_current_context  # Typer carries a Click of its own, and knows its commands there

from rooms.errors import DomainError, Faulty
from scheduler.access.author import Author, AuthorKind
from scheduler.auditing import seen_by
from scheduler.clock import SystemClock
from scheduler.database import Database, schema_is_current, schema_revision
from scheduler.settings import Settings

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database-url",
        envvar="CHAIRTIME_DATABASE_URL",
        metavar="URL",
        help="Such as sqlite:///clinic.db or postgresql+psycopg://user@host/name.",
        show_default="a file in your data folder",
    ),
]


class NoTables(DomainError):
    """There is no database, or one of another edition of Chairtime. Nothing was changed."""

    code = "no_tables"

    def __init__(self, url: str, revision: str | None) -> None:
        state = f"is at revision {revision}, which is not this program's" if revision else "has no tables yet"
        super().__init__(f"The database {shown(url)} {state}. Run: chairtime migrate --database-url {shown(url)}")
        self.url = url
        self.revision = revision


def shown(url: str) -> str:
    """A database address without its password."""
    return make_url(url).render_as_string(hide_password=True)


def settings_of(database_url: str = "") -> Settings:
    """The environment's settings, for the database that the command line names. Raises `Faulty` for one that cannot be."""
    try:
        settings = Settings()
    except ValidationError as fault:
        first = fault.errors()[0]
        raise Faulty(f"CHAIRTIME_{'_'.join(str(part) for part in first['loc']).upper()}", first["msg"]) from None
    return settings.model_copy(update={"database_url": database_url}) if database_url else settings


def refuse_without_tables(url: str) -> None:
    """Raises `NoTables` unless the database is of this edition. A file that is not there is not made."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise NoTables(url, None)
    if not schema_is_current(url):
        raise NoTables(url, schema_revision(url))


def typed_by() -> Author:
    """Whoever typed the command, as the machine knows them, for the audit trail."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    context = get_current_context(silent=True)
    return Author(AuthorKind.COMMAND_LINE, name, operation=context.command_path if context else "chairtime")


@contextmanager
def opened(database_url: str) -> Iterator[Database]:
    """The database at an address, or where the settings say if it is empty; closed again at the end. Raises `NoTables`.

    What is changed through it is told in the audit trail as done by whoever typed the command.
    """
    url = settings_of(database_url).database_url
    refuse_without_tables(url)
    database = Database(url)
    try:
        yield seen_by(database, typed_by(), SystemClock().now)
    finally:
        database.dispose()
