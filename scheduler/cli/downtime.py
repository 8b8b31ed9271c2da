"""The command that writes the downtime pack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rooms.errors import Faulty
from scheduler.cli.opening import DatabaseUrl, opened, settings_of, typed_by
from scheduler.cli.terminal import counted, say
from scheduler.clock import SystemClock
from scheduler.downtime import printer_of, write_packs
from scheduler.printing.frame import Paper

DOWNTIME_EXAMPLE = "Example: chairtime downtime-pack --to /srv/downtime"


def downtime_pack(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Where the packs are put.", show_default="CHAIRTIME_DOWNTIME_FOLDER"),
    ] = None,
    paper: Annotated[
        Paper | None, typer.Option("--paper", help="The paper that it is printed on.", show_default="CHAIRTIME_PAPER, or letter")
    ] = None,
    initials: Annotated[bool, typer.Option("--initials", help="Name patients by their initials and the clinic's own number only.")] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Write what a clinic goes on with on paper when nothing works, one PDF for each site, and write out where.

    It holds today's board and that of the next open day, who is being watched and until when, a phone list, and empty checklists. It needs
    the database only: neither server nor worker has to run. The worker writes it by itself every quarter of an hour.
    """
    settings = settings_of(database_url)
    folder = to or settings.downtime_folder
    if folder is None:
        raise Faulty("--to", "no folder is named; name one, or set CHAIRTIME_DOWNTIME_FOLDER")
    printer = printer_of(settings)
    printer = replace(printer, paper=paper or printer.paper, initials=initials or printer.initials)
    with opened(database_url) as database:
        written = write_packs(database, folder, printer, typed_by(), now=SystemClock().now())
    for path in written:
        typer.echo(path)
    say(f"{counted(len(written), 'pack')} written.")
