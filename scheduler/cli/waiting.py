"""Commands about the waiting list: add, list, remove, plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from courses import queries, waiting
from courses.plans.ongoing.course import CourseWish
from courses.plans.waiting.joint import JointAnswer, JointPlan, JointStatus, cost_words, nearness, time_of_day
from courses.plans.waiting.wait import WaitingCourse
from courses.protocols.located.yaml_text import Data
from courses.waiting import Acting
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from scheduler.cli.opening import DatabaseUrl, opened
from scheduler.cli.requesting import BY
from scheduler.cli.showing import columns, when
from scheduler.cli.terminal import counted, progress_bar, say
from scheduler.cli.wishing import (
    Authorized,
    Begins,
    Code,
    FinishBy,
    PatientKey,
    ProtocolKey,
    SiteKey,
    StartBy,
    ValidFrom,
    ValidUntil,
    Wished,
    authorization,
)
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.planning_apart import PlanningBroke, Told
from scheduler.waiting_list import SECONDS, Outcome, book_each, make_joint_plan

WaitingKey = Annotated[str, typer.Argument(metavar="WAITING", help="The id of the course on the list, such as w_3kq5x7v2m4n6b8z1.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]

PARTLY = 3
"""The exit code where some courses have no place, or were refused, and others were not."""

app = typer.Typer(
    help="Keep the list of those who wait for a course, and plan many of them together.", no_args_is_help=True, rich_markup_mode=None
)


@app.command(epilog="Example: chairtime waiting add riverside --patient P-0001 --protocol tms-standard-36 --from 2026-12-01 --priority 2")
def add(
    site: SiteKey,
    patient: PatientKey,
    protocol: ProtocolKey,
    begins: Begins,
    start_by: StartBy = None,
    finish_by: FinishBy = None,
    wished: Wished = None,
    priority: Annotated[float, typer.Option("--priority", min=0, max=1000, help="How much it weighs among others; 1 is as usual.")] = 1,
    authorized: Authorized = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    ordered_by: Annotated[str, typer.Option("--ordered-by", help="Who ordered it.")] = "",
    code: Code = None,
    database_url: DatabaseUrl = "",
) -> None:
    """Put a course on the waiting list, and write its id. Nothing is planned or booked."""
    wish = CourseWish(
        site,
        patient,
        protocol,
        begins,
        start_on_or_before=start_by,
        finish_on_or_before=finish_by,
        priority=priority,
        window=wished,
        authorization=authorization(authorized, valid_from, valid_until),
        code=code,
    )
    clock = SystemClock()
    with opened(database_url) as database:
        made = database.run(lambda db: waiting.put_on(db, wish, Acting(BY, clock.now()), new_id=clock.new_id, ordered_by=ordered_by))
    typer.echo(made.id)
    say(f"{made.patient.name} is on the waiting list for {made.version_of.protocol.title}.")


@app.command("list", epilog="Example: chairtime waiting list riverside --protocol tms-standard-36")
def show(
    site: SiteKey,
    protocol: Annotated[str, typer.Option("--protocol", help="Only for a protocol, by code or id.")] = "",
    as_json: AsJson = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Show who waits: the weightiest first, then who has waited longest."""
    with opened(database_url) as database, database.reading() as db:
        at, now = rooms_queries.site(db, site), SystemClock().now()
        only = queries.protocol_version(db, protocol, site_id=at.id).version.protocol_id if protocol else None
        found = [known.waiting for known in queries.waiting_courses(db, at.id, protocol=only)]
    time = SiteTime(at.site.timezone)
    if as_json:
        typer.echo(json.dumps([_data(there, time, now) for there in found], indent=1, ensure_ascii=False))
    elif found:
        typer.echo("\n".join(columns([_line(there, time, now) for there in found])))
    say(f"{counted(len(found), 'course')} on the waiting list.")


@app.command(epilog='Example: chairtime waiting remove w_3kq5x7v2m4n6b8z1 --reason "moved away"')
def remove(
    key: WaitingKey, reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")], database_url: DatabaseUrl = ""
) -> None:
    """Take a course off the waiting list."""
    clock = SystemClock()
    with opened(database_url) as database:
        gone = database.run(lambda db: waiting.take_off(db, key, Acting(BY, clock.now(), reason)))
    say(f"The course of {gone.patient.name} is off the waiting list.")


@app.command(epilog="Example: chairtime waiting plan riverside --seconds 60 --book")
def plan(
    site: SiteKey,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="WAITING", help="Only this one; may be given again.")] = None,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=1800, help="How long planning may take.")] = SECONDS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For the same chance again.")] = 0,
    book: Annotated[bool, typer.Option("--book", help="Book all that have a place, each course whole and on its own.")] = False,
    as_json: AsJson = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Plan all who wait together and show what was found; with --book, book it.

    Exit code 3: a course has no place or was refused; the others are planned, or booked. The plan is kept for a day, and can also be
    booked from the page of the waiting list.
    """
    clock, limit = SystemClock(), timedelta(seconds=seconds)
    with opened(database_url) as database:
        acting = Acting(BY, clock.now())
        asked = database.run(lambda db: waiting.ask_together(db, site, acting, new_id=clock.new_id, keys=only, limit=limit, seed=seed))
        with _watched(limit, quiet=as_json) as told:
            make_joint_plan(database, clock, asked.id, told)
        joint, time = _made(database, asked.id)
        ready = [answer.waiting.id for answer in joint.open_answers] if book else []
        outcomes = book_each(database, clock, joint.id, ready, BY)
    _show(joint, outcomes, time, as_json=as_json)
    if any(answer.plan is None for answer in joint.answers) or any(outcome.refusal for outcome in outcomes):
        raise typer.Exit(PARTLY)


def _made(database: Database, key: str) -> tuple[JointPlan, SiteTime]:
    """The joint plan. Raises `PlanningBroke` where there is none."""
    with database.reading() as db:
        known = queries.joint_plan(db, key)
    if known.joint.status is not JointStatus.READY:
        raise PlanningBroke
    return known.joint, SiteTime(known.site.site.timezone)


@contextmanager
def _watched(limit: timedelta, *, quiet: bool) -> Iterator[Told]:
    """A bar on standard error that fills with the time that planning may take."""
    clock = SystemClock()
    began, seconds = clock.monotonic(), int(limit.total_seconds())
    with progress_bar("Planning together", quiet=quiet) as bar:
        yield lambda _: bar(min(int(clock.monotonic() - began), seconds), seconds)


def _show(joint: JointPlan, outcomes: Sequence[Outcome], time: SiteTime, *, as_json: bool) -> None:
    booked = {outcome.waiting: outcome for outcome in outcomes}
    if as_json:
        answers: list[Data] = [_answer_data(answer, booked.get(answer.waiting.id), time) for answer in joint.answers]
        said = {"id": joint.id, "objective": joint.objective, "bound": joint.bound, "gap": joint.gap, "answers": answers}
        typer.echo(json.dumps(said, indent=1, ensure_ascii=False))
        return
    typer.echo("\n".join(columns([_answer_line(answer, booked.get(answer.waiting.id), time) for answer in joint.answers])))
    placed = sum(answer.plan is not None for answer in joint.answers)
    say(f"{placed} of {counted(len(joint.answers), 'course')} with a place; objective {joint.objective:g}. {nearness(joint.gap)}")
    if outcomes:
        say(f"{counted(sum(outcome.course is not None for outcome in outcomes), 'course')} booked.")


def _line(there: WaitingCourse, time: SiteTime, now: datetime) -> tuple[str, ...]:
    wish, version = there.wish, there.version_of
    days, start = counted(there.days_waiting(now, time), "day"), f"from {wish.start_on_or_after}"
    return there.id, there.patient.name, version.code, days, f"priority {wish.priority:g}", start


def _data(there: WaitingCourse, time: SiteTime, now: datetime) -> Data:
    wish = there.wish
    return {
        "id": there.id,
        "patient": there.patient.code,
        "protocol": there.version_of.code,
        "protocol_version": there.version_of.number,
        "since": time.text(there.since),
        "days_waiting": there.days_waiting(now, time),
        "priority": wish.priority,
        "start_on_or_after": str(wish.start_on_or_after),
        "start_on_or_before": None if wish.start_on_or_before is None else str(wish.start_on_or_before),
        "finish_on_or_before": None if wish.finish_on_or_before is None else str(wish.finish_on_or_before),
        "ordered_by": there.ordered_by,
    }


def _answer_line(answer: JointAnswer, outcome: Outcome | None, time: SiteTime) -> tuple[str, ...]:
    name, plan = answer.waiting.patient.name, answer.plan
    if outcome is not None and outcome.refusal is not None:
        return answer.waiting.id, name, "refused", outcome.refusal.message, ""
    if plan is None:
        return answer.waiting.id, name, "no place", answer.trouble, ""
    done = f"booked as {outcome.course.code}" if outcome and outcome.course else when(plan.sessions[0].interval, time)
    return answer.waiting.id, name, done, time_of_day(plan, time), cost_words(plan.cost)


def _answer_data(answer: JointAnswer, outcome: Outcome | None, time: SiteTime) -> Data:
    plan, refusal = answer.plan, outcome.refusal if outcome else None
    sessions: list[Data] = [{"number": s.number, "start": time.text(s.interval.starts_at)} for s in plan.sessions] if plan else []
    return {
        "waiting": answer.waiting.id,
        "patient": answer.waiting.patient.code,
        "trouble": refusal.message if refusal else answer.trouble or None,
        "cost": plan.cost.total if plan else None,
        "sessions": sessions,
        "course": outcome.course.id if outcome and outcome.course else None,
    }
