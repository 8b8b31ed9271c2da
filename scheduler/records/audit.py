"""The audit trail, its checkpoints, and what reviewers said of it. The database itself refuses to change or remove any of it:
see `migrations/trail_guards.py`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class AuditEventRow(Base):
    """One event, as `scheduler.access.audit_event` says it. `seq` counts 1, 2, 3 without a gap; `at` counts microseconds since 1970.

    `roles`, `objects`, `patients` and `diff` are canonical JSON, kept as text, so that every byte of them is under the hash.
    `site_id` is no foreign key: the trail outlives what it tells of.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'denied', 'failed')", name="outcome"),
        CheckConstraint("break_glass IN (0, 1)", name="break_glass"),
        Index(None, "at"),
        Index(None, "actor_id", "at"),
        Index(None, "action", "seq"),
    )

    seq: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(Text)
    login: Mapped[str] = mapped_column(String(40))
    strength: Mapped[str] = mapped_column(String(20))
    break_glass: Mapped[int]
    source: Mapped[str] = mapped_column(String(100))
    device: Mapped[str] = mapped_column(String(200))
    request_id: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(200))
    objects: Mapped[str] = mapped_column(Text)
    patients: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    diff: Mapped[str | None] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditCheckpointRow(Base):
    """What the head of the trail was, signed. The copies that count are those in other places. `id` is the checkpoint's number."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = (CheckConstraint("restored IN (0, 1)", name="restored"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger)
    restored: Mapped[int]
    """1 for one that was made after a restore: what older ones say of later events is lost, and known to be."""
    key: Mapped[str] = mapped_column(String(64))
    """The public key that proves the signature, in hexadecimal digits."""
    signature: Mapped[str] = mapped_column(String(128))


class ReviewRow(Base):
    """What an auditor said of one thing on a week's list (`flag`), or of the week as a whole (`flag` empty, verdict `signed`).

    `digest` is of the list that was signed; the last word on a flag counts.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("verdict IN ('accepted', 'escalated', 'signed')", name="verdict"),
        CheckConstraint("(verdict = 'signed') = (flag = '')", name="flag"),
        Index(None, "site_id", "week_on"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    week_on: Mapped[date]
    flag: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    digest: Mapped[str] = mapped_column(String(64))
