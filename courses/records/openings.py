"""Wishes for other places, the places that were offered for them, and how a site offers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant

RUNNING = text("status = 'offered'")


class OpeningWishRow(Base):
    """Who would come sooner or at other times: open -> met, or withdrawn.

    `weekdays` are bits, Monday the lowest; `opens` and `closes` minutes of the wall clock.
    """

    __tablename__ = "opening_wish"
    __table_args__ = (
        CheckConstraint("aim IN ('sooner', 'other_times')", name="aim"),
        CheckConstraint("status IN ('open', 'met', 'withdrawn')", name="status"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="hours"),
        Index(None, "site_id", "status"),
        Index(None, "patient_id"),
        Index(None, "course_id"),
        Index(None, "session_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    aim: Mapped[str] = mapped_column(String(12))
    weekdays: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    notice_hours: Mapped[int]
    priority: Mapped[float]
    since: Mapped[datetime] = mapped_column(UtcInstant)
    status: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class OpeningOfferRow(Base):
    """A place kept for one visit of a wish: offered -> accepted, declined, run_out or withdrawn. Its bookings are held for its public id.

    A wish, and a visit, has one that runs at most.
    """

    __tablename__ = "opening_offer"
    __table_args__ = (
        CheckConstraint("status IN ('offered', 'accepted', 'declined', 'run_out', 'withdrawn')", name="status"),
        CheckConstraint("asked_by IN ('message', 'desk')", name="asked_by"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("(status = 'offered') = (ended_at IS NULL)", name="ended_when"),
        Index(None, "site_id", "made_at"),
        Index(None, "patient_id"),
        Index("uq_opening_offer_wish_id_running", "wish_id", unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index("uq_opening_offer_session_id_running", "session_id", unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index(None, "wish_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    wish_id: Mapped[int] = mapped_column(ForeignKey("opening_wish.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    resources: Mapped[list[str]] = mapped_column(JSON)
    was_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    asked_by: Mapped[str] = mapped_column(String(10))
    begins_at: Mapped[datetime] = mapped_column(UtcInstant)
    hold_until: Mapped[datetime] = mapped_column(UtcInstant)
    status: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(40), default="")
    made_at: Mapped[datetime] = mapped_column(UtcInstant)
    ended_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    ended_by: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)


class OpeningSettingRow(Base):
    """How a site offers places that became free."""

    __tablename__ = "opening_setting"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), unique=True)
    hold_minutes: Mapped[int]
    desk_hours: Mapped[int]
    by_itself: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
