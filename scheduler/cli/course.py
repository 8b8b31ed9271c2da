"""Commands about a course that is under way: show, move, cancel, miss, hold, resume, extend, stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

import typer

from courses import queries, rescheduling
from courses.errors import Unknown
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.follow import Consequences
from courses.plans.ongoing.moving import CannotMove
from courses.queries import KnownCourse
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.cli.opening import DatabaseUrl, opened
from scheduler.cli.requesting import BY
from scheduler.cli.showing import course_data, course_lines, when
from scheduler.cli.terminal import counted, say
from scheduler.cli.wishing import day
from scheduler.clock import SystemClock

CourseKey = Annotated[str, typer.Argument(metavar="COURSE", help="The course's code or id.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The session's number.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the course.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only tell what would follow.")]

Change = Callable[[Db, KnownCourse, datetime], Course | Consequences]
"""What is done to a course."""

app = typer.Typer(help="Look at a course, and change it.", no_args_is_help=True, rich_markup_mode=None)


@app.command(epilog="Example: chairtime course show C-0001")
def show(
    course: CourseKey,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    database_url: DatabaseUrl = "",
) -> None:
    """Show a course with all its sessions, those missed and cancelled too."""
    with opened(database_url) as database, database.reading() as db:
        known = _find(db, course)
    time = SiteTime(known.site.site.timezone)
    if as_json:
        typer.echo(json.dumps(course_data(known.course, time), indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join(course_lines(known.course, time)))


@app.command(epilog="Example: chairtime course move C-0001 12 --to 2026-12-01T09:00")
def move(
    course: CourseKey,
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="The new start, in the site's time.")],
    despite_gap: Annotated[bool, typer.Option("--despite-gap", help="Later than the phase allows, as a person decided.")] = False,
    reason: Reason = "",
    database_url: DatabaseUrl = "",
) -> None:
    """Put one session elsewhere; the others stay. Where that cannot be, the nearest places that can be are told."""

    def change(db: Db, known: KnownCourse, now: datetime) -> Course:
        time = SiteTime(known.site.site.timezone)
        starts_at = _start(to, time, known.site.site.granularity_minutes)
        try:
            return rescheduling.move_session(db, _session(known, number), starts_at, _doing(now, reason), despite_gap=despite_gap)
        except CannotMove as refusal:
            for near in refusal.alternatives:
                say(f"It could be {when(near.interval, time)}.")
            raise

    _change(database_url, course, change)


@app.command(epilog='Example: chairtime course cancel C-0001 12 --reason "device service"')
def cancel(course: CourseKey, number: Number, reason: Reason = "", preview: Preview = False, database_url: DatabaseUrl = "") -> None:
    """A session will not take place: its time is free, it is owed again, and the rest follows."""
    _fall_away(database_url, course, number, rescheduling.cancel_session, reason, preview=preview)


@app.command(epilog='Example: chairtime course miss C-0001 12 --reason "did not come"')
def miss(course: CourseKey, number: Number, reason: Reason = "", preview: Preview = False, database_url: DatabaseUrl = "") -> None:
    """The patient did not come: the session is owed again, and the rest follows."""
    _fall_away(database_url, course, number, rescheduling.miss_session, reason, preview=preview)


@app.command(epilog='Example: chairtime course hold C-0001 --reason "traveling"')
def hold(course: CourseKey, reason: Reason = "", database_url: DatabaseUrl = "") -> None:
    """Interrupt a course: all its bookings to come are free at once."""
    _change(database_url, course, lambda db, known, now: rescheduling.hold_course(db, known.course.id, _doing(now, reason)))


@app.command(epilog="Example: chairtime course resume C-0001 --from 2027-01-04")
def resume(
    course: CourseKey,
    begins: Annotated[date, typer.Option("--from", parser=day, metavar="DATE", help="The first date that sessions may have.")],
    despite_gap: Annotated[bool, typer.Option("--despite-gap", help="Later than the phase allows, as a person decided.")] = False,
    reason: Reason = "",
    database_url: DatabaseUrl = "",
) -> None:
    """Go on with a course: everything that is owed gets a place, or nothing changes."""
    _change(
        database_url,
        course,
        lambda db, known, now: rescheduling.resume_course(db, known.course.id, begins, _doing(now, reason), despite_gap=despite_gap),
    )


@app.command(epilog='Example: chairtime course extend C-0001 --reason "prescriber: response at session 20"')
def extend(
    course: CourseKey,
    more: Annotated[int | None, typer.Option("--more", min=1, help="So many sessions more, instead of the protocol's extension.")] = None,
    reason: Reason = "",
    database_url: DatabaseUrl = "",
) -> None:
    """Add the extension that the protocol foresees, or more sessions like those of the last phase."""
    _change(
        database_url,
        course,
        lambda db, known, now: rescheduling.extend_course(db, known.course.id, _doing(now, reason), more=more),
    )


@app.command(epilog='Example: chairtime course stop C-0001 --reason "moved away"')
def stop(course: CourseKey, reason: Reason = "", database_url: DatabaseUrl = "") -> None:
    """End a course: its sessions to come are cancelled and their time is free at once; what took place stays."""
    _change(database_url, course, lambda db, known, now: rescheduling.stop_course(db, known.course.id, _doing(now, reason)))


def _change(database_url: str, key: str, change: Change) -> None:
    """Do it in one transaction, and show the course as it is then."""
    clock = SystemClock()
    with opened(database_url) as database:
        done = database.run(lambda db: change(db, _find(db, key), clock.now()))
        with database.reading() as db:
            known = _find(db, key)
    typer.echo("\n".join(course_lines(known.course, SiteTime(known.site.site.timezone))))
    if isinstance(done, Consequences):
        say(done.sentence)
    elif done.reseated:
        say(f"{counted(done.reseated, 'visit')} of others went to like resources for it, at the same time.")


def _fall_away(
    database_url: str, key: str, number: int, verb: Callable[[Db, str, Doing], Consequences], reason: str, *, preview: bool
) -> None:
    clock = SystemClock()
    if preview:
        with opened(database_url) as database, database.reading() as db:
            say(rescheduling.consequences(db, _session(_find(db, key), number), now=clock.now()).sentence)
        return
    _change(database_url, key, lambda db, known, now: verb(db, _session(known, number), _doing(now, reason)))


def _doing(now: datetime, reason: str) -> Doing:
    return Doing(BY, now, SystemClock().new_id, reason or None)


def _find(db: Db, key: str) -> KnownCourse:
    """The course with a public id, or with a code that only one site has. Raises `Unknown` and `Faulty`."""
    found = []
    for site in rooms_queries.sites(db):
        try:
            found.append(queries.course(db, key, site_id=site.id))
        except Unknown:
            continue
    if not found:
        raise Unknown("course", key)
    if len(found) > 1:
        raise Faulty(
            "COURSE", f"{len(found)} sites have a course {key!r}; name it by its id: {', '.join(each.course.id for each in found)}"
        )
    return found[0]


def _session(known: KnownCourse, number: int) -> str:
    """The id of the live session with a number. Raises `Unknown`."""
    same = [session.id for session in known.course.live if session.number == number]
    if not same:
        raise Unknown("session", f"{number} of course {known.course.code}")
    return same[0]


def _start(text: str, time: SiteTime, granularity: int) -> datetime:
    """A start of the command line. Raises `Faulty` for one that no session can have."""
    try:
        starts_at = time.exact(datetime.fromisoformat(text))
    except ValueError:
        raise Faulty("--to", f"{text!r} is no time; write it as 2026-12-01T09:00") from None
    local = time.local(starts_at)
    if local.second or local.microsecond or (local.hour * 60 + local.minute) % granularity:
        raise Faulty("--to", f"{text} is off the grid; sessions start at multiples of {granularity} minutes")
    return starts_at
