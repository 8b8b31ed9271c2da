"""How patients are reached, what they have allowed, and what they answered about a visit.

All of it is only ever added to: the newest counts.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class PatientContactRow(Base):
    """One version of how a patient is reached. Phone as +15551234567, e-mail in small letters; empty where there is none."""

    __tablename__ = "patient_contact"
    __table_args__ = (
        UniqueConstraint("patient_id", "number"),
        CheckConstraint("channel IN ('sms', 'mail', 'desk')", name="channel"),
        Index(None, "phone"),
        Index(None, "mail"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    number: Mapped[int]
    phone: Mapped[str] = mapped_column(String(20), default="")
    mail: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(6), default="en")
    zone: Mapped[str] = mapped_column(String(64), default="")
    channel: Mapped[str] = mapped_column(String(4))
    late_reminder: Mapped[bool] = mapped_column(default=False)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)


class ConsentRow(Base):
    """An address on a channel was opted in or out, with the evidence. The newest entry of an address counts, whosever it is.

    `patient_id` is null where the address belongs to nobody who is known.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'mail')", name="channel"),
        CheckConstraint("opted IN ('in', 'out')", name="opted"),
        Index(None, "address", "channel"),
        Index(None, "patient_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    channel: Mapped[str] = mapped_column(String(4))
    address: Mapped[str] = mapped_column(String(254))
    opted: Mapped[str] = mapped_column(String(3))
    evidence: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)


class VisitAnswerRow(Base):
    """What a patient answered about one visit: that they come, that they ask for another time, that somebody takes them home."""

    __tablename__ = "visit_answer"
    __table_args__ = (
        CheckConstraint("answer IN ('confirmed', 'asked', 'ride', 'fasting', 'cancelled')", name="answer"),
        Index(None, "session_id", "at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    visit_at: Mapped[datetime] = mapped_column(UtcInstant)
    answer: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)
