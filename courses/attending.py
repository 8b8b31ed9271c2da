"""The day itself: a patient arrives, is treated, is watched, and goes. What stands in the way of a step is asked here, and nowhere else.

Every step locks the patient, decides on what is there then, and is done whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import insert

from courses import queries, rescheduling, sliding
from courses.checklists.checklist import Watch
from courses.checklists.gates import Stop, check_standing
from courses.checklists.item import GateClass, Item, Verb
from courses.checklists.item import Moment as ItemMoment
from courses.checklists.release import EARLY, TooEarly, check_release, missing
from courses.days.pace import PACE, Pace
from courses.errors import DomainError
from courses.pinning import pin
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.follow import Consequences
from courses.progressing import Moment, advance, attend, tell
from courses.queries import KnownCourse, days
from courses.queries.charts import SessionChart, chart_of
from courses.queries.days import Overrun
from courses.queries.stops import stops_before
from courses.records import GateOverrideRow
from courses.rescheduling import Doing, locked
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus, WrongState, check_course, check_verb
from rooms import reserving
from rooms.availability.hours import SiteTime
from rooms.base import Db

__all__ = ["Approved", "Attended", "Moment", "abort", "arrive", "attend", "extend_overrun", "incomplete", "observe", "release", "start"]
CUT_SHORT = frozenset({"incomplete", "aborted"})
DOSES = (ItemMoment.FIRST_DOSE, ItemMoment.LAST_DOSE)


class NotToday(DomainError):
    """The session is on another date."""

    code = "not_today"

    def __init__(self, number: int, on: str, today: str) -> None:
        super().__init__(f"Session {number} is on {on}, and today is {today}; move it to today first if the patient is treated today.")


class NotAnswered(DomainError):
    """Something that has to be answered before the treatment is not."""

    code = "not_answered"

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(f"Not answered yet: {', '.join(item.words for item in items)}. Answer it before the treatment begins.")
        self.items = tuple(items)


@dataclass(frozen=True, slots=True)
class Approved:
    """Who decided on a release before the minimum time, and who was the second one: public ids, names, and the role that allowed it."""

    by: str
    by_name: str
    by_role: str
    second: str
    second_name: str


@dataclass(frozen=True)
class Attended:
    """A course after a step of one of its sessions.

    `lacking` is what is missing still before treatment, in words without values, and `stops` say more; `warned` are house rules that were
    not kept; `overrun` is what a watch that runs over does to others; `follow` what follows for a course whose session fell away.
    """

    course: Course
    lacking: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    warned: tuple[str, ...] = ()
    overrun: Overrun | None = None
    follow: Consequences | None = None


def arrive(db: Db, key: str, doing: Doing) -> Attended:
    """The patient is here. What is missing before treatment is told; nothing is refused for it.

    Raises `NotToday`, `WrongState`, `StaleVersion`, `Unknown`.
    """
    known, session = _locked(db, key, doing)
    _check_today(known, session, doing)
    advance(db, known, key, "arrive", at=doing.now, by=doing.by)
    words, stops = lacking(db, chart_of(db, key), doing)
    return Attended(_after(db, known), lacking=words, stops=stops)


def start(db: Db, key: str, doing: Doing) -> Attended:
    """The treatment begins. Raises `Stopped` for a gate before it, `StillOpen` for what has to be answered before it.

    One that begins late slides the rest of its patient's chain of that day; where there is no room for that, it is told.
    """
    known, session = _locked(db, key, doing)
    check_verb("start", session.number, session.status)
    _check_today(known, session, doing)
    chart = chart_of(db, key)
    pin(db, chart, now=doing.now)
    stops = stops_before(db, chart, Verb.START, now=doing.now)
    check_standing(Verb.START, stops)
    _check_answered(chart, doing)
    advance(db, known, key, "start", at=doing.now, by=doing.by)
    warned = [stop.sentence for stop in stops if stop.kind is GateClass.HOUSE]
    warned += _slide_rest(db, key, doing)
    return Attended(_after(db, known), warned=tuple(warned))


def observe(db: Db, key: str, doing: Doing) -> Attended:
    """The treatment is over and the patient is watched. Raises `WrongState`, `StaleVersion`."""
    known, session = _locked(db, key, doing)
    check_verb("observe", session.number, session.status)
    advance(db, known, key, "observe", at=doing.now, by=doing.by)
    overrun = _extend(db, key, doing)
    return Attended(_after(db, known), overrun=overrun)


def release(db: Db, key: str, doing: Doing, *, approved: Approved | None = None) -> Attended:
    """The patient goes: never before the minimum time with something open or not signed.

    `approved` is a physician's decision, with a second person and a reason, to release before the minimum time. Raises `TooEarly`,
    `StillOpen`, `NotSigned`, `Stopped`, `WrongState`.
    """
    known, session = _locked(db, key, doing)
    check_verb("discharge", session.number, session.status)
    chart = chart_of(db, key)
    check_standing(Verb.RELEASE, stops_before(db, chart, Verb.RELEASE, now=doing.now))
    check_release(
        chart.documents,
        chart.chart,
        chart.moments,
        now=doing.now,
        signed=chart.signed,
        overridden=chart.overridden | {EARLY} if approved else chart.overridden - {EARLY},
        cut_short=chart.outcome in CUT_SHORT,
    )
    if approved:
        _keep_approval(db, chart, approved, doing)
    else:
        _check_pace(db, chart, doing)
    advance(db, known, key, "discharge", at=doing.now, by=doing.by, reason=doing.reason, outcome=chart.outcome or "complete")
    return Attended(_after(db, known))


def abort(db: Db, key: str, doing: Doing) -> Attended:
    """The treatment is broken off. Needs a reason.

    Before anything was given the session counts as cancelled and is owed again. After that the patient is watched and released as after
    any treatment, and what the dose owes is owed.
    """
    known, session = _locked(db, key, doing)
    check_verb("abort", session.number, session.status)
    moments = chart_of(db, key).moments
    if session.status is SessionStatus.IN_TREATMENT and moments.first_dose is None and moments.end_of_treatment is None:
        follow = rescheduling.abort_session(db, key, doing)
        return Attended(_after(db, known), follow=follow)
    return _cut_short(db, known, key, "aborted", doing)


def incomplete(db: Db, key: str, doing: Doing) -> Attended:
    """Less was given than ordered. Needs a reason. Whether it is made up for is the prescriber's order, and nobody else's."""
    known, session = _locked(db, key, doing)
    check_verb("abort", session.number, session.status)
    return _cut_short(db, known, key, "incomplete", doing)


def lacking(db: Db, chart: SessionChart, doing: Doing) -> tuple[tuple[str, ...], tuple[Stop, ...]]:
    """What is missing before the treatment may begin: in words without any value, and the stops that say more."""
    stops = stops_before(db, chart, Verb.START, now=doing.now)
    words = {item.code: item.words for document in chart.documents for item in document.items}
    items = missing(chart.documents, chart.chart, chart.moments, Verb.START, now=doing.now)
    found = [*(words.get(stop.gate, stop.sentence) for stop in stops), *(item.words for item in items)]
    return tuple(dict.fromkeys(found)), stops


def extend_overrun(db: Db, key: str, doing: Doing) -> Overrun | None:
    """Book a watch that runs over for longer, as far as its resources are free. None where it does not, or the patient went meanwhile."""
    _locked(db, key, replace(doing, expected=None))
    return _extend(db, key, doing)


def _extend(db: Db, key: str, doing: Doing) -> Overrun | None:
    known = queries.course_of_session(db, key)
    session, over = known.course.session(key), days.over_of(db, known, key, now=doing.now)
    if not over or not session.bookings or session.interval is None:
        return None
    visit = days.watched(known.course, session)
    found = reserving.stretch(db, known.site.id, key, lambda claim: visit.longer(claim, over), now=doing.now)
    overrun = days.overrun_told(db, key, visit, over, found, now=doing.now)
    if not overrun.is_booked:
        ends_at = max(session.interval.ends_at, overrun.ends_at)
        after = days.next_visit_at(db, known.patient_id, session.interval.ends_at, key)
        ends = {"ends_at": min(ends_at, after) if after else ends_at}
        tell(db, known, key, "runs_over", at=doing.now, by=doing.by, reason=f"{overrun.minutes} minutes longer", **ends)
    return overrun


def _locked(db: Db, key: str, doing: Doing) -> tuple[KnownCourse, TreatmentSession]:
    known = locked(db, queries.course_of_session(db, key), doing)
    return known, known.course.session(key)


def _after(db: Db, known: KnownCourse) -> Course:
    return queries.course_with(db, known.id).course


def _check_today(known: KnownCourse, session: TreatmentSession, doing: Doing) -> None:
    check_course(known.course.status, (CourseStatus.ACTIVE, CourseStatus.ON_HOLD))
    if session.interval is None:
        raise WrongState(f"Session {session.number} has no time yet; give it one first.", session.status)
    time = SiteTime(known.site.site.timezone)
    on, today = time.date_of(session.interval.starts_at), time.date_of(doing.now)
    if on != today:
        raise NotToday(session.number, str(on), str(today))


def _slide_rest(db: Db, key: str, doing: Doing) -> tuple[str, ...]:
    """Slide what follows a session that began late on the same day, if its gaps would be too short else; why it cannot, in words."""
    known = queries.course_of_session(db, key)
    session = known.course.session(key)
    after = next((each for each in sliding.chain_of(known, session) if each.id != key), None)
    if after is None or after.interval is None:
        return ()
    spacing = known.course.request.protocol.slots[after.number - 1].spacing
    rested = doing.now + timedelta(minutes=days.template_of(known.course, session).minutes + spacing.min_gap_minutes)
    if rested <= after.interval.starts_at:
        return ()
    try:
        with db.begin_nested():
            sliding.slide_locked(db, known, after, rested, replace(doing, expected=None))
    except sliding.CannotSlide as refused:
        return (refused.message,)
    return ()


def _cut_short(db: Db, known: KnownCourse, key: str, outcome: str, doing: Doing) -> Attended:
    """Keep that less was given, and why; who was being treated is watched from now on."""
    why, session = doing.why(), known.course.session(key)
    status = SessionStatus.IN_OBSERVATION
    kind = outcome if session.status is status else status
    tell(db, known, key, kind, at=doing.now, by=doing.by, reason=why, status=status, outcome=outcome)
    return Attended(_after(db, known))


def _check_pace(db: Db, chart: SessionChart, doing: Doing) -> None:
    """Raises `TooEarly` where the minimum time is over only because the clock was moved."""
    tell_pace = db.info.get(PACE)
    if tell_pace is None:
        return
    pace: Pace = tell_pace(db)
    watches = [each.watch for each in chart.documents if each.watch]
    left = max((pace.seconds_left(_counted_from(chart, each), timedelta(minutes=each.minutes)) for each in watches), default=0)
    if left:
        raise TooEarly(left, doing.now + timedelta(seconds=left))


def _counted_from(chart: SessionChart, watch: Watch) -> list[datetime]:
    """Every instant that a watch may be counted from: a dose that was later by the clock may have been earlier."""
    marks = DOSES if watch.counted_from in DOSES else (watch.counted_from,)
    codes = [item.code for document in chart.documents for item in document.items if item.marks in marks]
    return [reading.observed_at for code in codes for reading in chart.chart.of(code) if reading.value is not False]


def _keep_approval(db: Db, chart: SessionChart, approved: Approved, doing: Doing) -> None:
    row = {
        "public_id": doing.new_id("g_"),
        "session_id": chart.id,
        "gate": EARLY,
        "verb": Verb.RELEASE,
        "at": doing.now,
        "by": approved.by,
        "by_name": approved.by_name,
        "by_role": approved.by_role,
        "second": approved.second,
        "second_name": approved.second_name,
        "reason": doing.why(),
    }
    db.execute(insert(GateOverrideRow), [row])


def _check_answered(chart: SessionChart, doing: Doing) -> None:
    items = missing(chart.documents, chart.chart, chart.moments, Verb.START, now=doing.now)
    if items:
        raise NotAnswered(items)
