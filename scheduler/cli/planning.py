"""Commands that work on files alone: plan and schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from courses.plans.batch import Limit, Standing, Watch, has_solver
from courses.plans.plan import CoursePlan, Unplaceable
from scheduler.cli.terminal import REFUSED, STDOUT, counted, fault_line, progress_bar, say, write_text
from scheduler.clinic_file import document_text, plan_document
from scheduler.clinic_file.schema import clinic_schema
from scheduler.clock import SystemClock
from scheduler.planning_files import PlannedFile, Together, plan_file

ClinicPath = Annotated[Path, typer.Argument(metavar="CLINIC", help="The clinic file, YAML or JSON.")]
OutputPath = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write; JSON if the name ends in .json. - is the terminal.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, and show no progress.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if a course has no place.")]

Seconds = Annotated[
    float | None,
    typer.Option("--seconds", min=0, metavar="S", help="Plan the courses together, not one by one, for so long at most."),
]
Rounds = Annotated[
    int | None,
    typer.Option("--rounds", min=0, metavar="N", help="Plan together for at most N rounds: the same plan on every machine."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another seed draws other neighborhoods when planning together.")]

Reseating = Annotated[
    bool,
    typer.Option(
        "--reseat/--no-reseat", help="Give bookings that say reseat: true to like resources, at the same time, where that makes room."
    ),
]

PLAN_EXAMPLE = "Example: chairtime plan clinic.yaml -o plan.yaml\n\nExample: chairtime plan clinic.yaml --seconds 60 -o plan.yaml"
TELL_EVERY = 5
"""Seconds between two lines on how planning stands."""
MOST_PROCESSES = 8
SCHEMA_EXAMPLE = "Example: chairtime schema -o clinic.schema.json"


def plan(
    clinic: ClinicPath,
    output: OutputPath = STDOUT,
    as_json: AsJson = False,
    strict: Strict = False,
    seconds: Seconds = None,
    rounds: Rounds = None,
    seed: Seed = 0,
    anyway: Annotated[bool, typer.Option("--anyway", help="Plan the others where a protocol can never be placed at this clinic.")] = False,
    reseat: Reseating = True,
) -> None:
    """Plan the courses of a clinic file: every session's time and resources. No database is needed.

    A course that finds no place is told on standard error and in the plan; the others are planned. A protocol that could not even be
    placed in the empty clinic is a fault of the file: exit code 2, and nothing is written.

    With --seconds or --rounds the courses are planned together: as few as can be without a place, then the least objective. The plan says
    below which bound no plan can be, the bookings that are there staying as they are, and the gap to it. It never gets worse with time,
    and Ctrl-C writes the best so far. The same seed and the same number of rounds give the same plan, byte for byte; a limit of
    seconds decides only how many rounds there are, so two runs that end by themselves, or after the same round, agree. The extra
    solver makes the plan better still.
    """
    if seconds is None and rounds is None:
        with progress_bar("Planning", quiet=as_json) as told:
            planned = plan_file(clinic, told, anyway=anyway, reseat=reseat)
    else:
        planned = plan_file(clinic, anyway=anyway, together=_together(seconds, rounds, seed, quiet=as_json), reseat=reseat)
    answer(planned, output, as_json=as_json, strict=strict)


def _together(seconds: float | None, rounds: int | None, seed: int, *, quiet: bool) -> Together:
    clock = SystemClock()
    began = clock.monotonic()
    limit = Limit(seconds, rounds, lambda: clock.monotonic() - began)
    if not quiet and not has_solver():
        say("The extra solver is not installed (pip install 'chairtime[solver]'): the bound will be weaker, and so may be the plan.")
    return Together(limit, seed, (lambda _standing: None) if quiet else _telling(limit), min(os.cpu_count() or 1, MOST_PROCESSES))


def _telling(limit: Limit) -> Watch:
    """Says now and then how planning stands."""
    told_at = [float("-inf")]

    def tell(standing: Standing) -> None:
        if limit.elapsed() - told_at[0] >= TELL_EVERY:
            told_at[0] = limit.elapsed()
            left_out = f", {standing.n_left_out} without a place" if standing.n_left_out else ""
            proven = "nothing proven yet" if standing.bound is None else f"bound {standing.bound:.10g}"
            gap = "" if standing.gap is None else f", gap {standing.gap:.2%}"
            say(f"{limit.elapsed():.0f} s, round {standing.n_rounds}: objective {standing.objective:.10g}{left_out}, {proven}{gap}")

    return tell


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
    return f"{', '.join(more)}; objective {planned.plan.objective:.10g}{_proof(planned)}."


def _proof(planned: PlannedFile) -> str:
    """How far the plan can be from the best, in words; nothing where that was not asked."""
    plan = planned.plan
    moved = f"; {counted(len(plan.reseated), 'booking')} re-seated" if plan.reseated else ""
    if plan.bound is None or plan.gap is None:
        return moved
    before = ", before any booking was re-seated" if plan.reseated else ""
    if plan.gap <= 0:
        return f", proven to be the least that there is{before}{moved}"
    return f", at most {plan.gap:.2%} above the least that there can be ({plan.bound:.10g}){before}{moved}"
