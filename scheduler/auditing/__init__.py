"""The audit trail: everything that changed or was read of a patient is written down, in the transaction that changed it.

`append` says that something happened. `gather` and `record_changes` write one event of all that a transaction changed, without its
knowing; `record_read` one of a look. `seen_by` puts both around a database.
"""

from __future__ import annotations

from scheduler.auditing.appending import anchor, append, record_read
from scheduler.auditing.gathering import gather, record_changes, seen_by

__all__ = ["anchor", "append", "gather", "record_changes", "record_read", "seen_by"]
