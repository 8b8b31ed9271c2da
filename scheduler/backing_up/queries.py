"""What the database knows of its own backups."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from rooms.base import Db
from scheduler.backing_up.making import Backup
from scheduler.records.keeping import AcknowledgementRow, BackupRow, RestorationRow

STALE_AFTER = timedelta(hours=24)


def last_backup(db: Db) -> Backup | None:
    """The newest backup that was written whole; None if there never was one."""
    row = db.scalar(select(BackupRow).order_by(BackupRow.made_at.desc(), BackupRow.id.desc()).limit(1))
    return None if row is None else Backup(row.name, row.made_at, row.bytes, row.digest, row.revision, row.audit_head)


def is_stale(backup: Backup | None, now: datetime) -> bool:
    """Whether there should be a newer one by now."""
    return backup is None or now - backup.made_at > STALE_AFTER


def barrier(db: Db) -> datetime | None:
    """No message that was due before this goes out by itself, since it may have gone out before the database was put back.

    It is the moment at which a backup was put back, not the one at which it was made: what the lost database did in between is unknown.
    None where no backup was ever put back.
    """
    return db.scalar(select(func.max(RestorationRow.restored_at)))


def acknowledged(db: Db, subject: str) -> tuple[str, datetime] | None:
    """Who vouched for something last, and when."""
    row = db.scalar(select(AcknowledgementRow).where(AcknowledgementRow.subject == subject).order_by(AcknowledgementRow.id.desc()).limit(1))
    return None if row is None else (row.by, row.at)
