"""Tables of the ground floor. Rows have identity and state; what they mean is said by the values in the folders.

Two bookings never overfill a resource: the database refuses it by itself, see `migrations/guards.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant

HoursText = dict[str, list[list[str]]]
"""`WeeklyHours.text()`: the clinic file's shape."""


class SiteRow(Base):
    """A place with its own clock. `code` is its id in the clinic file."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("granularity_minutes BETWEEN 1 AND 1440", name="granularity"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    granularity_minutes: Mapped[int] = mapped_column(default=5)
    hours: Mapped[HoursText] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UtcInstant)


class ResourceRow(Base):
    """A chair, device, room or person. `capacity` holds from `capacity_since` on; what was before is history and stays.

    `hours` null means the site's. `position` orders the columns of the day board.
    """

    __tablename__ = "resource"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("kind IN ('chair', 'device', 'room', 'staff')", name="kind"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    capacity: Mapped[int] = mapped_column(default=1)
    capacity_since: Mapped[datetime] = mapped_column(UtcInstant)
    hours: Mapped[HoursText | None] = mapped_column(JSON(none_as_null=True))
    reseat_allowed: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UtcInstant)
    retired_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class ResourceCapabilityRow(Base):
    """One thing that a resource can be used for."""

    __tablename__ = "resource_capability"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    capability: Mapped[str] = mapped_column(String(100), primary_key=True)


class AbsenceRow(Base):
    """Leave, servicing or training of one resource."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"), Index(None, "resource_id", "starts_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcInstant)


class ClosureRow(Base):
    """A time at which a site is closed, accepted by a person. One that was taken back keeps its row."""

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("source IN ('staff', 'holidays')", name="source"),
        Index(None, "site_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    reason: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(10), default="staff")
    accepted_at: Mapped[datetime] = mapped_column(UtcInstant)
    accepted_by: Mapped[str] = mapped_column(String(200))
    removed_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class BookingRow(Base):
    """One resource held for one time: held -> booked -> released.

    `exclusive` (the resource's whole capacity is 1 and the booking takes it) is what the exclusion constraint of PostgreSQL looks
    at; no booking lasts longer than a day, which is what bounds the search of the triggers on SQLite. `created_at` is when it was given
    the place that it has.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_at - starts_at <= 86400", name="within_a_day"),
        CheckConstraint("load >= 0", name="load"),
        CheckConstraint("status IN ('held', 'booked', 'released')", name="status"),
        CheckConstraint("status <> 'held' OR hold_until IS NOT NULL", name="held_until_when"),
        CheckConstraint("(status = 'released') = (released_at IS NOT NULL)", name="released_when"),
        Index(None, "resource_id", "starts_at"),
        Index(None, "purpose"),
        Index("ix_booking_held", "hold_until", sqlite_where=text("status = 'held'"), postgresql_where=text("status = 'held'")),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    load: Mapped[int]
    exclusive: Mapped[bool]
    status: Mapped[str] = mapped_column(String(10))
    hold_until: Mapped[datetime | None] = mapped_column(UtcInstant)
    purpose: Mapped[str] = mapped_column(Text)
    part: Mapped[int]
    capability: Mapped[str] = mapped_column(String(100))
    reseat: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    released_at: Mapped[datetime | None] = mapped_column(UtcInstant)
