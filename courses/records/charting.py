"""What is written down while a patient is there: checklists and their versions, entries, signatures, gates that were overridden.

Everything but a checklist's state is only ever added to: the database refuses the rest by itself, see `migrations/chart_guards.py`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class ChecklistRow(Base):
    """A checklist of a clinic. `origin` names the library file that it was copied from."""

    __tablename__ = "checklist"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str | None] = mapped_column(String(200))


class ChecklistVersionRow(Base):
    """draft -> active -> retired. The document (YAML, as written) of one that is not a draft never changes.

    `from_on` is the first day, local to the site, on which sessions are charted by it.
    """

    __tablename__ = "checklist_version"
    __table_args__ = (
        UniqueConstraint("checklist_id", "number"),
        CheckConstraint("status IN ('draft', 'active', 'retired')", name="status"),
        CheckConstraint("status = 'draft' OR published_at IS NOT NULL", name="published_when"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklist.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date]
    published_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    published_by: Mapped[str | None] = mapped_column(String(200))


class SessionChecklistRow(Base):
    """The version of a checklist by which a session is charted, from its opening on; never another."""

    __tablename__ = "session_checklist"
    __table_args__ = (UniqueConstraint("session_id", "checklist_version_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    checklist_version_id: Mapped[int] = mapped_column(ForeignKey("checklist_version.id"))
    pinned_at: Mapped[datetime] = mapped_column(UtcInstant)


class EntryRow(Base):
    """One thing that somebody wrote down: original, late, amendment, retraction. What stood there before stays.

    `together` is the same for what was saved by one press; `queue_key` is the tablet's own key, by which a repeated press is known.
    `observed_offset` is the wall clock's distance from UTC at that moment, in minutes. `moved_from_id` is the entry of another session
    that was retracted as the wrong patient's and stands here instead. `value` is null for a retraction.
    """

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("kind IN ('original', 'late', 'amendment', 'retraction')", name="kind"),
        CheckConstraint("(kind IN ('amendment', 'retraction')) = (replaces_id IS NOT NULL)", name="replaces"),
        CheckConstraint("kind = 'original' OR reason_code IS NOT NULL", name="reason"),
        UniqueConstraint("session_id", "queue_key"),
        Index(None, "session_id", "recorded_at"),
        Index(None, "replaces_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    checklist_version_id: Mapped[int] = mapped_column(ForeignKey("checklist_version.id"))
    item: Mapped[str] = mapped_column(String(100))
    value: Mapped[object | None] = mapped_column(JSON(none_as_null=True))
    unit: Mapped[str] = mapped_column(String(20), default="")
    kind: Mapped[str] = mapped_column(String(12))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    observed_at: Mapped[datetime] = mapped_column(UtcInstant)
    observed_offset: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    author: Mapped[str] = mapped_column(String(40))
    author_name: Mapped[str] = mapped_column(String(200))
    author_role: Mapped[str] = mapped_column(String(20))
    second: Mapped[str | None] = mapped_column(String(40))
    second_name: Mapped[str | None] = mapped_column(String(200))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text, default="")
    action: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(10), default="screen")
    together: Mapped[str] = mapped_column(String(40))
    queue_key: Mapped[str | None] = mapped_column(String(240))
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))


class SignatureRow(Base):
    """Somebody signed what they were shown. `covers` is that, as canonical JSON, and `digest` its SHA-256."""

    __tablename__ = "signature"
    __table_args__ = (Index(None, "session_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    meaning: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    by: Mapped[str] = mapped_column(String(40))
    by_name: Mapped[str] = mapped_column(String(200))
    by_role: Mapped[str] = mapped_column(String(20))
    strength: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    covers: Mapped[str] = mapped_column(Text)


class GateOverrideRow(Base):
    """Somebody who may do so went past a gate, with a reason; a second person where the gate asks for one."""

    __tablename__ = "gate_override"
    __table_args__ = (Index(None, "session_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    gate: Mapped[str] = mapped_column(String(100))
    verb: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    by: Mapped[str] = mapped_column(String(40))
    by_name: Mapped[str] = mapped_column(String(200))
    by_role: Mapped[str] = mapped_column(String(20))
    second: Mapped[str | None] = mapped_column(String(40))
    second_name: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class AlertSeenRow(Base):
    """Somebody silenced an alert on their device for a moment; what is seen of it stays until its cause has gone."""

    __tablename__ = "alert_seen"
    __table_args__ = (Index(None, "session_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    alert: Mapped[str] = mapped_column(String(150))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    by: Mapped[str] = mapped_column(String(40))
    device: Mapped[str] = mapped_column(String(64))
