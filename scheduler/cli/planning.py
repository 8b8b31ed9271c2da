"""Commands that work on files alone: plan and schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from courses.plans.plan import CoursePlan, Unplaceable
from scheduler.cli.terminal import REFUSED, STDOUT, counted, fault_line, progress_bar, say, write_text
from scheduler.clinic_file import document_text, plan_document
from scheduler.clinic_file.schema import clinic_schema
from scheduler.planning_files import PlannedFile, plan_file

ClinicPath = Annotated[Path, typer.Argument(metavar="CLINIC", help="The clinic file, YAML or JSON.")]
OutputPath = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write; JSON if the name ends in .json. - is the terminal.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, and show no progress.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if a course has no place.")]

PLAN_EXAMPLE = "Example: chairtime plan clinic.yaml -o plan.yaml"
SCHEMA_EXAMPLE = "Example: chairtime schema -o clinic.schema.json"


def plan(
    clinic: ClinicPath,
    output: OutputPath = STDOUT,
    as_json: AsJson = False,
    strict: Strict = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Plan the others where a protocol can never be placed at this clinic.")] = False,
) -> None:
    """Plan the courses of a clinic file: every session's time and resources. No database is needed.

    A course that finds no place is told on standard error and in the plan; the others are planned. A protocol that could not even be
    placed in the empty clinic is a fault of the file: exit code 2, and nothing is written.
    """
    with progress_bar("Planning", quiet=as_json) as told:
        planned = plan_file(clinic, told, anyway=anyway)
    answer(planned, output, as_json=as_json, strict=strict)


def schema(output: OutputPath = STDOUT) -> None:
    """Print the JSON Schema of the clinic file, for editors that check while one writes."""
    write_text(json.dumps(clinic_schema(), indent=2, ensure_ascii=False) + "\n", output)


def answer(planned: PlannedFile, output: Path | None, *, as_json: bool, strict: bool) -> None:
    """Write a plan, unless there is nowhere to write it to, and say what there is to say of it."""
    for warning in planned.clinic.warnings:
        say(fault_line(warning, "warning: "))
    unplaceable = [each for each in planned.plan.courses if isinstance(each, Unplaceable)]
    for each in unplaceable:
        say(f"{each.course} cannot be placed: session {each.session}, {each.detail}.")
    say(_summary(planned, len(unplaceable)))
    if output is not None:
        named = "plan.json" if as_json else output.name
        write_text(document_text(plan_document(planned.plan, planned.clinic.site.timezone), named), output)
    if strict and unplaceable:
        raise typer.Exit(REFUSED)


def _summary(planned: PlannedFile, unplaceable: int) -> str:
    plans = [each for each in planned.plan.courses if isinstance(each, CoursePlan)]
    sessions, moved = sum(len(each.sessions) for each in plans), sum(len(each.moved) for each in plans)
    more = [f"{counted(len(plans), 'course')} planned ({counted(sessions, 'session')})"]
    more += [f"{counted(moved, 'session')} moved"] if moved else []
    more += [f"{unplaceable} without a place"] if unplaceable else []
    return f"{', '.join(more)}; objective {planned.plan.objective:g}."
