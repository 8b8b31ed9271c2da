"""What changed between what somebody was shown and what they would sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from courses.checklists.entry import Entry
from courses.checklists.fold import fold
from courses.checklists.signing import Override, cover, digest_of
from courses.errors import DomainError

Change = Entry | Override


class RecordChanged(DomainError):
    """The record is another one than was shown; `changes` came since, as far as can be told, in the order in which they came."""

    code = "record_changed"

    def __init__(self, changes: Sequence[Change]) -> None:
        count = f"{len(changes)} thing{'' if len(changes) == 1 else 's'} came" if changes else "something came"
        super().__init__(f"The record changed since you were shown it: {count} to it. Nothing was signed; read it again and sign that.")
        self.changes = tuple(changes)


def record_digest(versions: Iterable[str], entries: Sequence[Entry], overrides: Sequence[Override], meaning: str) -> str:
    """What a signature of this meaning binds to. `versions` are the digests of the checklists' documents."""
    return digest_of(cover(versions, fold(entries), overrides, meaning))


def changed_since(
    shown: str, versions: Sequence[str], entries: Sequence[Entry], overrides: Sequence[Override], meaning: str
) -> tuple[Change, ...]:
    """What came since the record had the digest `shown`; nothing where it never had. Entries and overrides are given as they came."""
    both: list[Change] = [*entries, *overrides]
    came = sorted(both, key=_came_at)
    for count in range(len(came) - 1, -1, -1):
        before = came[:count]
        old_entries = [each for each in before if isinstance(each, Entry)]
        old_overrides = [each for each in before if isinstance(each, Override)]
        if record_digest(versions, old_entries, old_overrides, meaning) == shown:
            return tuple(came[count:])
    return ()


def _came_at(change: Change) -> datetime:
    return change.recorded_at if isinstance(change, Entry) else change.at
