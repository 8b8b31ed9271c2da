"""A session's chart as it stands, and everything that was ever written down at it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from courses.checklists.checklist import Meaning
from courses.checklists.clocks import Alert, DueItem, Priority, alerts, due_list
from courses.checklists.item import Item, ItemKind, Moment
from courses.checklists.release import earliest_release
from courses.queries.charts import SessionChart
from courses.queries.checklists import KnownChecklist
from courses.sessions.status import SessionStatus
from rooms.availability.hours import SiteTime
from scheduler.access.clinical import Clinical
from scheduler.api.chart_shapes import EntryShown, OverrideShown, ReadingShown, SignatureShown, entries_shown
from scheduler.api.fields import Shape, on_clock


class ItemShown(Shape):
    """Something that a checklist asks."""

    code: str
    words: str
    kind: ItemKind
    unit: str
    choices: list[str]
    required: bool
    answered_by: list[str]
    marks: Moment | None
    group: str
    unconfirmed: bool

    @classmethod
    def of(cls, item: Item) -> ItemShown:
        """As it is shown."""
        own = {name: getattr(item, name) for name in ("code", "words", "kind", "unit", "required", "marks", "group", "unconfirmed")}
        return cls(**own, choices=list(item.choices), answered_by=list(item.answered_by))


class ChecklistOfSession(Shape):
    """A version of a checklist by which a session is charted."""

    code: str
    title: str
    version: int
    digest: str
    items: list[ItemShown]

    @classmethod
    def of(cls, known: KnownChecklist) -> ChecklistOfSession:
        """As it is shown."""
        document = known.checklist
        items = [ItemShown.of(item) for item in document.items]
        return cls(code=document.code, title=document.title, version=known.version.number, digest=known.digest, items=items)


class MeaningShown(Shape):
    """What may be said by signing. `digest` is what is to be sent back with the signature; `signed` if one stands."""

    code: str
    words: str
    roles: list[str]
    another: bool
    before_release: bool
    digest: str
    signed: bool

    @classmethod
    def of(cls, meaning: Meaning, known: SessionChart) -> MeaningShown:
        """As it is shown."""
        return cls(
            code=meaning.code,
            words=meaning.words,
            roles=list(meaning.roles),
            another=meaning.another,
            before_release=meaning.before_release,
            digest=known.digest(meaning.code),
            signed=meaning.code in known.signed,
        )


class DueShown(Shape):
    """Something that is asked for at a time. `done_by` is the entry that did it."""

    item: str
    words: str
    due_at: datetime
    overdue_at: datetime
    done_by: str | None
    missed: bool

    @classmethod
    def of(cls, due: DueItem, time: SiteTime) -> DueShown:
        """As it is shown."""
        return cls(
            item=due.item.code,
            words=due.item.words,
            due_at=on_clock(due.due_at, time),
            overdue_at=on_clock(due.overdue_at, time),
            done_by=due.done_by and due.done_by.original.id,
            missed=due.is_missed,
        )


class AlertShown(Shape):
    """Something that somebody should see."""

    code: str
    priority: Priority
    words: Annotated[str, Clinical]

    @classmethod
    def of(cls, alert: Alert) -> AlertShown:
        """As it is shown."""
        return cls(code=alert.code, priority=alert.priority, words=alert.words)


class PatientShown(Shape):
    """Whose session it is."""

    id: str
    name: str
    born_on: date | None


class MomentsShown(Shape):
    """What minutes are counted from, by the server's clock; null: not yet."""

    arrival: datetime | None
    start: datetime | None
    first_dose: datetime | None
    last_dose: datetime | None
    end_of_treatment: datetime | None


class ChartShown(Shape):
    """A session with what stands of all that was written down at it. `version` is its ETag, that of its course."""

    session: str
    course: str
    number: int
    phase: str
    template: str
    status: SessionStatus
    outcome: str | None
    version: int
    patient: PatientShown
    now: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    released_at: datetime | None
    moments: MomentsShown
    earliest_release_at: datetime | None
    seconds_left: int | None = Field(description="Until the patient may be released, by the server's clock.")
    open: bool = Field(description="Whether it keeps to these versions of checklists from now on.")
    checklists: list[ChecklistOfSession]
    readings: list[ReadingShown]
    due: list[DueShown]
    alerts: list[AlertShown]
    meanings: list[MeaningShown]
    signatures: list[SignatureShown]
    overrides: list[OverrideShown]

    @classmethod
    def of(cls, known: SessionChart, *, now: datetime) -> ChartShown:
        """A chart as it is shown at a moment."""
        time, items = known.time, {item.code: item for document in known.documents for item in document.items}
        standing = [(reading, reading.current) for reading in known.chart.readings if reading.current]
        earliest = earliest_release(known.documents, known.moments)
        until = known.released_at or now
        due = due_list(known.documents, known.chart, known.moments, now=now, until=until)
        told = () if known.released_at else alerts(known.documents, known.chart, known.moments, now=now)
        return cls(
            session=known.session,
            course=known.course,
            number=known.number,
            phase=known.phase,
            template=known.template,
            status=known.status,
            outcome=known.outcome,
            version=known.version,
            patient=PatientShown(id=known.patient.id, name=known.patient.name, born_on=known.patient.born_on),
            now=on_clock(now, time),
            starts_at=_shown(known.interval.starts_at if known.interval else None, time),
            ends_at=_shown(known.interval.ends_at if known.interval else None, time),
            released_at=_shown(known.released_at, time),
            moments=MomentsShown(**{moment.value: _shown(known.moments.of(moment), time) for moment in Moment}),
            earliest_release_at=_shown(earliest, time),
            seconds_left=None if earliest is None else max(0, int((earliest - now.astimezone(UTC)).total_seconds())),
            open=known.is_open,
            checklists=[ChecklistOfSession.of(each) for each in known.checklists],
            readings=[ReadingShown.of(reading, entry, items[entry.item], time) for reading, entry in standing],
            due=[DueShown.of(each, time) for each in due],
            alerts=[AlertShown.of(each) for each in told],
            meanings=[MeaningShown.of(each, known) for each in known.meanings],
            signatures=[SignatureShown.of(each, known) for each in known.signatures],
            overrides=[OverrideShown.of(each, time) for each in known.overrides],
        )


class HistoryShown(Shape):
    """Everything that was ever written down at a session, in the order in which it came."""

    session: str
    number: int
    patient: PatientShown
    checklists: list[str] = Field(description="The digests of the checklists' documents.")
    entries: list[EntryShown]
    signatures: list[SignatureShown]
    overrides: list[OverrideShown]

    @classmethod
    def of(cls, known: SessionChart, *, sees_hidden: bool) -> HistoryShown:
        """The history as it is shown to somebody."""
        return cls(
            session=known.session,
            number=known.number,
            patient=PatientShown(id=known.patient.id, name=known.patient.name, born_on=known.patient.born_on),
            checklists=[each.digest for each in known.checklists],
            entries=entries_shown(known, known.entries, sees_hidden=sees_hidden),
            signatures=[SignatureShown.of(each, known) for each in known.signatures],
            overrides=[OverrideShown.of(each, known.time) for each in known.overrides],
        )


def _shown(instant: datetime | None, time: SiteTime) -> datetime | None:
    return None if instant is None else on_clock(instant, time)
