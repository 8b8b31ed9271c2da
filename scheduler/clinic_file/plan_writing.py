"""Writing a plan."""

from __future__ import annotations

from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession, Seat, Unplaceable
from courses.protocols.located.yaml_text import Data
from rooms.availability.hours import SiteTime

ALONE, BESIDE_OTHERS = "alone", "beside_others"
"""What is proven of a course without a place: there is none beside the file's bookings, or there is one that other courses took."""


def plan_document(plan: ClinicPlan, timezone: str) -> dict[str, Data]:
    """A plan as a document; instants carry the offset of the site's time zone."""
    here = SiteTime(timezone)
    courses: list[Data] = [_unplaceable(each) if isinstance(each, Unplaceable) else _course(each, here) for each in plan.courses]
    data: dict[str, Data] = {"courses": courses, "objective": plan.objective}
    if plan.bound is not None:
        data["bound"] = plan.bound
    if plan.gap is not None:
        data["gap"] = plan.gap
    if plan.reseated:
        data["reseated"] = [{"booking": each.booking, "resource": each.resource} for each in plan.reseated]
    return data


def _unplaceable(answer: Unplaceable) -> dict[str, Data]:
    reason: dict[str, Data] = {"session": answer.session, "code": answer.code, "detail": answer.detail}
    if answer.alone is not None:
        reason["proof"] = ALONE if answer.alone else BESIDE_OTHERS
    return {"id": answer.course, "status": "unplaceable", "reason": reason}


def _course(plan: CoursePlan, here: SiteTime) -> dict[str, Data]:
    cost = plan.cost
    sessions: list[Data] = [_session(each, here) for each in plan.sessions]
    data: dict[str, Data] = {
        "id": plan.course,
        "status": "planned",
        "cost": {
            "delay": cost.delay,
            "outside": cost.outside,
            "spread": cost.spread,
            "changes": cost.changes,
            "total": cost.total,
        },
        "sessions": sessions,
    }
    if plan.moved:
        data["moved"] = [*plan.moved]
    return data


def _session(session: PlannedSession, here: SiteTime) -> dict[str, Data]:
    data: dict[str, Data] = {
        "number": session.number,
        "phase": session.phase,
        "template": session.template,
        "start": here.text(session.interval.starts_at),
        "end": here.text(session.interval.ends_at),
        "authorized": session.authorized,
        "bookings": [_seat(each, here) for each in session.seats],
    }
    if session.missed:
        data["missed"] = [{"wish": each.wish, "reason": each.reason} for each in session.missed]
    return data


def _seat(seat: Seat, here: SiteTime) -> dict[str, Data]:
    return {
        "requirement": seat.requirement,
        "resource": seat.resource,
        "start": here.text(seat.interval.starts_at),
        "end": here.text(seat.interval.ends_at),
        "load": seat.load,
    }
