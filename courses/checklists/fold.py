"""What is shown of all that was written down.

Entries form chains: an original, and the amendments and retractions that replace it or each other. Which of them stands is told by what
replaces what, and only between amendments of equal standing by when the server learned of them: a clock that was set back cannot bring an
amended value back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from courses.checklists.entry import Answer, Entry, EntryKind


@dataclass(frozen=True)
class Reading:
    """One chain: `history` has all of it as the server learned of it, `current` what stands of it now (None: nothing, it is retracted).

    `disputed` when two people amended the same entry and both amendments stand.
    """

    original: Entry
    current: Entry | None
    history: tuple[Entry, ...]
    disputed: bool = False

    @property
    def item(self) -> str:
        """The code of the item that it answers."""
        return self.original.item

    @property
    def is_retracted(self) -> bool:
        """Whether nothing of it stands."""
        return self.current is None

    @property
    def value(self) -> Answer:
        """What stands; None where it is retracted."""
        return self.current.value if self.current else None

    @property
    def observed_at(self) -> datetime:
        """When it happened, by what stands; of a retracted reading by what stood first."""
        return (self.current or self.original).observed_at


@dataclass(frozen=True)
class Chart:
    """Every reading of a session, retracted ones too, by when it was observed."""

    readings: tuple[Reading, ...] = ()

    @cached_property
    def _by_item(self) -> dict[str, tuple[Reading, ...]]:
        found: dict[str, list[Reading]] = defaultdict(list)
        for reading in self.readings:
            if not reading.is_retracted:
                found[reading.item].append(reading)
        return {code: tuple(readings) for code, readings in found.items()}

    def of(self, item: str) -> tuple[Reading, ...]:
        """The readings of an item that stand, by when they were observed."""
        return self._by_item.get(item, ())

    def latest(self, item: str) -> Reading | None:
        """The reading of an item that was observed last, of those that stand."""
        return self.of(item)[-1] if self.of(item) else None

    @property
    def effective(self) -> tuple[Entry, ...]:
        """The entries that stand, by when they were observed."""
        return tuple(reading.current for reading in self.readings if reading.current)


def fold(entries: Sequence[Entry]) -> Chart:
    """The chart that entries make, in whatever order they are given."""
    known = {entry.id: entry for entry in sorted(entries, key=_learned)}
    chains: dict[str, list[Entry]] = defaultdict(list)
    for entry in known.values():
        chains[_root(entry, known)].append(entry)
    readings = [_reading(known[root], chain) for root, chain in chains.items()]
    return Chart(tuple(sorted(readings, key=lambda each: (each.observed_at, *_learned(each.original)))))


def _learned(entry: Entry) -> tuple[datetime, str]:
    return entry.recorded_at, entry.id


def _root(entry: Entry, known: dict[str, Entry]) -> str:
    """The entry that a chain begins with; one whose forerunner is not given begins its own."""
    seen: set[str] = set()
    while entry.replaces in known and entry.id not in seen:
        seen.add(entry.id)
        entry = known[entry.replaces]
    return entry.id


def _reading(original: Entry, chain: Sequence[Entry]) -> Reading:
    taken_back = {entry.replaces for entry in chain if entry.kind is EntryKind.RETRACTION}
    nothing_stands = original.kind is EntryKind.RETRACTION or original.id in taken_back
    standing = [entry for entry in chain if entry.kind is not EntryKind.RETRACTION and entry.id not in taken_back]
    by_replaced: dict[str, set[str]] = defaultdict(set)
    for entry in standing:
        if entry.replaces:
            by_replaced[entry.replaces].add(entry.author.id)
    current = None if nothing_stands else max(_uppermost(standing, chain), key=_learned)
    return Reading(original, current, tuple(chain), current is not None and any(len(authors) > 1 for authors in by_replaced.values()))


def _uppermost(standing: Sequence[Entry], chain: Sequence[Entry]) -> list[Entry]:
    """Those that no other standing entry replaces, directly or by way of an amendment that was taken back."""
    known = {entry.id: entry for entry in chain}
    below: set[str] = set()
    for entry in standing:
        replaced = entry.replaces
        while replaced in known and replaced not in below:
            below.add(replaced)
            replaced = known[replaced].replaces
    return [entry for entry in standing if entry.id not in below]
