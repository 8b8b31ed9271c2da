"""How a plan that is only proposed is kept: plain data, in and out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from courses.plans.plan import Cost, CoursePlan, MissedWish, PlannedSession, Seat
from rooms.availability.interval import Interval

Times = Sequence[str]


class _Seat(TypedDict):
    requirement: int
    capability: str
    resource: str
    at: Times
    load: int


class _Session(TypedDict):
    number: int
    phase: str
    template: str
    at: Times
    seats: list[_Seat]
    authorized: bool
    missed: list[tuple[str, str, str]]


class _Plan(TypedDict):
    course: str
    sessions: list[_Session]
    cost: tuple[int, int, int, int, float]


def kept_plan(plan: CoursePlan) -> str:
    """A plan as text."""
    cost = plan.cost
    kept: _Plan = {
        "course": plan.course,
        "sessions": [_kept_session(session) for session in plan.sessions],
        "cost": (cost.delay, cost.outside, cost.spread, cost.changes, cost.total),
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def plan_of(text: str) -> CoursePlan:
    """A plan from how it is kept."""
    kept: _Plan = json.loads(text)
    return CoursePlan(kept["course"], tuple(_session(each) for each in kept["sessions"]), Cost(*kept["cost"]))


def _kept_session(session: PlannedSession) -> _Session:
    return {
        "number": session.number,
        "phase": session.phase,
        "template": session.template,
        "at": _kept_times(session.interval),
        "seats": [_kept_seat(seat) for seat in session.seats],
        "authorized": session.authorized,
        "missed": [(missed.wish, missed.reason, missed.about) for missed in session.missed],
    }


def _kept_seat(seat: Seat) -> _Seat:
    return {
        "requirement": seat.requirement,
        "capability": seat.capability,
        "resource": seat.resource,
        "at": _kept_times(seat.interval),
        "load": seat.load,
    }


def _session(kept: _Session) -> PlannedSession:
    seats = tuple(Seat(s["requirement"], s["capability"], s["resource"], _interval(s["at"]), s["load"]) for s in kept["seats"])
    missed = tuple(MissedWish(*said) for said in kept["missed"])
    where = _interval(kept["at"])
    return PlannedSession(kept["number"], kept["phase"], kept["template"], where, seats, kept["authorized"], missed)


def _kept_times(interval: Interval) -> Times:
    return [interval.starts_at.isoformat(), interval.ends_at.isoformat()]


def _interval(times: Times) -> Interval:
    begins, ends = (datetime.fromisoformat(each) for each in times)
    return Interval(begins, ends)
