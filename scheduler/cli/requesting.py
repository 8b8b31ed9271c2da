"""The command that turns a request into a booked course: request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from courses import enrolling, queries
from courses.plans.offering.choices import Aim
from courses.plans.offering.proposal import Proposal
from courses.plans.ongoing.anew import NoPlace
from courses.plans.ongoing.course import CourseWish
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import ClinicPlan, CoursePlan, Unplaceable
from courses.protocols.located.yaml_text import Data
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.cli.opening import DatabaseUrl, opened
from scheduler.cli.showing import plan_lines, when
from scheduler.cli.terminal import say
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
from scheduler.clinic_file import ClinicFile, open_plan, plan_document
from scheduler.clock import Clock, SystemClock
from scheduler.idempotency import Answer, Call, answer_once

REQUEST_EXAMPLE = (
    "Example: chairtime request riverside --patient P-0001 --protocol tms-standard-36 --from 2026-12-01 --window 09:00-10:30 --book"
)
BY = "command line"
BOOKED = 201
"""What the kept answer of a booking is marked with, as over HTTP."""


def request(
    site: SiteKey,
    patient: PatientKey,
    protocol: ProtocolKey,
    begins: Begins,
    start_by: StartBy = None,
    finish_by: FinishBy = None,
    wished: Wished = None,
    authorized: Authorized = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    code: Code = None,
    choice: Annotated[
        str,
        typer.Option(
            "--choice",
            metavar="NAME",
            help="Which plan: recommended, earliest, best_times, steadiest, or at_13:10 for another time of day; all are listed.",
        ),
    ] = Aim.RECOMMENDED.value,
    book: Annotated[bool, typer.Option("--book", help="Book the plan: all of its sessions, or none.")] = False,
    shown: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Book this plan, as --json showed it before, and no other.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help="Booked once, however often it is repeated with the same key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the plan as JSON, in the shape of a plan file.")] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Plan a course for a patient, show the plan and what else there is to choose from; with --book, book it.

    Where there is no place, what is in the way is told, and the nearest thing that would help.
    """
    wish = CourseWish(
        site,
        patient,
        protocol,
        begins,
        start_on_or_before=start_by,
        finish_on_or_before=finish_by,
        window=wished,
        authorization=authorization(authorized, valid_from, valid_until),
        code=code,
    )
    clock = SystemClock()
    with opened(database_url) as database:
        if not book:
            with database.reading() as db:
                _look(db, wish, shown, choice, clock.now(), as_json=as_json)
            return
        try:
            answer = database.run(lambda db: _booked_once(db, wish, shown, choice, key, clock))
        except PlanOutdated as outdated:
            with database.reading() as db:
                _tell_conflicts(outdated, _time(db, wish))
            raise
    _show(json.loads(answer.body), as_json=as_json)
    say(f"The course was booked before with the key {key}." if answer.repeated else "The course is booked.")


def _look(db: Db, wish: CourseWish, shown: Path | None, choice: str, now: datetime, *, as_json: bool) -> None:
    """Show the plan, and what else there is; nothing is booked."""
    if shown is not None:
        _show(_document(db, wish, _as_shown(db, wish, shown)), as_json=as_json)
        return
    offered = enrolling.propose_choices(db, wish, now=now)
    _show(_document(db, wish, _chosen(offered, choice)), as_json=as_json)
    _tell_choices(offered, choice)


def _chosen(offered: Proposal, name: str) -> CoursePlan:
    """The plan of a choice. Raises `NoPlace` where there is none at all, `Faulty` for a name that is none."""
    if offered.unplaceable is not None:
        way_out = offered.relaxation.words if offered.relaxation else ""
        raise NoPlace(replace(offered.unplaceable, detail=offered.words), way_out)
    names = [name for choice in offered.choices for name in (choice.name, *choice.also)]
    found = offered.named(name)
    if found is None or name not in names:
        raise Faulty("--choice", f"there is no choice {name!r} for this course; choose one of {', '.join(names)}")
    return found.plan


def _tell_choices(offered: Proposal, shown: str) -> None:
    """What else there is, and what would help."""
    for each in offered.choices:
        mark = " (shown)" if shown in (each.name, *each.also) else ""
        say(f"{', '.join((each.name, *each.also))}{mark}: {each.words}.")
    if offered.relaxation is not None:
        say(offered.relaxation.words)


def _as_shown(db: Db, wish: CourseWish, shown: Path) -> CoursePlan:
    """The plan of a file. Raises `NoPlace` where it has none."""
    asked = queries.asked(db, wish)
    resources = tuple(known.resource for known in rooms_queries.resources(db, asked.site.id))
    (answer,) = open_plan(shown, ClinicFile(asked.site.site, resources, requests=(asked.request,))).courses
    if isinstance(answer, Unplaceable):
        raise NoPlace(answer)
    return answer


def _booked_once(db: Db, wish: CourseWish, shown: Path | None, choice: str, key: str | None, clock: Clock) -> Answer:
    def book() -> Answer:
        plan = _as_shown(db, wish, shown) if shown else _chosen(enrolling.propose_choices(db, wish, now=clock.now()), choice)
        course = enrolling.enrol(db, wish, plan, by=BY, now=clock.now(), new_id=clock.new_id)
        return Answer(BOOKED, json.dumps({"course": course.id, **_document(db, wish, plan)}))

    if key is None:
        return book()
    digest = hashlib.sha256(repr((wish, choice, shown and shown.read_text(encoding="utf-8"))).encode()).hexdigest()
    return answer_once(db, Call(key, "command line request", digest), book, now=clock.now())


def _document(db: Db, wish: CourseWish, plan: CoursePlan) -> dict[str, Data]:
    zone = rooms_queries.site(db, wish.site).site.timezone
    lines: list[Data] = [*plan_lines(plan, SiteTime(zone))]
    return {**plan_document(ClinicPlan((plan,), plan.cost.total), zone), "lines": lines}


def _show(document: dict[str, Data], *, as_json: bool) -> None:
    """The plan, for a machine or for a person."""
    lines = document.pop("lines")
    if as_json:
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
    elif isinstance(lines, list):
        typer.echo("\n".join(str(line) for line in lines))
        if "course" in document:
            say(f"Course {document['course']}.")


def _time(db: Db, wish: CourseWish) -> SiteTime:
    return SiteTime(rooms_queries.site(db, wish.site).site.timezone)


def _tell_conflicts(outdated: PlanOutdated, time: SiteTime) -> None:
    """Each session that clashes, why, and who has its place until when."""
    for conflict in outdated.conflicts:
        say(f"Session {conflict.session}, {when(conflict.interval, time)}: {' '.join(conflict.reasons)}")
        for holder in conflict.held_by:
            say(f"  {holder.resource} is held by {holder.who or 'another booking'}, {when(holder.interval, time)}.")
