"""What was written down at a session, as it is sent and shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from courses.checklists.answers import Flag, flag_of
from courses.checklists.checklist import Meaning
from courses.checklists.clocks import Alert, DueItem, Priority, alerts, due_list
from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.fold import Reading
from courses.checklists.gates import Stop
from courses.checklists.history import HistoryLine, history
from courses.checklists.item import GateClass, Item, ItemKind, Moment, Verb
from courses.checklists.kept import kept_answer
from courses.checklists.marks import Signature
from courses.checklists.release import earliest_release
from courses.checklists.signing import Override
from courses.checklists.writing import Answered
from courses.queries.charts import SessionChart
from courses.queries.pinned import KnownChecklist
from courses.sessions.status import SessionStatus
from rooms.availability.hours import SiteTime
from scheduler.access.clinical import Clinical
from scheduler.api.fields import MOMENT, Code, Shape, instant_of, on_clock

TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
FRACTION = re.compile(r"\.\d{1,6}(?=Z|[+-]\d\d:\d\d$|$)")


def _observed(value: object) -> object:
    """A time as a browser or a person writes it; parts of a second are dropped."""
    if isinstance(value, str) and re.fullmatch(MOMENT, whole := FRACTION.sub("", value), re.ASCII):
        return datetime.fromisoformat(whole)
    raise ValueError("write a time as 2026-12-01T09:00 (local to the site) or with its offset, 2026-12-01T09:00-05:00")


ObservedAt = Annotated[
    datetime,
    BeforeValidator(_observed),
    WithJsonSchema({
        "type": "string",
        "pattern": MOMENT,
        "description": "When it happened, local to the site or with an offset.",
        "examples": ["2026-12-01T09:00", "2026-12-01T09:00:12-05:00"],
    }),
]
"""When something happened. The server decides whether it comes late."""

Words = Annotated[str, Field(max_length=1000, pattern=TEXT)]
ReasonCode = Annotated[str, Field(max_length=40, pattern="^[a-z_]*$")]
ActionCode = Annotated[str, Field(max_length=40, pattern="^[a-z_-]*$")]


class Device(Shape):
    """What was given."""

    product: str = Field(min_length=1, max_length=100, pattern=TEXT)
    lot: str = Field(min_length=1, max_length=100, pattern=TEXT)
    units: int = Field(strict=True, ge=1, le=100)


Value = Annotated[
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
    | Annotated[str, Field(max_length=2000, pattern=TEXT)]
    | Device
    | None,
    Field(description="By the item's kind: true or false, a number, a choice or text, an instant with its offset, a device."),
]


class AnswerIn(Shape):
    """An answer to one item."""

    item: Code
    value: Value
    observed_at: ObservedAt | None = Field(None, description="Left out: now.")
    typed_twice: bool = Field(False, strict=True, description="An unlikely number was typed once more.")
    action: ActionCode = Field("", description="What was done about a number outside the clinic's limits.")
    reason_code: ReasonCode = Field("", description="Why it comes late; owed where it does.", examples=["busy"])
    reason: Words = ""

    def answered(self, time: SiteTime) -> Answered:
        """The answer. Raises `NoSuchTime` for a local time that the clock skips."""
        at = None if self.observed_at is None else instant_of(self.observed_at, time)
        return Answered(self.item, kept(self.value), at, self.typed_twice, self.action, self.reason_code, self.reason)


class AnswersIn(Shape):
    """What one press saves: all of it or nothing."""

    entries: list[AnswerIn] = Field(min_length=1, max_length=60)


class AmendIn(Shape):
    """What is to stand instead of an entry. The reason is owed, here or in the header Chairtime-Reason."""

    value: Value
    observed_at: ObservedAt | None = Field(None, description="Left out: as it was.")
    typed_twice: bool = Field(False, strict=True)
    action: ActionCode = ""
    reason_code: ReasonCode = Field(examples=["typing_mistake"])
    reason: Words = ""


class RetractIn(Shape):
    """Why an entry is taken back. A second person stands for it too."""

    reason_code: ReasonCode = Field(examples=["wrong_patient"])
    reason: Words = ""
    belongs_to: str = Field("", max_length=100, pattern="^[A-Za-z0-9_.:-]*$", description="The session at which it is written down afresh.")


class SignIn(Shape):
    """A signature. `digest` is that of what was shown, by the chart's `meanings`.

    A second person who stands beside the one who is signed in gives their name and proof, and signs instead.
    """

    meaning: Code
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    second_handle: str = Field("", max_length=200)
    second_password: str = Field("", max_length=1000)
    second_code: str = Field("", max_length=40)


class OverrideIn(Shape):
    """A gate that somebody goes past, and why."""

    gate: Code
    verb: Verb
    reason: Words


class AlertIn(Shape):
    """An alert that is silenced for a while."""

    alert: str = Field(min_length=1, max_length=150, pattern=r"^[A-Za-z0-9_.:-]+$")


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


class StopShown(Shape):
    """A gate, and in plain words what it asks for."""

    gate: str
    kind: GateClass
    message: Annotated[str, Clinical]

    @classmethod
    def of(cls, stop: Stop) -> StopShown:
        """As it is shown."""
        return cls(gate=stop.gate, kind=stop.kind, message=stop.sentence)


class SavedShown(Shape):
    """What was saved; `warnings` are house rules that it went past, and what is to be known of lots."""

    session: str
    entries: list[EntryShown]
    warnings: list[str]


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
        return cls(code=document.code, title=document.title, version=known.number, digest=known.digest, items=items)


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
            starts_at=_shown(known.interval and known.interval.starts_at, time),
            ends_at=_shown(known.interval and known.interval.ends_at, time),
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


def entries_shown(known: SessionChart, entries: Sequence[Entry], *, sees_hidden: bool) -> list[EntryShown]:
    """Some of a chart's entries as they are shown."""
    wanted = {entry.id for entry in entries}
    lines = history(known.documents, known.entries, known.chart, known.links)
    return [EntryShown.of(line, known.time, sees_hidden=sees_hidden) for line in lines if line.entry.id in wanted]


def kept(value: Value) -> bool | int | float | str | dict[str, str | int] | None:
    """A value as it is kept."""
    return {"product": value.product, "lot": value.lot, "units": value.units} if isinstance(value, Device) else value


def value_shown(entry: Entry) -> Value:
    """A value as it is shown."""
    value = kept_answer(entry.value)
    return Device.model_validate(value) if isinstance(value, dict) else value


def _shown(instant: datetime | None, time: SiteTime) -> datetime | None:
    return None if instant is None else on_clock(instant, time)
