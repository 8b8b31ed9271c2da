"""Messages and what became of them, what was written back, a clinic's own texts, and who of the workers is at work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant

WAITS = text("state IN ('planned', 'uncertain')")
"""The messages that are still to go out: few of all that there ever were, and looked at by the visits that they are for."""


class MessageRow(Base):
    """A message to a patient, or (channel `desk`) something that the clinic is to call about.

    planned -> claimed -> sent, or uncertain (it may have gone out), parked (a person decides), failed, expired (too late); or voided, as
    what it was about changed. `subject` is the public id of what it is about, `edition` counts the places that a visit had. `visit_at` is
    when the visit begins; `due_at` when it is to go out, `try_at` when it is tried next, `useful_until` after which it is of no use.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("subject", "kind", "edition", "channel", "address"),
        CheckConstraint("channel IN ('sms', 'mail', 'desk')", name="channel"),
        CheckConstraint("state IN ('planned', 'claimed', 'sent', 'uncertain', 'parked', 'failed', 'voided', 'expired')", name="state"),
        CheckConstraint("(state = 'claimed') = (claimed_by IS NOT NULL)", name="claimed_by"),
        Index(None, "state", "channel", "try_at"),
        Index("ix_message_waiting", "channel", "visit_at", "id", sqlite_where=WAITS, postgresql_where=WAITS),
        Index(None, "sent_at"),
        Index(None, "site_id", "state", "visit_at"),
        Index(None, "patient_id", "sent_at"),
        Index(None, "address", "sent_at"),
        Index(None, "course_id"),
        Index(None, "session_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    subject: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    edition: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(4))
    address: Mapped[str] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(40), default="")
    visit_at: Mapped[datetime] = mapped_column(UtcInstant)
    due_at: Mapped[datetime] = mapped_column(UtcInstant)
    try_at: Mapped[datetime] = mapped_column(UtcInstant)
    useful_until: Mapped[datetime] = mapped_column(UtcInstant)
    copies: Mapped[int] = mapped_column(default=0)
    """How often it may have gone out."""
    tries: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When it (or its first copy that may have) went out."""
    seen_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When a person took it off the call list."""
    seen_by: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)


class MessageAttemptRow(Base):
    """One line of what happened to a message, only ever added to: the intent before a sending, what came of it, what was reported."""

    __tablename__ = "message_attempt"
    __table_args__ = (Index(None, "message_id", "at"), UniqueConstraint("message_id", "event"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    number: Mapped[int]
    what: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(100), default="")
    """The gateway's own id of it."""
    detail: Mapped[str] = mapped_column(String(200), default="")
    event: Mapped[str | None] = mapped_column(String(120))
    """What tells a report from every other, so that one that is repeated is known."""


class MessageReplyRow(Base):
    """What somebody wrote back, until a person has dealt with it. `meaning` is what the words were taken for."""

    __tablename__ = "message_reply"
    __table_args__ = (Index(None, "patient_id"), Index(None, "site_id", "closed_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    channel: Mapped[str] = mapped_column(String(4))
    address: Mapped[str] = mapped_column(String(254))
    event: Mapped[str] = mapped_column(String(120), unique=True)
    body: Mapped[str] = mapped_column(Text)
    meaning: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    closed_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    closed_by: Mapped[str] = mapped_column(String(200), default="")


class MessageTemplateRow(Base):
    """A clinic's own text of one kind of message in one language, approved by a second person; the newest counts. Only ever added to."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("site_id", "language", "kind", "number"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    language: Mapped[str] = mapped_column(String(6))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str] = mapped_column(String(200), default="")
    """The second person; empty for texts from before they were kept here."""
    at: Mapped[datetime] = mapped_column(UtcInstant)


class MessageCallRow(Base):
    """Somebody called about a message or a reply, or took back that they had; only ever added to. `outcome` says what came of it."""

    __tablename__ = "message_call"
    __table_args__ = (
        CheckConstraint("(message_id IS NULL) <> (reply_id IS NULL)", name="about_one"),
        CheckConstraint("outcome IN ('spoke', 'no_answer', 'voicemail', 'wrong_number', 'not_needed', 'undone')", name="outcome"),
        Index(None, "message_id"),
        Index(None, "reply_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("message_reply.id"))
    outcome: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(200), default="")
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)


class LanguageReviewRow(Base):
    """A named, qualified person has read what patients get in a language; the newest counts. Only ever added to."""

    __tablename__ = "language_review"
    __table_args__ = (Index(None, "site_id", "language"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    language: Mapped[str] = mapped_column(String(6))
    reviewer: Mapped[str] = mapped_column(String(200))
    qualification: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)


class MessagingRow(Base):
    """What a site's messages say of it, and between which wall-clock minutes they go out.

    `label` names the clinic, and nothing of what it does.
    """

    __tablename__ = "messaging"
    __table_args__ = (
        UniqueConstraint("site_id"),
        CheckConstraint("opens >= 480 AND closes <= 1260 AND opens < closes", name="hours"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    label: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20), default="")
    opens: Mapped[int] = mapped_column(default=480)
    closes: Mapped[int] = mapped_column(default=1200)
    version: Mapped[int] = mapped_column(default=1)


class WorkerLeaseRow(Base):
    """Who is at work on something that only one may do at a time, until when, and when they last said so."""

    __tablename__ = "worker_lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime] = mapped_column(UtcInstant)
    beat_at: Mapped[datetime] = mapped_column(UtcInstant)
    looked_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    """When it was last looked whom there is something to say to."""
