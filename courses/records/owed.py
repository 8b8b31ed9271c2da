"""What is owed to others after a visit and kept for them: certification, enrollment, monitoring forms, adverse events, devices by lot."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class CertificationRow(Base):
    """A site's certification by a safety program, from a day until a day (null: not ended). Each site is certified by itself.

    The setting is named as the program knows it, with how those who watch there are reached.
    """

    __tablename__ = "certification"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="days"),
        Index(None, "site_id", "program"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    program: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(100))
    representative: Mapped[str] = mapped_column(String(200), default="")
    setting_name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    address_more: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(40), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    telephone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    by: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class EnrollmentRow(Base):
    """A patient's enrollment in a safety program, at one site.

    `transfer_told_on` is when the program was told that they come from another site. Middle name and sex are as the enrollment has them.
    """

    __tablename__ = "enrollment"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="days"),
        Index(None, "patient_id", "program"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    program: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(100), default="")
    middle_name: Mapped[str] = mapped_column(String(100), default="")
    sex: Mapped[str] = mapped_column(String(20), default="")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    transfer_told_on: Mapped[date | None]
    by: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class MonitoringFormRow(Base):
    """A form that is owed for a dose: owed -> submitted, and owed again when the record is amended afterwards. Never for no dose.

    `void` is one whose dose was retracted before it was sent: nobody owes it.
    """

    __tablename__ = "monitoring_form"
    __table_args__ = (
        CheckConstraint("status IN ('owed', 'submitted', 'void')", name="status"),
        UniqueConstraint("session_id"),
        Index(None, "site_id", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    program: Mapped[str] = mapped_column(String(40))
    dose_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(UtcInstant)
    status: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)


class FormSubmissionRow(Base):
    """A form was submitted: when, how, by whom, with which confirmation. `digest` is that of the record as it was then."""

    __tablename__ = "form_submission"
    __table_args__ = (Index(None, "form_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("monitoring_form.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    how: Mapped[str] = mapped_column(String(20))
    confirmation: Mapped[str] = mapped_column(String(200), default="")
    by: Mapped[str] = mapped_column(String(40))
    by_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))


class AdverseEventRow(Base):
    """Something untoward in or after a session: noted -> to_report -> reported, or noted -> closed."""

    __tablename__ = "adverse_event"
    __table_args__ = (
        CheckConstraint("status IN ('noted', 'to_report', 'reported', 'closed')", name="status"),
        CheckConstraint("status <> 'reported' OR reported_at IS NOT NULL", name="reported_when"),
        Index(None, "session_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    kind: Mapped[str] = mapped_column(String(60))
    is_serious: Mapped[bool]
    began_at: Mapped[datetime] = mapped_column(UtcInstant)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    description: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    reported_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    reported_how: Mapped[str | None] = mapped_column(String(40))
    confirmation: Mapped[str] = mapped_column(String(200), default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    by: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class LotRow(Base):
    """Devices of one lot at a site."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("site_id", "product", "lot"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    product: Mapped[str] = mapped_column(String(100))
    lot: Mapped[str] = mapped_column(String(100))
    expires_on: Mapped[date | None]


class LotMoveRow(Base):
    """Units of a lot came, went or were counted; what they do to the stock is told by their kind. Waste has a witness.

    `returned` is into the stock again. `counted` is what lay on the shelf at that time.
    """

    __tablename__ = "lot_move"
    __table_args__ = (
        CheckConstraint("kind IN ('received', 'used', 'wasted', 'returned', 'counted')", name="kind"),
        CheckConstraint("kind <> 'wasted' OR witness IS NOT NULL", name="witness"),
        CheckConstraint("units >= 0", name="units"),
        CheckConstraint("witness IS NULL OR witness <> by", name="another"),
        Index(None, "lot_id", "at"),
        Index(None, "session_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    kind: Mapped[str] = mapped_column(String(10))
    units: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    by: Mapped[str] = mapped_column(String(40))
    by_name: Mapped[str] = mapped_column(String(200))
    witness: Mapped[str | None] = mapped_column(String(40))
    witness_name: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
