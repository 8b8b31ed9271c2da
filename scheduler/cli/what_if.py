"""The command that tries a clinic out: whatif."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from courses.plans.batch import Limit, plan_clinic, plan_together
from courses.plans.plan import ClinicPlan
from rooms.errors import Faulty
from scheduler.cli.planning import MOST_PROCESSES, ClinicPath
from scheduler.cli.terminal import counted, fault_line, progress_bar, say, write_text
from scheduler.clinic_file import ClinicFile, open_clinic
from scheduler.clock import SystemClock
from scheduler.what_if import Comparison, Scenario, answers, caption, compare, comparison_data, drawn, rows, scenario_of
from scheduler.what_if.changes import named_scenario

WHAT_IF_EXAMPLE = "Example: chairtime whatif clinic.yaml --add device:tms-device=1 --add staff:tms-operator=1 --plot coils.svg"
WIDE = 160

Texts = list[str]


def whatif(
    clinic: ClinicPath,
    add: Annotated[
        Texts, typer.Option(metavar="KIND:CAPABILITY=N", help="So many more, like the first that has the capability: device:tms-device=1.")
    ] = [],  # noqa: B006 - typer copies it
    remove: Annotated[Texts, typer.Option(metavar="ID", help="Without this resource and what is booked on it.")] = [],  # noqa: B006
    hours: Annotated[
        Texts,
        typer.Option(metavar="ID=HOURS", help="Other hours of a resource or the clinic: tms-1=mon-thu:07:00-19:00,fri:08:00-12:00."),
    ] = [],  # noqa: B006
    close: Annotated[Texts, typer.Option(metavar="DATE", help="Closed on this date as well.")] = [],  # noqa: B006
    protocol: Annotated[Texts, typer.Option(metavar="FILE", help="Courses of the protocol with this id follow this file.")] = [],  # noqa: B006
    scenario: Annotated[
        Texts, typer.Option(metavar="'NAME: CHANGE; ...'", help="One more scenario: 'two coils: add device:tms-device=2; remove tms-1'.")
    ] = [],  # noqa: B006
    seconds: Annotated[
        float | None,
        typer.Option(min=0, metavar="S", help="Plan the courses of each clinic together, not one by one, for so long at most."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw how long patients wait, as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and show no progress.")] = False,
) -> None:
    """Plan the same courses at the clinic as it is and as it might be, and tell what patients and resources would see of it.

    --add, --remove, --hours, --close and --protocol together are one scenario; each --scenario is another, its changes parted by
    semicolons and written like the options, without the dashes. No database is needed, and nothing is changed.
    """
    file = open_clinic(clinic)
    options = {"add": add, "remove": remove, "hours": hours, "close": close, "protocol": protocol}
    scenarios = _scenarios([(option, text) for option, texts in options.items() for text in texts], scenario, file)
    if not file.requests:
        raise Faulty("courses", f"{clinic} asks for no course, so there is nothing to compare; add courses to it")
    for warning in file.warnings:
        say(fault_line(warning, "warning: "))
    comparison = _compared(file, scenarios, seconds, quiet=as_json)
    if plot is not None:
        write_text(drawn(comparison, file.site.name), plot)
    if as_json:
        typer.echo(json.dumps(comparison_data(comparison), indent=2, ensure_ascii=False))
    else:
        _print(comparison)


def _scenarios(written: Sequence[tuple[str, str]], named: Sequence[str], clinic: ClinicFile) -> list[Scenario]:
    found = [scenario_of("", written, clinic)] if written else []
    found += [named_scenario(text, clinic) for text in named]
    if not found:
        raise Faulty("--add", "nothing is to be tried; name a change by --add, --remove, --hours, --close, --protocol or --scenario")
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise Faulty("--scenario", "two scenarios have one name; give each its own")
    return found


def _compared(clinic: ClinicFile, scenarios: Sequence[Scenario], seconds: float | None, *, quiet: bool) -> Comparison:
    with progress_bar("Planning", quiet=quiet) as told:
        n_done, n_clinics, n_courses = 0, 1 + len(scenarios), len(clinic.requests)

        def planner(tried: ClinicFile) -> ClinicPlan:
            nonlocal n_done
            against = tried.as_planned_against()
            if seconds is None:
                plan = plan_clinic(against, tried.requests, lambda now, _of: told(n_done * n_courses + now, n_clinics * n_courses))
            else:
                plan = plan_together(against, tried.requests, limit=_limit(seconds), processes=min(os.cpu_count() or 1, MOST_PROCESSES))
                told(n_done + 1, n_clinics)
            n_done += 1
            return plan

        return compare(clinic, scenarios, planner)


def _limit(seconds: float) -> Limit:
    clock = SystemClock()
    began = clock.monotonic()
    return Limit(seconds, elapsed=lambda: clock.monotonic() - began)


def _print(comparison: Comparison) -> None:
    table = Table()
    table.add_column("")
    for outcome in (comparison.before, *comparison.after):
        table.add_column(outcome.name, justify="right", overflow="fold")
    for row in rows(comparison):
        table.add_row(*row)
    console = Console(width=None if Console().is_terminal else WIDE)
    console.print(table)
    typer.echo(caption(comparison))
    for outcome in comparison.after:
        if outcome.n_left_out:
            say(f"{outcome.name}: {counted(outcome.n_left_out, 'booking')} of today on what is not there any more are left out.")
    for sentence in answers(comparison):
        typer.echo(sentence)
