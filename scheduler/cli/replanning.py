"""The command that mends a plan: the instant answer at once, then the best that a few seconds find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from courses.plans.plan import ClinicPlan, CoursePlan, Proof, Unplaceable
from courses.plans.repair import Polish
from scheduler.cli.difference_text import difference_document, difference_summary, difference_text
from scheduler.cli.planning import AsJson, ClinicPath, Strict, answer
from scheduler.cli.terminal import STDOUT, counted, progress_bar, say, write_text
from scheduler.clinic_file import document_text
from scheduler.clock import SystemClock
from scheduler.planning_files import ReplannedFile, replan_file

REPLAN_EXAMPLE = "Example: chairtime replan clinic.yaml plan.yaml disruptions.yaml -o new-plan.yaml --diff"
SECONDS = 5


def replan(
    clinic: ClinicPath,
    plan_before: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan until now.")],
    disruptions: Annotated[Path, typer.Argument(metavar="DISRUPTIONS", help="What happened since, and the present moment.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write the plan; JSON if the name ends in .json. - is the terminal.",
            show_default="-",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="How long the first answer may be bettered; 0 takes it as it is.")
    ] = SECONDS,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what changes, patient by patient. The plan is then written only with --output.")
    ] = False,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Mend a plan after what happened, moving as few sessions as can be. What has begun stays. No database is needed.

    Bookings of others that say reseat: true go to like resources first, at the same time; they are counted.

    The first answer is told at once, then bettered: fewest courses lost, fewest sessions moved, fewest given to other resources, then the
    objective. It ends early where nothing better is possible or found. With the extra `solver` more of that is proven. The same input
    gives the same answer, unless the time cuts the search short.
    """
    clock = SystemClock()
    begun = clock.monotonic()
    polish = Polish(lambda: clock.monotonic() - begun, seconds, _tell_first) if seconds else None
    with progress_bar("Planning again", quiet=as_json) as told:
        planned = replan_file(clinic, plan_before, disruptions, told, polish=polish)
    for course in planned.left_out:
        say(f"{clinic}: {course} is not in {plan_before} and is left out; plan it with chairtime plan.")
    say(difference_summary(planned.difference))
    if planned.plan.proof is not None:
        say(proof_text(planned.plan.proof))
    if diff:
        _print(planned, as_json=as_json)
    answer(planned, output or (None if diff else STDOUT), as_json=as_json, strict=strict)


def proof_text(proof: Proof) -> str:
    """What is proven of a re-plan, in one sentence."""
    if proof.fewest_moves:
        return "Fewer lost courses and fewer moves are proven impossible." if proof.hopeless else "Fewer moves are proven impossible."
    if not proof.fewest_lost:
        return "Whether fewer courses need be lost is not known."
    return f"At least {counted(proof.at_least, 'session')} must move; whether fewer than {proof.moves} can is not known."


def _tell_first(plan: ClinicPlan) -> None:
    moves = sum(len(each.moved) for each in plan.courses if isinstance(each, CoursePlan))
    lost = sum(isinstance(each, Unplaceable) for each in plan.courses)
    say(f"At once: {counted(moves, 'session')} moved{f', {lost} without a place' if lost else ''}. Looking for better ...")


def _print(planned: ReplannedFile, *, as_json: bool) -> None:
    zone = planned.clinic.site.timezone
    text = document_text(difference_document(planned.difference, zone), "difference.json") if as_json else None
    write_text(text or difference_text(planned.difference, zone), STDOUT)
