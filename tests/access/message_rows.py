"""What is said to patients and written back at a site, one thing of each kind, so that the tests of rights and of scope find something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from courses.records import ConsentRow, PatientContactRow, SessionRow, VisitAnswerRow
from rooms.base import Db, NewId
from scheduler.access.link_token import LENGTH
from scheduler.access.token import digest_of
from scheduler.records.links import LinkEventRow, LinkKeyRow, VisitLinkRow
from scheduler.records.messages import (
    LanguageReviewRow,
    MessageAttemptRow,
    MessageCallRow,
    MessageReplyRow,
    MessageRow,
    MessageTemplateRow,
    MessagingRow,
)


def tell(db: Db, rows: Mapping[str, int], *, now: datetime, new_id: NewId) -> dict[str, str]:
    """Rows for a site, a patient and a session (by row); the public ids of what an address may name."""
    site, patient, session = rows["site"], rows["patient"], rows["session"]
    course = db.get_one(SessionRow, session).course_id
    address = f"+1212{patient:07d}"
    message = MessageRow(
        public_id=new_id("m_"),
        site_id=site,
        patient_id=patient,
        course_id=course,
        session_id=session,
        subject=new_id("x_"),
        kind="day_before",
        edition=1,
        channel="sms",
        address=address,
        state="failed",
        visit_at=now + timedelta(days=1),
        due_at=now,
        try_at=now,
        useful_until=now + timedelta(hours=20),
        version=1,
        created_at=now,
    )
    reply = MessageReplyRow(
        public_id=new_id("y_"),
        site_id=site,
        patient_id=patient,
        channel="sms",
        address=address,
        event=new_id("v_"),
        body="Call me",
        meaning="other",
        at=now,
    )
    db.add_all((message, reply))
    db.flush()
    db.add_all(
        (
            MessageAttemptRow(message_id=message.id, at=now, number=1, what="intent"),
            MessageCallRow(message_id=message.id, outcome="no_answer", by="x", at=now),
            LanguageReviewRow(site_id=site, language="es", reviewer="x", qualification="x", by="x", at=now),
            PatientContactRow(patient_id=patient, number=1, phone=address, channel="sms", by="x", at=now),
            ConsentRow(patient_id=patient, channel="sms", address=address, opted="in", evidence="said so", by="x", at=now),
            VisitAnswerRow(session_id=session, visit_at=now, answer="confirmed", source="reply", by="x", at=now),
            MessageTemplateRow(site_id=site, language="en", kind="booked", number=patient, text="x", by="x", at=now),
        )
    )
    token = f"{new_id('')}{'A' * LENGTH}"[:LENGTH]
    link = VisitLinkRow(
        public_id=new_id("vl_"),
        kind="visit",
        site_id=site,
        patient_id=patient,
        course_id=course,
        session_id=session,
        channel="sms",
        address=address,
        contact_number=1,
        visit_at=now,
        created_at=now,
    )
    db.add(link)
    db.flush()
    db.add_all(
        (
            LinkKeyRow(link_id=link.id, kind="link", digest=digest_of(token), at=now),
            LinkEventRow(link_id=link.id, at=now, what="given", by="x"),
        )
    )
    if rows.get("first"):
        db.add(MessagingRow(site_id=site, label="Linden", phone="+12125550100", version=1))
    db.flush()
    return {"message": message.public_id, "reply": reply.public_id, "token": token}
