"""What the demo's patients were told and wrote back: how each is reached, and a few messages in every state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from courses import queries, reaching
from courses.patients.contact import Channel, Contact, Opted
from courses.reaching import Agreement
from rooms import queries as rooms_queries
from rooms.base import Db, NewId
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries as message_queries
from scheduler.reminders.known import Message, Messaging
from scheduler.reminding import calling
from scheduler.reminding.planning import plan_courses
from scheduler.reminding.replying import Incoming, take_reply

BY = "demo"
LABEL, PHONE = "Linden Clinic", "+12125550100"
PLANNED_FOR = 12
"""So many courses have their messages made at once; the worker makes all others."""
SPANISH_EVERY, MAIL_EVERY, CALL_EVERY, UNASKED_EVERY, ELSEWHERE_EVERY = 6, 5, 9, 11, 7
ELSEWHERE = "720"
"""An area code of another zone than the clinic's."""
STATES: tuple[tuple[str, str, int], ...] = (
    *(("sent", "", 1), ("sent", "", 1), ("sent", "", 1), ("sent", "", 1)),
    *(("uncertain", "broken_off", 1), ("parked", "may_have_gone_out", 2), ("parked", "restored", 0)),
    *(("failed", "30003", 0), ("expired", "quiet_hours", 0), ("voided", "changed", 0)),
)
"""State, why, and how many copies may have gone out: one line a message."""
LINES = {
    "sent": ("intent", "accepted", "report_delivered"),
    "uncertain": ("intent", "broken_off"),
    "parked": ("intent", "unknown"),
    "failed": ("intent", "refused"),
}
REPLIES = ("C", "R", "Could my sister wait with me?", "CANCEL", "stop")


def tell_demo(db: Db, site: str, courses: Sequence[tuple[str, str]], *, opened: datetime, now: datetime, new_id: NewId) -> None:
    """Say how the patients of these courses (codes of both) are reached; the latest courses have messages too."""
    calling.set_messaging(db, site, Messaging(LABEL, PHONE))
    site_id = rooms_queries.site(db, site).id
    reached = {
        patient: _reach(db, site_id, patient, nth, opened) for nth, patient in enumerate(dict.fromkeys(patient for _, patient in courses))
    }
    known = [queries.course(db, code, site_id=site_id) for code, _ in courses[-PLANNED_FOR:]]
    plan_courses(db, {each.id: each.patient_id for each in known}, now=now, new_id=new_id)
    made = [message for messages in message_queries.messages_of(db, [each.id for each in known]).values() for message in messages]
    planned = sorted((each for each in made if each.channel == Channel.SMS), key=lambda each: (each.due_at, each.public_id))
    for message, (state, why, copies) in zip(planned, STATES, strict=False):
        _become(db, message, state, why, copies, now)
    phones = [phone for phone in reached.values() if phone]
    for nth, (phone, body) in enumerate(zip(phones, REPLIES, strict=False)):
        take_reply(db, Incoming(phone, f"demo-{nth}", body), now=now - timedelta(minutes=7 * (nth + 1)), new_id=new_id)


def _reach(db: Db, site_id: int, code: str, nth: int, opened: datetime) -> str:
    """Write down how a patient is reached; the number that was opted in, or nothing."""
    patient = queries.patient(db, code, site_id=site_id).patient.id
    channel = Channel.DESK if nth % CALL_EVERY == CALL_EVERY - 1 else Channel.MAIL if nth % MAIL_EVERY == MAIL_EVERY - 1 else Channel.SMS
    area = ELSEWHERE if nth % ELSEWHERE_EVERY == ELSEWHERE_EVERY - 1 else "212"
    contact = Contact(
        f"+1{area}55501{nth:02d}", f"patient{nth}@example.org", "es" if nth % SPANISH_EVERY == SPANISH_EVERY - 1 else "en", "", channel
    )
    reaching.record_contact(db, patient, contact, by=BY, now=opened)
    if nth % UNASKED_EVERY == UNASKED_EVERY - 1 or channel is Channel.DESK:
        return ""
    agreement = Agreement(channel, contact.address(channel), Opted.IN, "signed the intake form")
    reaching.record_consent(db, patient, agreement, by=BY, now=opened)
    return contact.phone if channel is Channel.SMS else ""


def _become(db: Db, message: Message, state: str, why: str, copies: int, now: datetime) -> None:
    """Have a planned message come to another state, as if the worker had been at it an hour ago."""
    row, at = message_queries.row_of(db, message.public_id), now - timedelta(hours=1)
    row.state, row.why, row.copies, row.tries, row.version = state, why, copies, max(1, copies), row.version + 1
    row.due_at, row.try_at = min(row.due_at, at), now + timedelta(hours=6)
    row.sent_at = at if copies else None
    if state == "expired":
        row.useful_until = at
    db.add_all(_lines(row, state, at))
    db.flush()


def _lines(row: MessageRow, state: str, at: datetime) -> list[MessageAttemptRow]:
    return [
        MessageAttemptRow(message_id=row.id, at=at + timedelta(seconds=nth), number=1, what=what, reference="", detail="", event=None)
        for nth, what in enumerate(LINES.get(state, ()))
    ]
