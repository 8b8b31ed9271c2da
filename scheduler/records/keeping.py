"""What was done to keep the data safe: backups made, a backup put back, and what somebody has vouched for. Nothing here is ever changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.base import Base, RowId, UtcInstant


class BackupRow(Base):
    """A backup that was written whole. It holds what was there at `made_at`; `digest` is that of its encrypted file."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    revision: Mapped[str] = mapped_column(String(40))
    audit_head: Mapped[str] = mapped_column(String(100))
    """The number and hash of the last event of the audit trail in it; empty if there was none."""


class RestorationRow(Base):
    """This database was put back from a backup: it knows nothing of what happened between `point` and `restored_at`.

    So no message that was due before `restored_at` goes out by itself: it may have gone out long ago.
    """

    __tablename__ = "restoration"
    __table_args__ = (CheckConstraint("restored_at >= point", name="after_point"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    restored_at: Mapped[datetime] = mapped_column(UtcInstant)
    point: Mapped[datetime] = mapped_column(UtcInstant)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))


class AcknowledgementRow(Base):
    """Somebody vouches for something that the program cannot see for itself, such as that the disk is encrypted."""

    __tablename__ = "acknowledgement"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcInstant)
