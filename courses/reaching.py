"""How patients are reached, what they allow, and what they answer about a visit: written down, and never written over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses import queries
from courses.errors import Faulty, check_version, checked_text
from courses.patients.contact import Channel, Contact, Opted, checked_language, checked_mail, checked_phone
from courses.queries import reaching as looks
from courses.records import ConsentRow, PatientContactRow, VisitAnswerRow
from rooms.availability.hours import SiteTime
from rooms.base import Db

ANSWERS = frozenset({"confirmed", "asked", "ride", "fasting", "cancelled"})


@dataclass(frozen=True, slots=True)
class Agreement:
    """Something that was agreed with somebody or asked by them: an address, opted in or out, and the evidence of it."""

    channel: Channel
    address: str
    opted: Opted
    evidence: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a patient answered about a session (by row number) at the time that it had then, and by what: `reply`, `link`, `staff`."""

    session_id: int
    visit_at: datetime
    answer: str
    source: str


def record_contact(db: Db, patient: str, contact: Contact, *, by: str, now: datetime, expected: int | None = None) -> Contact:
    """Write down how a patient is reached. Raises `Faulty` for what cannot be, `StaleVersion`, `Unknown`, `NoSuchZone`."""
    known = queries.patient(db, patient)
    queries.lock_patient(db, known.id)
    before = looks.contact(db, known.id)
    number = before.number if before else 0
    check_version("contact", expected, number)
    row = PatientContactRow(
        patient_id=known.id,
        number=number + 1,
        phone=checked_phone(contact.phone),
        mail=checked_mail(contact.mail),
        language=checked_language(contact.language),
        zone=SiteTime(contact.zone).zone if contact.zone else "",
        channel=contact.channel,
        late_reminder=contact.late_reminder,
        by=by,
        at=now,
    )
    db.add(row)
    db.flush()
    return Contact(row.phone, row.mail, row.language, row.zone, contact.channel, row.late_reminder, row.number, now)


def record_consent(db: Db, patient: str, agreement: Agreement, *, by: str, now: datetime) -> None:
    """Write down that a patient wants messages at an address, or no more of them. Raises `Faulty` without evidence, `Unknown`."""
    known = queries.patient(db, patient)
    write_consent(db, known.id, _checked(agreement), by=by, now=now)


def write_consent(db: Db, patient_id: int | None, agreement: Agreement, *, by: str, now: datetime) -> None:
    """The same of an address that may be nobody's, as it was written by a gateway or a reply."""
    words = agreement.evidence
    db.add(
        ConsentRow(
            patient_id=patient_id,
            channel=agreement.channel,
            address=agreement.address,
            opted=agreement.opted,
            evidence=words,
            by=by,
            at=now,
        )
    )
    db.flush()


def _checked(agreement: Agreement) -> Agreement:
    if agreement.channel is Channel.DESK:
        raise Faulty("channel", "only text messages and mails are opted in or out; use sms or mail")
    address = checked_phone(agreement.address) if agreement.channel is Channel.SMS else checked_mail(agreement.address)
    if not address:
        raise Faulty("address", "write the number or address that it is about")
    return Agreement(agreement.channel, address, agreement.opted, checked_text("evidence", agreement.evidence, 500))


def record_answer(db: Db, answered: Answered, *, by: str, now: datetime) -> None:
    """Write down what a patient answered about a visit. Raises `Faulty` for no such answer."""
    if answered.answer not in ANSWERS:
        raise Faulty("answer", f"{answered.answer!r} is none; use {', '.join(sorted(ANSWERS))}")
    row = VisitAnswerRow(
        session_id=answered.session_id, visit_at=answered.visit_at, answer=answered.answer, source=answered.source, by=by, at=now
    )
    db.add(row)
    db.flush()
