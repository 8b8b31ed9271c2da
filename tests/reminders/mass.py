"""Thousands of messages that are due, made at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert

from courses.records import ConsentRow, CourseRow, PatientContactRow, PatientRow, SessionEventRow, SessionRow
from scheduler.records.messages import MessageRow
from tests.reminders.world import World


def many_due(world: World, count: int, *, now: datetime, first: int = 1_000, channel: str = "sms") -> None:
    """So many patients, numbered from `first` on, each with a visit tomorrow and the message about it, which is due now."""
    at, ids = now + timedelta(hours=24), range(first, first + count)
    booked = now - timedelta(days=5)
    with world.database.transaction() as db:
        version = world.version(db, "evaluation")
        person = {"site_id": world.site_id, "given_name": "Ana", "family_name": "L", "version": 1}
        db.execute(insert(PatientRow), [person | {"id": n, "public_id": f"p_{n}", "code": f"P{n}"} for n in ids])
        who = {"by": "x", "at": booked, "channel": channel}
        to = {n: phone(n) if channel == "sms" else f"p{n}@example.org" for n in ids}
        field = "phone" if channel == "sms" else "mail"
        agreed = who | {"opted": "in", "evidence": "said so"}
        db.execute(insert(PatientContactRow), [who | {"patient_id": n, "number": 1, field: to[n]} for n in ids])
        db.execute(insert(ConsentRow), [agreed | {"patient_id": n, "address": to[n]} for n in ids])
        course = {
            "site_id": world.site_id,
            "protocol_version_id": version,
            "status": "active",
            "starts_on": now.date(),
            "agreed_sessions": 1,
        }
        course |= {"created_at": booked, "priority": 1.0, "version": 1}
        db.execute(insert(CourseRow), [course | {"id": n, "public_id": f"c_{n}", "code": f"C{n}", "patient_id": n} for n in ids])
        visit = {"number": 1, "phase": "acute", "template": "visit", "starts_at": at, "ends_at": at + timedelta(minutes=30)}
        visit |= {"status": "booked", "authorized": True, "version": 1}
        db.execute(insert(SessionRow), [visit | {"id": n, "course_id": n, "patient_id": n, "public_id": f"s_{n}"} for n in ids])
        told = {"at": booked, "kind": "booked", "by": "x", "detail": {}}
        db.execute(insert(SessionEventRow), [told | {"session_id": n, "course_id": n} for n in ids])
        message = {"site_id": world.site_id, "kind": "day_before", "edition": 1, "channel": channel, "state": "planned", "visit_at": at}
        message |= {"due_at": now, "try_at": now, "useful_until": at - timedelta(hours=1), "version": 1, "created_at": booked}
        db.execute(
            insert(MessageRow),
            [
                message | {"public_id": f"m_{n}", "patient_id": n, "course_id": n, "session_id": n, "subject": f"s_{n}", "address": to[n]}
                for n in ids
            ],
        )


def phone(n: int) -> str:
    """The number of the n-th patient."""
    return f"+1{2120000000 + n}"
