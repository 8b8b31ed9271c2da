"""Entries, signatures and gates that were gone past, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from courses.checklists.answers import Flag, flag_of
from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.fold import Reading
from courses.checklists.history import HistoryLine, history
from courses.checklists.item import Item
from courses.checklists.kept import kept_answer
from courses.checklists.marks import Signature
from courses.checklists.signing import Override
from courses.queries.charts import SessionChart
from rooms.availability.hours import SiteTime
from scheduler.access.clinical import Clinical
from scheduler.api.chart_requests import Device, Value
from scheduler.api.fields import Shape, on_clock


class PersonShown(Shape):
    """Who wrote or signed, and by which role."""

    name: str
    role: str

    @classmethod
    def of(cls, person: Person) -> PersonShown:
        """Somebody in short."""
        return cls(name=person.name, role=person.role)


class EntryShown(Shape):
    """An entry as it was written down. `hidden` if its value is kept from whoever asks."""

    id: str
    reading: str
    item: str
    words: str
    kind: EntryKind
    value: Annotated[Value, Clinical]
    unit: str
    observed_at: datetime
    recorded_at: datetime
    author: PersonShown
    second: PersonShown | None
    replaces: str | None
    reason_code: str
    reason: Annotated[str, Clinical]
    action: str
    source: str
    moved_from: str | None
    stands: bool
    hidden: bool
    other_session: str | None = Field(description="The session at which the same was, or is, written down.")
    note: str
    digest: str

    @classmethod
    def of(cls, line: HistoryLine, time: SiteTime, *, sees_hidden: bool) -> EntryShown:
        """A line of the history."""
        entry, hidden = line.entry, line.is_hidden and not sees_hidden
        return cls(
            id=entry.id,
            reading=line.reading,
            item=entry.item,
            words=line.words,
            kind=entry.kind,
            value=None if hidden else value_shown(entry),
            unit=entry.unit,
            observed_at=on_clock(entry.observed_at, time),
            recorded_at=on_clock(entry.recorded_at, time),
            author=PersonShown.of(entry.author),
            second=entry.second and PersonShown.of(entry.second),
            replaces=entry.replaces,
            reason_code=entry.reason_code,
            reason=entry.reason,
            action=entry.action,
            source=entry.source,
            moved_from=entry.moved_from,
            stands=line.stands,
            hidden=hidden,
            other_session=line.link or None,
            note=line.note,
            digest=line.digest,
        )


class ReadingShown(Shape):
    """What stands of a reading. `entry` is the entry that stands, `versions` how many entries it took."""

    entry: str
    item: str
    words: str
    value: Annotated[Value, Clinical]
    unit: str
    flag: Annotated[Flag, Clinical]
    observed_at: datetime
    recorded_at: datetime
    kind: EntryKind
    author: PersonShown
    disputed: bool
    versions: int

    @classmethod
    def of(cls, reading: Reading, entry: Entry, item: Item, time: SiteTime) -> ReadingShown:
        """A reading that stands."""
        return cls(
            entry=entry.id,
            item=entry.item,
            words=item.words,
            value=value_shown(entry),
            unit=entry.unit,
            flag=flag_of(item, entry.value),
            observed_at=on_clock(entry.observed_at, time),
            recorded_at=on_clock(entry.recorded_at, time),
            kind=entry.kind,
            author=PersonShown.of(entry.author),
            disputed=reading.disputed,
            versions=len(reading.history),
        )


class SignatureShown(Shape):
    """A signature. It `stands` while the record is what was signed; else it was amended since, and is to be signed again."""

    id: str
    meaning: str
    at: datetime
    by: PersonShown
    strength: str
    digest: str
    stands: bool

    @classmethod
    def of(cls, signature: Signature, known: SessionChart) -> SignatureShown:
        """A signature as it is shown."""
        return cls(
            id=signature.id,
            meaning=signature.meaning,
            at=on_clock(signature.at, known.time),
            by=PersonShown.of(signature.by),
            strength=signature.strength,
            digest=signature.digest,
            stands=known.stands(signature),
        )


class OverrideShown(Shape):
    """A gate that somebody went past."""

    id: str
    gate: str
    verb: str
    at: datetime
    by: PersonShown
    second: PersonShown | None
    reason: Annotated[str, Clinical]

    @classmethod
    def of(cls, override: Override, time: SiteTime) -> OverrideShown:
        """As it is shown."""
        return cls(
            id=override.id,
            gate=override.gate,
            verb=override.verb,
            at=on_clock(override.at, time),
            by=PersonShown.of(override.by),
            second=override.second and PersonShown.of(override.second),
            reason=override.reason,
        )


class SavedShown(Shape):
    """What was saved; `warnings` are house rules that it went past, and what is to be known of lots."""

    session: str
    entries: list[EntryShown]
    warnings: list[str]


def entries_shown(known: SessionChart, entries: Sequence[Entry], *, sees_hidden: bool) -> list[EntryShown]:
    """Some of a chart's entries as they are shown."""
    wanted = {entry.id for entry in entries}
    lines = history(known.documents, known.entries, known.chart, known.links)
    return [EntryShown.of(line, known.time, sees_hidden=sees_hidden) for line in lines if line.entry.id in wanted]


def value_shown(entry: Entry) -> Value:
    """A value as it is shown."""
    value = kept_answer(entry.value)
    return Device.model_validate(value) if isinstance(value, dict) else value
