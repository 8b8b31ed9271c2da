"""Backups: made whole and encrypted or not at all, and put back into an empty place only.

A backup is one file in the age format (age-encryption.org). The server holds only the public half of its key: whoever takes the server
over can make backups, and read none.
"""

from scheduler.backing_up.encrypted import Contents
from scheduler.backing_up.making import Backup, make_backup
from scheduler.backing_up.queries import STALE_AFTER, barrier, is_stale, last_backup
from scheduler.backing_up.restoring import Restored, restore

__all__ = ["STALE_AFTER", "Backup", "Contents", "Restored", "barrier", "is_stale", "last_backup", "make_backup", "restore"]
