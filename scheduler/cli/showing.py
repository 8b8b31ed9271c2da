"""Plans and courses as text for a terminal, in the clock of their site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from courses.plans.ongoing.course import Course
from courses.plans.plan import CoursePlan, PlannedSession
from courses.protocols.located.yaml_text import Data
from courses.sessions.session import TreatmentSession
from courses.sessions.status import SessionStatus
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval


def plan_lines(plan: CoursePlan, time: SiteTime) -> list[str]:
    """A line for each session: when, what, with whom, and which wish it could not keep."""
    return columns([_planned(session, time) for session in plan.sessions])


def course_lines(course: Course, time: SiteTime) -> list[str]:
    """The course, and a line for each of its sessions."""
    protocol = course.version_of
    head = f"{course.code} ({course.id}) of {course.patient.name}: {protocol.protocol.title}, version {protocol.number}"
    status = f"{course.status.replace('_', ' ')}, {len(course.live)} of {course.agreed_sessions} sessions"
    return [head, f"{status}{f' ({course.reason})' if course.reason else ''}", *columns([_visit(each, time) for each in course.sessions])]


def course_data(course: Course, time: SiteTime) -> dict[str, Data]:
    """The course for a machine."""
    sessions: list[Data] = [_visit_data(session, time) for session in course.sessions]
    return {
        "id": course.id,
        "code": course.code,
        "patient": course.patient.code,
        "protocol": course.version_of.code,
        "protocol_version": course.version_of.number,
        "status": course.status.value,
        "reason": course.reason,
        "version": course.version,
        "sessions": sessions,
    }


def when(interval: Interval, time: SiteTime) -> str:
    """`Tue 2026-12-01 09:00-09:40`."""
    begins, ends = time.local(interval.starts_at), time.local(interval.ends_at)
    return f"{begins:%a %Y-%m-%d %H:%M}-{ends:%H:%M}"


def _planned(session: PlannedSession, time: SiteTime) -> tuple[str, ...]:
    missed = "; ".join(f"{each.wish}: {each.reason}" for each in session.missed)
    notes = [missed] if missed else []
    notes += [] if session.authorized else ["outside the authorization"]
    who = dict.fromkeys(seat.resource for seat in session.seats)
    return str(session.number), when(session.interval, time), session.template, ", ".join(who), "; ".join(notes)


def _visit(session: TreatmentSession, time: SiteTime) -> tuple[str, ...]:
    at = when(session.interval, time) if session.interval else "no place yet"
    status = "" if session.status is SessionStatus.BOOKED else session.status.replace("_", " ")
    notes = "; ".join(filter(None, [status, session.reason, None if session.authorized else "outside the authorization"]))
    return str(session.number), at, session.template, ", ".join(dict.fromkeys(session.resources)), notes


def _visit_data(session: TreatmentSession, time: SiteTime) -> Data:
    return {
        "id": session.id,
        "number": session.number,
        "phase": session.phase,
        "template": session.template,
        "status": session.status.value,
        "start": time.text(session.interval.starts_at) if session.interval else None,
        "end": time.text(session.interval.ends_at) if session.interval else None,
        "resources": [*session.resources],
        "authorized": session.authorized,
        "reason": session.reason,
    }


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(row: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
