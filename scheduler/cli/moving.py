"""Commands between clinic files and databases: load and export."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from courses.protocols.located.faults import FaultyDocument
from courses.protocols.located.yaml_text import Data
from rooms import queries
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.cli.opening import DatabaseUrl, opened
from scheduler.cli.planning import AsJson, ClinicPath, OutputPath
from scheduler.cli.terminal import STDOUT, counted, fault_line, progress_bar, say, write_text
from scheduler.clinic_file import ClinicFile, document_text, open_clinic, plan_document, write_clinic
from scheduler.clock import SystemClock
from scheduler.exporting import Exported, export_clinic
from scheduler.loading import NotLoaded, book_courses, load_clinic
from scheduler.planning_files import located, refuse_hopeless

LOAD_EXAMPLE = "Example: chairtime load clinic.yaml --book"
EXPORT_EXAMPLE = "Example: chairtime export --site riverside -o clinic.yaml --plan plan.yaml"

Site = Annotated[str, typer.Option("--site", metavar="SITE", help="The site's code or id; needed where there is more than one.")]


def load(
    file: ClinicPath,
    book: Annotated[bool, typer.Option("--book", help="Also plan and book the courses that the file asks for.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Leave out the courses that have no place, instead of refusing the file.")
    ] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Put a clinic file into the database: all of it, or nothing.

    What is new is added; a protocol that changed becomes its next version. What is in the database and says otherwise there is refused,
    so loading the same file twice changes nothing.
    """
    clinic = open_clinic(file)
    if not anyway:
        refuse_hopeless(file, clinic, {request.id for request in clinic.requests})
    for warning in clinic.warnings:
        say(fault_line(warning, "warning: "))
    clock = SystemClock()
    new: Counter[str] = Counter()
    with opened(database_url) as database, progress_bar("Loading", quiet=as_json) as told:
        try:
            with database.transaction() as db:
                new += load_clinic(db, clinic, now=clock.now(), new_id=clock.new_id).new
                if book:
                    booked = book_courses(db, clinic, now=clock.now(), new_id=clock.new_id, anyway=anyway, progress=told)
                    new += booked.new
        except NotLoaded as refusal:
            raise FaultyDocument(located(file, refusal.found)) from None
    for answer in booked.unplaceable if book else ():
        say(f"{answer.course} is left out: session {answer.session}, {answer.detail}.")
    _tell(clinic, new, as_json=as_json)


def _tell(clinic: ClinicFile, new: Counter[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"site": clinic.site.id, "new": dict(new)}))
        return
    added = ", ".join(counted(number, kind) for kind, number in new.items() if number)
    say(f"{clinic.site.id}: {added} new." if added else f"{clinic.site.id} is there already as the file has it; nothing was changed.")


def export(
    site: Site = "",
    output: OutputPath = STDOUT,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Also write the plan that the courses have now.")] = None,
    names: Annotated[bool, typer.Option("--names", help="With the patients' names and birth dates.")] = False,
    booked: Annotated[bool, typer.Option("--booked", help="Write every course's sessions as bookings, and no course as wanted.")] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Write a site of the database as a clinic file, which `load` and `plan` read again.

    Courses under way are written as wanted, so that planning can be tried on them. Patients are told by code alone unless --names.
    """
    now = SystemClock().now()
    with opened(database_url) as database, database.reading() as db:
        exported = export_clinic(db, _only_site(db, site), now=now, names=names, booked=booked)
    _write(write_clinic(exported.clinic), output, as_json=as_json)
    if plan is not None:
        _write(plan_document(exported.present_plan(now), exported.clinic.site.timezone), plan, as_json=as_json)
    say(_summary(exported))


def _only_site(db: Db, site: str) -> str:
    """The site that was named, or the only one. Raises `Faulty` where it must be named."""
    if site:
        return site
    there = [known.site.id for known in queries.sites(db)]
    if len(there) != 1:
        raise Faulty("--site", f"name one of {', '.join(there)}" if there else "the database has no site; load a clinic file first")
    return there[0]


def _write(data: dict[str, Data], output: Path, *, as_json: bool) -> None:
    write_text(document_text(data, "any.json" if as_json else output.name), output)


def _summary(exported: Exported) -> str:
    clinic = exported.clinic
    told = {
        "resource": clinic.resources,
        "protocol": clinic.protocols,
        "patient": clinic.patients,
        "course": clinic.requests,
        "booking": clinic.bookings,
    }
    return f"{clinic.site.id}: {', '.join(counted(len(things), kind) for kind, things in told.items())}."
