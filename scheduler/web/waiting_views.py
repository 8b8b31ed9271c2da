"""What the pages of the waiting list show: who waits, what was found for them together, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from courses.openings.closed import takes_all
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.waiting.joint import JointAnswer, JointPlan, JointStatus, cost_words, nearness, time_of_day
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from courses.protocols.version import VersionStatus
from courses.queries import Happening, KnownWaiting
from rooms.availability.hours import SiteTime, clock_text
from rooms.queries import KnownResource
from rooms.resources.site import Site
from scheduler.web.rendering import counted, day

USUAL = 1.0
"""The priority of a course that nobody gave one."""
HAPPENED = {"put_on": "Put on the waiting list", "changed": "Wishes changed", "booked": "Booked", "taken_off": "Taken off the waiting list"}
STATES = {WaitingStatus.WAITING: "Waiting", WaitingStatus.BOOKED: "Booked", WaitingStatus.TAKEN_OFF: "Taken off"}


@dataclass(frozen=True, slots=True)
class WaitingView:
    """A course on the list."""

    id: str
    href: str
    patient: str
    born_on: date | None
    patient_href: str
    title: str
    modality: str
    state: str
    is_waiting: bool
    days: int
    since: datetime
    ordered_by: str
    priority: str
    wishes: tuple[str, ...]
    hurdle: str
    course_href: str
    reason: str
    version: int

    @classmethod
    def of(cls, there: WaitingCourse, time: SiteTime, now: datetime, site: Site | None = None) -> WaitingView:
        """A waiting course in words; with its site, also whether that is closed on every date on which the course may begin."""
        version, wish = there.version_of, there.wish
        return cls(
            there.id,
            f"/waiting-list/{there.id}",
            there.patient.name,
            there.patient.born_on,
            f"/patients/{there.patient.id}",
            version.protocol.title,
            version.protocol.modality,
            STATES[there.status],
            there.status is WaitingStatus.WAITING,
            there.days_waiting(now, time),
            time.local(there.since),
            there.ordered_by,
            "" if wish.priority == USUAL else f"{wish.priority:g}",
            tuple(_wishes(wish)),
            _hurdle(there, time.date_of(now), site),
            f"/courses/{there.course}" if there.course else "",
            there.reason or "",
            there.version,
        )


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One course's part of a joint plan."""

    waiting: WaitingView
    href: str
    is_open: bool
    trouble: str
    first_at: datetime | None
    last_at: datetime | None
    time_of_day: str
    n_sessions: int
    n_in_window: int | None
    n_unauthorized: int
    cost: str

    @classmethod
    def of(cls, answer: JointAnswer, joint: str, time: SiteTime, now: datetime) -> AnswerView:
        """A part in words."""
        plan, there = answer.plan, answer.waiting
        sessions = plan.sessions if plan else ()
        return cls(
            WaitingView.of(there, time, now),
            f"/waiting-list/plans/{joint}/{there.id}",
            answer.is_open,
            _sentence(answer.trouble),
            time.local(sessions[0].interval.starts_at) if sessions else None,
            time.local(sessions[-1].interval.starts_at) if sessions else None,
            time_of_day(plan, time) if plan else "",
            len(sessions),
            len(sessions) - plan.cost.outside if plan and there.wish.window else None,
            sum(not session.authorized for session in sessions),
            _sentence(cost_words(plan.cost)) if plan else "",
        )


@dataclass(frozen=True, slots=True)
class JointView:
    """A joint plan. `state` is under_way, ready, expired or broken."""

    id: str
    href: str
    state: str
    made_at: datetime
    stands_until: datetime
    nearness: str
    so_far: str
    n_courses: int
    seconds: int
    seconds_gone: int
    to_book: tuple[AnswerView, ...]
    without: tuple[AnswerView, ...]
    booked: tuple[AnswerView, ...]
    n_sessions: int
    n_wished: int
    n_in_window: int

    @classmethod
    def of(cls, joint: JointPlan, time: SiteTime, now: datetime) -> JointView:
        """A joint plan in words."""
        answers = [AnswerView.of(answer, joint.id, time, now) for answer in joint.answers]
        open_ones = tuple(answer for answer in answers if answer.is_open)
        placed = [answer for answer in answers if answer.first_at]
        wished = [answer for answer in placed if answer.n_in_window is not None]
        return cls(
            joint.id,
            f"/waiting-list/plans/{joint.id}",
            _state(joint, now),
            time.local(joint.created_at),
            time.local(joint.stands_until),
            nearness(joint.gap),
            "" if joint.gap is None else _so_far(nearness(joint.gap)),
            len(answers),
            int(joint.limit.total_seconds()),
            int((now - joint.created_at).total_seconds()),
            open_ones,
            tuple(answer for answer in answers if answer.waiting.is_waiting and not answer.is_open),
            tuple(answer for answer in answers if answer.waiting.course_href),
            sum(answer.n_sessions for answer in placed),
            sum(answer.n_sessions for answer in wished),
            sum(answer.n_in_window or 0 for answer in wished),
        )


def _so_far(said: str) -> str:
    return f"{said[:1].lower()}{said[1:]}"


def _state(joint: JointPlan, now: datetime) -> str:
    if joint.status is JointStatus.FAILED or joint.was_cut_off(now):
        return "broken"
    if joint.status is not JointStatus.READY:
        return "under_way"
    return "expired" if joint.is_expired(now) else "ready"


def sessions_shown(plan: CoursePlan, resources: Iterable[KnownResource], time: SiteTime) -> list[dict[str, object]]:
    """The sessions of a plan: when, with whom, and the wishes that each could not keep."""
    titles = {known.resource.id: known.resource.title for known in resources}
    return [
        {
            "number": session.number,
            "starts_at": time.local(session.interval.starts_at),
            "ends_at": time.local(session.interval.ends_at),
            "resources": ", ".join(dict.fromkeys(titles.get(seat.resource, seat.resource) for seat in session.seats)),
            "missed": "; ".join(f"{missed.wish}: {missed.reason}" for missed in session.missed),
            "is_authorized": session.authorized,
        }
        for session in plan.sessions
    ]


def history_shown(happened: Iterable[Happening], time: SiteTime) -> list[dict[str, object]]:
    """What happened to a waiting course, the newest first."""
    lines: list[dict[str, object]] = [
        {"at": time.local(each.at), "what": HAPPENED[each.kind], "by": each.by, "reason": each.reason or ""} for each in happened
    ]
    return lines[::-1]


def protocols_waited_for(found: Iterable[KnownWaiting]) -> list[tuple[str, str, int]]:
    """The protocols of those who wait, by title: id, title, and how many wait for it."""
    titles: dict[str, str] = {}
    number: Counter[str] = Counter()
    for known in found:
        version = known.waiting.version_of
        titles[version.protocol_id] = version.protocol.title
        number[version.protocol_id] += 1
    return sorted(((key, title, number[key]) for key, title in titles.items()), key=lambda each: each[1])


def _wishes(wish: CourseWish) -> Iterable[str]:
    yield f"from {day(wish.start_on_or_after)}"
    if wish.start_on_or_before:
        yield f"to start by {day(wish.start_on_or_before)}"
    if wish.finish_on_or_before:
        yield f"to be over by {day(wish.finish_on_or_before)}"
    if wish.window:
        yield f"{clock_text(wish.window.opens)} to {clock_text(wish.window.closes)}"
    if wish.authorization:
        yield f"{counted(wish.authorization.sessions, 'session')} authorized until {day(wish.authorization.valid_until)}"


def _hurdle(there: WaitingCourse, today: date, site: Site | None) -> str:
    """Why the course cannot be planned as it stands, in a few words; nothing where it can be."""
    if there.status is not WaitingStatus.WAITING:
        return ""
    if there.version_of.status is not VersionStatus.ACTIVE:
        return "this version of the protocol is retired"
    limits = (("latest start", there.wish.start_on_or_before), ("latest end", there.wish.finish_on_or_before))
    past = next((f"the {name} is past" for name, limit in limits if limit and limit < today), "")
    return past or ("closed on every day on which it may begin: call" if site and _is_shut_out(there.wish, today, site) else "")


def _is_shut_out(wish: CourseWish, today: date, site: Site) -> bool:
    first, last = max(wish.start_on_or_after, today), wish.start_on_or_before
    dates = [] if last is None else [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    return takes_all(site, site.closures, dates)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""
