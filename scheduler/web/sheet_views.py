"""One session's sheet as it is shown: who it is, what stands before the next move, and what is asked, step by step, with what was said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from courses.checklists.answers import Flag, answer_words, flag_of
from courses.checklists.clocks import DueItem, due_list
from courses.checklists.entry import Answer, DeviceAnswer, Entry, EntryKind
from courses.checklists.fold import Reading
from courses.checklists.gates import Stop
from courses.checklists.item import Item, ItemKind, Verb
from courses.checklists.release import earliest_release, missing
from courses.checklists.writing import WRONG_PATIENT, MayNot, Writer, author_of
from courses.queries import SessionLine
from courses.queries.charts import SessionChart
from courses.sessions.status import SessionStatus
from scheduler.web.observation_views import AlertShown, Seat, Watch, lasted, left, since, until
from scheduler.web.rendering import clock
from scheduler.web.writers import role_words

_S = SessionStatus
AHEAD = timedelta(hours=3)
LATE_WORDS = {
    "busy": "Busy with another patient",
    "emergency": "Emergency",
    "forgotten": "Forgotten",
    "device_down": "Device did not work",
    "network_down": "Network was down",
    "other": "Other",
}
KIND_WORDS = {EntryKind.LATE: "late", EntryKind.AMENDMENT: "changed", EntryKind.RETRACTION: "taken back", EntryKind.ORIGINAL: ""}
BEFORE = {Verb.START: "before the start", Verb.DOSE: "before a dose", Verb.RELEASE: "before the release"}
FEW = 3
"""From how many questions of yes or no on one press answers no to all of them."""
MOST_READINGS = 6
"""How many readings of one item a sheet shows; all of them stand in the history."""


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """One reading; times are the site's. `was` is what stood before it was changed."""

    text: str
    was: str
    observed_at: datetime
    recorded_at: datetime
    by: str
    mark: str
    is_loud: bool
    is_outside: bool
    is_retracted: bool
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers: what is kept, and how it reads."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One item. `is_open`: something can be answered now; `who` says whose it is where it is not the reader's."""

    code: str
    words: str
    kind: str
    unit: str
    choices: tuple[Choice, ...]
    help: str
    is_required: bool
    must: str
    state: str
    readings: tuple[ReadingShown, ...]
    disputed: bool
    is_open: bool
    may_answer: bool
    who: str
    low: float | None
    high: float | None
    is_decimal: bool
    below: str
    button: str
    stock: tuple[tuple[str, str], ...]
    unconfirmed: bool

    @property
    def key(self) -> str:
        """What tells it on the page."""
        return self.code


@dataclass(frozen=True, slots=True)
class GroupShown:
    """Items that belong to one step. `is_set`: numbers that are read together, again and again. `is_folded`: everything was said.

    `ticks` and `noes` are the items that one press may answer together with done, or with no: each still becomes an entry of its own.
    """

    key: str
    name: str
    items: tuple[ItemShown, ...]
    state: str
    note: str
    is_set: bool
    unconfirmed: bool
    is_folded: bool = False
    ticks: tuple[ItemShown, ...] = ()
    noes: tuple[ItemShown, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether anything of it was said."""
        return any(item.readings for item in self.items)


@dataclass(frozen=True, slots=True)
class StopShown:
    """Something in the way of a move, and where somebody may go past it."""

    kind: str
    sentence: str
    override_href: str


@dataclass(frozen=True, slots=True)
class Move:
    """The next move of the session, and what stands before it."""

    verb: str
    title: str
    button: str
    method: str
    action: str
    stops: tuple[StopShown, ...] = ()
    missing: tuple[ItemShown, ...] = ()
    not_before: datetime | None = None
    not_before_told: str = ""
    way_out: str = ""
    way_out_operation: str = ""

    @property
    def operation(self) -> str:
        """Its address, as the permission table names it."""
        return "/sessions/{session}/arrive" if self.verb == "arrive" else f"/sessions/{{session}}/sheet/{self.verb}"

    @property
    def is_stopped(self) -> bool:
        """Whether it is refused as things stand; the server says so too. What stands before a further dose stops nobody from watching."""
        return (self.verb != "observe" and any(stop.kind != "house" for stop in self.stops)) or bool(self.missing)


@dataclass(frozen=True, slots=True)
class SignatureShown:
    """A signature. `amended`: something came to the record since."""

    by: str
    role: str
    at: str
    meaning: str
    amended: bool
    digest: str


@dataclass(frozen=True, slots=True)
class SeatShown:
    """A seat that somebody with this name sits in today."""

    name: str
    short: str
    color: int
    is_ours: bool


@dataclass(frozen=True)
class Sheet:
    """Makes what the sheet shows of a chart. `stops` are what the clinic, the program and the roster have against each move."""

    chart: SessionChart
    line: SessionLine
    seat_shown: Seat
    watch: Watch
    writer: Writer
    now_utc: datetime
    stops: Mapping[Verb, Sequence[Stop]] = field(default_factory=dict)
    lots: Sequence[tuple[str, str]] = ()
    alike: Sequence[tuple[SessionLine, Seat]] = ()
    sees_values: bool = True

    # Who it is

    @property
    def session(self) -> str:
        """The session's public id."""
        return self.chart.session

    @property
    def patient(self) -> str:
        """The patient's name."""
        return self.line.patient

    @property
    def born_on(self) -> date | None:
        """Their birth date."""
        return self.chart.patient.born_on

    @property
    def title(self) -> str:
        """What is given."""
        return self.line.protocol

    @property
    def number(self) -> int:
        """Which session of the course it is."""
        return self.line.number

    @property
    def n_sessions(self) -> int:
        """How many the course has."""
        return self.line.of

    @property
    def seat(self) -> str:
        """The seat in a few letters."""
        return self.seat_shown.short

    @property
    def seat_name(self) -> str:
        """The seat's name."""
        return self.seat_shown.name

    @property
    def color(self) -> int:
        """The seat's color."""
        return self.seat_shown.color

    @property
    def now(self) -> datetime:
        """The present on the site's wall."""
        return self.chart.time.local(self.now_utc)

    @property
    def state(self) -> str:
        """The session's state, for its mark."""
        ready = self.chart.status is _S.IN_OBSERVATION and self._leaves is not None and self._leaves <= self.now_utc
        return "ready" if ready else str(self.chart.status)

    @property
    def outcome(self) -> str:
        """How it ended, where that is not as meant."""
        return self.chart.outcome if self.chart.outcome and self.chart.outcome != "complete" else ""

    @property
    def since_words(self) -> str:
        """What its minutes are counted from."""
        return since(self.chart)[0]

    @property
    def since_at(self) -> datetime | None:
        """And when that was; nothing once it is over."""
        at = since(self.chart)[1]
        return self.chart.time.local(at) if at and self.chart.released_at is None else None

    @property
    def since_told(self) -> str:
        """How long ago."""
        return lasted(since(self.chart)[1], self.now_utc)

    @property
    def leaves_at(self) -> datetime | None:
        """Before when nobody may leave; nothing once they left."""
        return self.chart.time.local(self._leaves) if self._leaves and self.chart.released_at is None else None

    @property
    def leaves_told(self) -> str:
        """How many minutes are left."""
        return left(self._leaves, self.now_utc)

    @property
    def _leaves(self) -> datetime | None:
        return earliest_release(self.chart.documents, self.chart.moments)

    @property
    def namesakes(self) -> list[str]:
        """The sessions of others with this name who are here today."""
        return [line.id for line, _ in self.alike]

    @property
    def seats_to_choose(self) -> list[SeatShown]:
        """Their seats and this one, in one order for all of them."""
        both = [(self.seat_shown, True), *((seat, False) for _, seat in self.alike)]
        return [SeatShown(seat.name, seat.short, seat.color, ours) for seat, ours in sorted(both, key=lambda each: each[0].name)]

    @property
    def alerts(self) -> tuple[AlertShown, ...]:
        """What is alarming about this one."""
        return next((tile.alerts for tile in self.watch.tiles() if tile.session == self.session), ())

    @property
    def is_over(self) -> bool:
        """Whether the patient went, or will not come."""
        return self.chart.status in {_S.DISCHARGED, _S.CANCELLED, _S.MISSED}

    @property
    def over_told(self) -> str:
        """That it is over, in a few words."""
        at = self.chart.released_at
        return f"Released at {clock(self.chart.time.local(at))}" if at else "This session is over"

    # What may be done

    @property
    def writes(self) -> bool:
        """Whether the reader may write something down here."""
        return bool(self.writer.at(self.chart.site.id).write) and self.chart.status not in {_S.CANCELLED, _S.MISSED, _S.PLANNED}

    @property
    def may_sign(self) -> bool:
        """Whether the reader may sign something here."""
        rights = self.writer.at(self.chart.site.id)
        return bool(rights.sign or rights.co_sign) and bool(self.chart.meanings)

    @property
    def late_reasons(self) -> list[tuple[str, str]]:
        """Why something may be written down late."""
        return list(LATE_WORDS.items())

    @property
    def move(self) -> Move | None:
        """The next move, with all that stands before it, and where somebody goes where it cannot go on."""
        found, address = self._next_move, f"/sessions/{self.session}"
        if found and self.chart.status is _S.ARRIVED:
            return replace(found, way_out=f"{address}#cancel", way_out_operation="POST /sessions/{session}/cancel")
        if found and self.chart.status in {_S.IN_TREATMENT, _S.IN_OBSERVATION} and not self.chart.outcome:
            return replace(found, way_out=f"{address}/sheet/stop", way_out_operation="POST /sessions/{session}/sheet/stop")
        return found

    @property
    def _next_move(self) -> Move | None:
        here = f"/sessions/{self.session}/sheet"
        match self.chart.status:
            case _S.BOOKED:
                return Move("arrive", "Not here yet", "The patient is here", "post", f"/sessions/{self.session}/arrive")
            case _S.ARRIVED:
                return self._gated(Move("start", "Before the start", "Start the treatment", "post", f"{here}/start"), Verb.START)
            case _S.IN_TREATMENT if any(each.watch for each in self.chart.documents):
                if self.chart.moments.first_dose is None:
                    return self._gated(Move("dose", "Before the dose", "", "post", ""), Verb.DOSE)
                return Move("observe", "Treatment under way", "Treatment is over: watch", "post", f"{here}/observe", self._stops(Verb.DOSE))
            case _S.IN_TREATMENT | _S.IN_OBSERVATION:
                return self.release
        return None

    @property
    def release(self) -> Move:
        """The release, with all that stands before it."""
        return self._gated(
            Move("release", "Before the release", "Release …", "get", f"/sessions/{self.session}/sheet/release"), Verb.RELEASE
        )

    def _gated(self, move: Move, verb: Verb) -> Move:
        checklists, chart = self.chart.documents, self.chart
        open_items = missing(checklists, chart.chart, chart.moments, verb, now=self.now_utc)
        shown = tuple(self._shown(item, ()) for item in open_items)
        waits = verb is Verb.RELEASE and self._leaves is not None and self._leaves > self.now_utc
        return Move(
            move.verb,
            move.title,
            move.button,
            move.method,
            move.action,
            self._stops(verb, without={item.code for item in open_items if chart.chart.latest(item.code) is None}),
            shown,
            self.leaves_at if waits else None,
            self.leaves_told if waits else "",
        )

    def _stops(self, verb: Verb, *, without: Collection[str] = ()) -> tuple[StopShown, ...]:
        """What only is not answered yet (`without`) is named among what is open, not as something in the way."""
        here, mine = f"/sessions/{self.session}/sheet/override", set(self.writer.at(self.chart.site.id).override)
        return tuple(
            StopShown(stop.kind, stop.sentence, f"{here}?gate={stop.gate}&verb={verb}" if mine & set(stop.overridden_by) else "")
            for stop in self.stops.get(verb, ())
            if stop.gate not in without
        )

    # What is asked

    @property
    def groups(self) -> tuple[GroupShown, ...]:
        """The items under their steps, in the order of the checklists."""
        dues = self._dues()
        grouped: dict[str, list[Item]] = {}
        for known in self.chart.checklists:
            for item in known.checklist.items:
                if item.kind is not ItemKind.SIGNATURE:
                    grouped.setdefault(item.group or known.checklist.title, []).append(item)
        return tuple(self._group(name, items, dues) for name, items in grouped.items())

    def _dues(self) -> dict[str, list[DueItem]]:
        found: dict[str, list[DueItem]] = {}
        chart = self.chart
        if chart.released_at is None:
            for due in due_list(chart.documents, chart.chart, chart.moments, now=self.now_utc, until=self.now_utc + AHEAD):
                if due.done_by is None and not due.is_missed:
                    found.setdefault(due.item.code, []).append(due)
        return found

    def _group(self, name: str, items: Sequence[Item], dues: Mapping[str, list[DueItem]]) -> GroupShown:
        shown = tuple(self._shown(item, dues.get(item.code, ())) for item in items)
        state, note = self._group_note([due for item in items for due in dues.get(item.code, ())], shown)
        key = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
        numbers = [item for item in items if item.kind is ItemKind.NUMBER]
        asked = [(item, each) for item, each in zip(items, shown, strict=True) if each.is_open and each.may_answer]
        ticks = tuple(each for item, each in asked if item.kind is ItemKind.CHECK and not each.readings and is_ticked_with_others(item))
        noes = tuple(each for item, each in asked if item.choices == ("no", "yes") and self._is_asked_now(each))
        folded = self._is_folded(items, shown, dues)
        unconfirmed = any(item.unconfirmed for item in shown)
        return GroupShown(key, name, shown, state, note, len(numbers) > 1, unconfirmed, folded, ticks, noes if len(noes) >= FEW else ())

    def _is_asked_now(self, item: ItemShown) -> bool:
        """Whether an answer is wanted at this moment: never, or not lately, and its time has come."""
        if self.chart.status is not _S.IN_OBSERVATION:
            return not item.readings
        return item.state == "due" or (self.state == "ready" and item.code in self._owed)

    @cached_property
    def _owed(self) -> frozenset[str]:
        open_items = missing(self.chart.documents, self.chart.chart, self.chart.moments, Verb.RELEASE, now=self.now_utc)
        return frozenset(item.code for item in open_items)

    def _is_folded(self, items: Sequence[Item], shown: Sequence[ItemShown], dues: Mapping[str, list[DueItem]]) -> bool:
        """Whether nothing of a step is asked now: all of it was said, or its time has not come."""
        if any(item.code in dues for item in items):
            return False
        if all(not each.is_open for each in shown):
            return True
        comes_later = all(item.due and all(due.before is Verb.RELEASE or due.after for due in item.due) for item in items)
        return comes_later and self.chart.status in {_S.BOOKED, _S.ARRIVED, _S.IN_TREATMENT} and next_verb(self.chart) is not Verb.RELEASE

    def _group_note(self, dues: Sequence[DueItem], shown: Sequence[ItemShown]) -> tuple[str, str]:
        if dues:
            first = min(dues, key=lambda due: due.due_at)
            state = "overdue" if self.now_utc >= first.overdue_at else "due" if self.now_utc >= first.due_at else "ahead"
            return state, f"due {clock(self.chart.time.local(first.due_at))}, {until(first.due_at, self.now_utc)}"
        is_done = all(item.state == "done" for item in shown if item.is_required) and any(item.readings for item in shown)
        return ("done", "nothing open") if is_done else ("", "")

    def item_shown(self, item: Item) -> ItemShown:
        """One item alone."""
        return self._shown(item, ())

    def _shown(self, item: Item, dues: Sequence[DueItem]) -> ItemShown:
        readings = [each for each in self.chart.chart.readings if each.item == item.code]
        standing = [each for each in readings if not each.is_retracted]
        first = min(dues, key=lambda due: due.due_at) if dues else None
        is_due = first is not None and first.due_at <= self.now_utc
        state = "due" if is_due else "done" if standing else "open"
        possible = item.bands.possible if item.bands else None
        before = next((self._before[due.before] for due in item.due if due.before), self._before[item.gate.before] if item.gate else "")
        is_decimal = possible is not None and any(bound is not None and bound % 1 for bound in (possible.low, possible.high))
        return ItemShown(
            item.code,
            item.words,
            item.kind,
            item.unit,
            tuple(Choice(each, each.replace("_", " ").capitalize()) for each in item.choices),
            item.help,
            item.required,
            before or "needed",
            state,
            tuple(self._reading(item, each) for each in readings[-MOST_READINGS:]),
            any(each.disputed for each in readings),
            self._is_open(item, standing, first),
            self._may(item),
            f"{' or '.join(role_words(role) for role in item.answered_by)} answers this." if item.answered_by else "",
            possible.low if possible else None,
            possible.high if possible else None,
            is_decimal or item.unit in {"°C", "mg/kg"},
            item.below,
            "Given now" if item.kind is ItemKind.DEVICE else "Yes, done",
            tuple(self.lots),
            item.unconfirmed,
        )

    @cached_property
    def _before(self) -> Mapping[Verb, str]:
        gives_devices = any(item.kind is ItemKind.DEVICE for document in self.chart.documents for item in document.items)
        return BEFORE if gives_devices else BEFORE | {Verb.DOSE: "before the treatment"}

    def _is_open(self, item: Item, standing: Sequence[Reading], due: DueItem | None) -> bool:
        status = self.chart.status
        if status in {_S.PLANNED, _S.CANCELLED, _S.MISSED} or item.kind is ItemKind.SIGNATURE:
            return False
        if status is _S.BOOKED:
            return item.is_asked_before(Verb.START) and not standing
        asked_again = item.kind is ItemKind.NUMBER or item.marks is not None or any(each.every for each in item.due) or len(item.due) > 1
        return not standing or due is not None or asked_again

    def _may(self, item: Item) -> bool:
        try:
            author_of(self.writer, self.chart.site.id, item)
        except MayNot:
            return False
        return True

    def _reading(self, item: Item, reading: Reading) -> ReadingShown:
        entry = reading.current or reading.original
        local = self.chart.time.local
        retracted = next((each for each in reading.history if each.kind is EntryKind.RETRACTION), None)
        hidden = reading.is_retracted and retracted is not None and retracted.reason_code == WRONG_PATIENT
        was = self._words(item, reading.original.value) if entry is not reading.original and not hidden else ""
        mark = "taken back" if reading.is_retracted else KIND_WORDS[entry.kind]
        return ReadingShown(
            "not shown" if hidden or not self.sees_values else self._words(item, entry.value),
            was if self.sees_values else "",
            local(entry.observed_at),
            local(entry.recorded_at),
            entry.author.name,
            mark,
            reading.is_retracted or entry.kind is EntryKind.AMENDMENT,
            flag_of(item, entry.value) is Flag.OUTSIDE_LIMITS and not reading.is_retracted,
            reading.is_retracted,
            f"/sessions/{self.session}/sheet/entries/{entry.id}" if self.writes and not reading.is_retracted else "",
        )

    def _words(self, item: Item, value: Answer) -> str:
        return value_words(item, value, self.chart)

    # What was signed

    @property
    def signatures(self) -> list[SignatureShown]:
        """Who signed what, in order."""
        meanings = {meaning.code: meaning.words for meaning in self.chart.meanings}
        return [
            SignatureShown(
                each.by.name,
                role_words(each.by.role),
                f"{self.chart.time.local(each.at):%Y-%m-%d %H:%M %Z}",
                meanings.get(each.meaning, each.meaning),
                not self.chart.stands(each),
                each.digest,
            )
            for each in self.chart.signatures
        ]

    @property
    def overrides(self) -> list[str]:
        """Who went past which gate, in sentences."""
        return [
            f"{each.by.name}{f' and {each.second.name}' if each.second else ''} went past “{self._gate(each.gate)}” at "
            f"{clock(self.chart.time.local(each.at))}: {each.reason}"
            for each in self.chart.overrides
        ]

    def _gate(self, gate: str) -> str:
        return next((c.by_code[gate].words for c in self.chart.documents if gate in c.by_code), gate.replace("-", " "))


def is_ticked_with_others(item: Item) -> bool:
    """Whether one press may tick it with others: not what somebody judges before a release, nor what tells a moment of its own."""
    return item.marks is None and (item.gate is None or item.gate.before is not Verb.RELEASE)


def next_verb(chart: SessionChart) -> Verb | None:
    """Before which move a session stands; None where it is over, or will not be."""
    if chart.status in {_S.BOOKED, _S.ARRIVED}:
        return Verb.START
    if chart.status is _S.IN_TREATMENT and any(document.watch for document in chart.documents):
        return Verb.DOSE
    return Verb.RELEASE if chart.status in {_S.IN_TREATMENT, _S.IN_OBSERVATION} else None


def value_words(item: Item | None, value: Answer, chart: SessionChart) -> str:
    """An answer as it is read on a page: times are the site's."""
    if isinstance(value, datetime):
        return f"{chart.time.local(value):%b %d, %H:%M}"
    if isinstance(value, DeviceAnswer):
        return f"{value.units} × {value.product}, lot {value.lot}"
    if item is None:
        return "" if value is None else str(value)
    words = answer_words(item, value)
    return words.replace("_", " ") if item.kind is ItemKind.CHOICE else words


def told(entry: Entry) -> str:
    """What kind of entry it is, in a word."""
    return {EntryKind.ORIGINAL: "original", EntryKind.LATE: "late", EntryKind.AMENDMENT: "changed", EntryKind.RETRACTION: "taken back"}[
        entry.kind
    ]
