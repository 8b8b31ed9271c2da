"""The links by which patients come to their own visit, the keys that open them, and what was done by each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class VisitLinkRow(Base):
    """A link to one visit (or, for a calendar, to the visits of a course), given to one address of the patient.

    It is dead from the moment on that it is revoked, that the patient has another address, or that the visit is long over. `visit_at` is
    when the visit was to be when the link was last given; `contact_number` the version of the contact then.
    """

    __tablename__ = "visit_link"
    __table_args__ = (
        CheckConstraint("kind IN ('visit', 'course')", name="kind"),
        CheckConstraint("(kind = 'visit') = (session_id IS NOT NULL)", name="session_id"),
        Index(None, "session_id"),
        Index(None, "patient_id"),
        Index(None, "address"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(6))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    channel: Mapped[str] = mapped_column(String(4))
    address: Mapped[str] = mapped_column(String(254))
    contact_number: Mapped[int]
    visit_at: Mapped[datetime] = mapped_column(UtcInstant)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    revoked_by: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)


class LinkKeyRow(Base):
    """A key that opens a link, as its SHA-256; never changed, and removed long after it opens nothing.

    Each message has one of its own, since none is kept to be sent again.

    A `proof` says for half an hour that who holds it knew the birth date.
    """

    __tablename__ = "link_key"
    __table_args__ = (CheckConstraint("kind IN ('link', 'proof')", name="kind"), Index(None, "link_id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("visit_link.id"))
    kind: Mapped[str] = mapped_column(String(6))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class LinkEventRow(Base):
    """One thing that was done by a link, or to it; only ever added to."""

    __tablename__ = "link_event"
    __table_args__ = (Index(None, "link_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("visit_link.id"))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    what: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(200))
