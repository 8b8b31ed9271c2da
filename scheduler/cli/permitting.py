"""The command that prints who may do what: permissions."""

from __future__ import annotations

import typer

from scheduler.access.table_text import table_text
from scheduler.cli.opening import settings_of
from scheduler.guarding import clinic_table

PERMISSIONS_EXAMPLE = "Example: CHAIRTIME_PERMISSIONS=ours.yaml chairtime permissions"


def permissions() -> None:
    """Print who may do what, with the clinic's own changes (CHAIRTIME_PERMISSIONS); a change that cannot be is refused with its row."""
    typer.echo(table_text(clinic_table(settings_of().permissions)), nl=False)
