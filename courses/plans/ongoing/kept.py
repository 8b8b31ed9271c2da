"""How plans, permits and extensions are kept: plain data, in and out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from courses.plans.ongoing.course import Extending, wishes_text
from courses.plans.plan import PlannedSession
from courses.plans.request import Authorization
from courses.protocols.located.document import read_document
from courses.protocols.phase_notation import phases_of
from courses.protocols.written import phase_data
from courses.sessions.session import TreatmentSession
from courses.sessions.status import SessionStatus
from rooms.availability.interval import Interval


def session_columns(session: PlannedSession) -> dict[str, object]:
    """A booked session's place in a course and on the calendar."""
    return {
        "number": session.number,
        "phase": session.phase,
        "template": session.template,
        "starts_at": session.interval.starts_at,
        "ends_at": session.interval.ends_at,
        "status": SessionStatus.BOOKED,
        "authorized": session.authorized,
        "missed_wish": wishes_text(session),
    }


def place_told(session: PlannedSession | TreatmentSession) -> dict[str, object]:
    """A session's number, time and resources, for its history."""
    resources = session.resources if isinstance(session, TreatmentSession) else tuple(seat.resource for seat in session.seats)
    return {"number": session.number, "at": _time_told(session.interval), "resources": list(resources)}


def _time_told(interval: Interval | None) -> list[str] | None:
    return None if interval is None else [interval.starts_at.isoformat(), interval.ends_at.isoformat()]


def kept_authorization(permit: Authorization | None) -> dict[str, int | str] | None:
    """An authorization as it is kept."""
    if permit is None:
        return None
    days: dict[str, int | str] = {"valid_from": permit.valid_from.isoformat(), "valid_until": permit.valid_until.isoformat()}
    return {"sessions": permit.sessions, **days} | ({} if permit.devices is None else {"devices": permit.devices})


def authorization_of(kept: Mapping[str, int | str] | None) -> Authorization | None:
    """An authorization from how it is kept."""
    if kept is None:
        return None
    begins, ends = (date.fromisoformat(str(kept[key])) for key in ("valid_from", "valid_until"))
    return Authorization(int(kept["sessions"]), begins, ends, int(kept["devices"]) if "devices" in kept else None)


def kept_extending(extending: Extending) -> dict[str, object]:
    """An extension as it is kept."""
    return {"phases": [phase_data(phase) for phase in extending.phases], "left": dict(extending.left)}


def extending_of(kept: Mapping[str, object]) -> Extending:
    """An extension from how it is kept."""
    left = kept["left"]
    phases = read_document(json.dumps(kept["phases"]), "extension.json").read(phases_of)
    return Extending(phases, {str(name): int(n) for name, n in left.items()} if isinstance(left, dict) else {})
