"""Patients, protocols and their versions, courses, sessions and what happened to them, the waiting list.

A patient is never in two sessions at once, and a published version never changes: the database refuses both by itself, see
`migrations/guards.py`. Who moves many sessions of a patient or a course takes the times (or numbers) off all of them first.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant
from rooms.records import HoursText


class PatientRow(Base):
    """Somebody who is treated. `available` null means that they can come at any time."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("site_id", "code"), Index(None, "site_id", "family_name"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100))
    given_name: Mapped[str] = mapped_column(String(200), default="")
    family_name: Mapped[str] = mapped_column(String(200), default="")
    born_on: Mapped[date | None]
    available: Mapped[HoursText | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(default=1)


class PatientAbsenceRow(Base):
    """A time at which a patient cannot come."""

    __tablename__ = "patient_absence"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"), Index(None, "patient_id", "starts_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime] = mapped_column(UtcInstant)
    reason: Mapped[str] = mapped_column(String(200), default="")


class ProtocolRow(Base):
    """A protocol of a clinic. `origin` names the library file that it was copied from."""

    __tablename__ = "protocol"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str | None] = mapped_column(String(200))


class ProtocolVersionRow(Base):
    """draft -> active -> retired. The document (YAML, as written) of one that is not a draft never changes."""

    __tablename__ = "protocol_version"
    __table_args__ = (
        UniqueConstraint("protocol_id", "number"),
        CheckConstraint("status IN ('draft', 'active', 'retired')", name="status"),
        CheckConstraint("status = 'draft' OR published_at IS NOT NULL", name="published_when"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    published_by: Mapped[str | None] = mapped_column(String(200))


class CourseRow(Base):
    """draft -> active <-> on_hold -> completed, or stopped. Dates are local to the site; the window is in wall-clock minutes."""

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("status IN ('draft', 'active', 'on_hold', 'completed', 'stopped')", name="status"),
        CheckConstraint("agreed_sessions >= 0", name="agreed_sessions"),
        CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name="window"),
        Index(None, "patient_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    status: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    start_on_or_before: Mapped[date | None]
    finish_on_or_before: Mapped[date | None]
    priority: Mapped[float] = mapped_column(default=1.0)
    window_from: Mapped[int | None]
    window_until: Mapped[int | None]
    authorization: Mapped[dict[str, int | str] | None] = mapped_column(JSON(none_as_null=True))
    extension: Mapped[list[dict[str, object]] | None] = mapped_column(JSON(none_as_null=True))
    agreed_sessions: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)


class SessionRow(Base):
    """One treatment session. `planned` without times is owed and has no place yet; `replaces_id` is the missed one that it makes up for.

    `outcome` is how much of the treatment was given, of one that began.
    """

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint(
            "status IN ('planned', 'booked', 'arrived', 'in_treatment', 'in_observation', 'discharged', 'cancelled', 'missed')",
            name="status",
        ),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="both_times"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_at - starts_at <= 86400", name="within_a_day"),
        CheckConstraint("status IN ('planned', 'cancelled', 'missed') OR starts_at IS NOT NULL", name="placed"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("outcome IN ('complete', 'incomplete', 'aborted')", name="outcome"),
        Index(
            "uq_session_course_id_number_live",
            "course_id",
            "number",
            unique=True,
            sqlite_where=text("status NOT IN ('cancelled', 'missed')"),
            postgresql_where=text("status NOT IN ('cancelled', 'missed')"),
        ),
        Index(None, "patient_id", "starts_at"),
        Index(None, "starts_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    number: Mapped[int]
    phase: Mapped[str] = mapped_column(String(100))
    template: Mapped[str] = mapped_column(String(100))
    starts_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    ends_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    status: Mapped[str] = mapped_column(String(20))
    authorized: Mapped[bool] = mapped_column(default=True)
    missed_wish: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    outcome: Mapped[str | None] = mapped_column(String(12))


class SessionEventRow(Base):
    """What happened to a session, or to its course as a whole (`session_id` null); only ever added to."""

    __tablename__ = "session_event"
    __table_args__ = (Index(None, "course_id", "at"), Index(None, "session_id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    kind: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, object]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)


class WaitingCourseRow(Base):
    """A course that somebody waits for: waiting -> booked, or taken_off. It is linked to the course once that is booked.

    The wish is kept as a course keeps it; `code` is the course's to be.
    """

    __tablename__ = "waiting_course"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'booked', 'taken_off')", name="status"),
        CheckConstraint("(status = 'booked') = (course_id IS NOT NULL)", name="booked_course"),
        CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name="window"),
        UniqueConstraint("course_id"),
        Index(None, "site_id", "status"),
        Index(None, "patient_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    status: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    start_on_or_before: Mapped[date | None]
    finish_on_or_before: Mapped[date | None]
    priority: Mapped[float] = mapped_column(default=1.0)
    window_from: Mapped[int | None]
    window_until: Mapped[int | None]
    authorization: Mapped[dict[str, int | str] | None] = mapped_column(JSON(none_as_null=True))
    code: Mapped[str | None] = mapped_column(String(100))
    ordered_by: Mapped[str] = mapped_column(String(200), default="")
    since: Mapped[datetime] = mapped_column(UtcInstant)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)


class WaitingEventRow(Base):
    """What happened to a course that is waited for; only ever added to."""

    __tablename__ = "waiting_event"
    __table_args__ = (Index(None, "waiting_course_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    waiting_course_id: Mapped[int] = mapped_column(ForeignKey("waiting_course.id"))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    kind: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, object]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)


class JointPlanRow(Base):
    """Waiting courses planned together: asked -> planning -> ready, or failed. It holds no place, and can be booked for a while."""

    __tablename__ = "joint_plan"
    __table_args__ = (
        CheckConstraint("status IN ('asked', 'planning', 'ready', 'failed')", name="status"),
        CheckConstraint("status <> 'ready' OR objective IS NOT NULL", name="objective"),
        Index(None, "site_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    limit_seconds: Mapped[int]
    seed: Mapped[int]
    stands_until: Mapped[datetime] = mapped_column(UtcInstant)
    objective: Mapped[float | None]
    bound: Mapped[float | None]
    gap: Mapped[float | None]


class JointAnswerRow(Base):
    """One course's part of a joint plan: the plan as text, or why there is none. `seen` is the version that was planned by."""

    __tablename__ = "joint_answer"
    __table_args__ = (UniqueConstraint("joint_plan_id", "waiting_course_id"), Index(None, "waiting_course_id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    joint_plan_id: Mapped[int] = mapped_column(ForeignKey("joint_plan.id"))
    waiting_course_id: Mapped[int] = mapped_column(ForeignKey("waiting_course.id"))
    position: Mapped[int]
    seen: Mapped[int]
    plan: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str] = mapped_column(Text, default="")
