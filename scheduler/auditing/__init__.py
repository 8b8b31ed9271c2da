"""The audit trail: everything that changed or was read of a patient is written down, in the transaction that changed it.

`append` says that something happened. `gather` and `record_changes` write one event of all that a transaction changed, without its
knowing; `record_read` one of a look. `seen_by` puts both around a database. `make_checkpoint` signs the trail's end, `check` finds out
whether anybody bent it.
"""

from __future__ import annotations

from scheduler.auditing.appending import anchor, append, record_read
from scheduler.auditing.checking import check, last_check, record_check
from scheduler.auditing.checkpointing import Notary, make_checkpoint, notary_of
from scheduler.auditing.dating import checkpoint_digits, last_change
from scheduler.auditing.gathering import gather, record_changes, seen_by

__all__ = [
    "Notary",
    "anchor",
    "append",
    "check",
    "checkpoint_digits",
    "gather",
    "last_change",
    "last_check",
    "make_checkpoint",
    "notary_of",
    "record_changes",
    "record_check",
    "record_read",
    "seen_by",
]
