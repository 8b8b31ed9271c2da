"""Writing down what happens while a patient is there. Nothing that was written is ever changed: it is added to.

Every change locks the patient first, so that what it decides on is still so when it is done: two who send the same once more, or who give
a dose at the same moment, come one after the other. When something happened is told by the writer, when it was learned of by the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from courses import forming, pinning, queries
from courses.checklists.answers import check_answer, check_together
from courses.checklists.entry import Answer, Entry, EntryKind, Person
from courses.checklists.fold import Reading
from courses.checklists.gates import Stop, check_standing
from courses.checklists.item import Item, Verb
from courses.checklists.kept import Kept, answer_of, kept_answer
from courses.checklists.writing import (
    AMEND_REASONS,
    DOSES,
    LATE_REASONS,
    PAPER_REASON,
    RETRACT_REASONS,
    Amended,
    Answered,
    MayNot,
    NotOpen,
    Press,
    Retracted,
    SavedDifferently,
    TakenBack,
    amender,
    author_of,
    check_observed,
    checked_reason,
    is_frozen,
    kind_of,
)
from courses.errors import Faulty
from courses.owed.lots import Caution
from courses.progressing import observe_treated
from courses.queries import charts
from courses.queries.charts import SessionChart
from courses.queries.stops import stops_before
from courses.records import EntryRow
from rooms import faults
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, the house rules that it went past, and what is to be known of the lots of devices."""

    entries: tuple[Entry, ...]
    warnings: tuple[Stop, ...] = ()
    cautions: tuple[Caution, ...] = ()


def record(db: Db, session: str, answers: Sequence[Answered], press: Press, *, from_paper: bool = False) -> Saved:
    """Write down the answers of one press, all of them or none. Whether they come late is decided by the server's clock.

    From paper, written while nothing worked, a dose is taken as what happened: gates are told, and stop nothing. Raises `MayNot`, `Faulty`
    and its kin for answers that cannot be, `Stopped` for a dose behind a gate, `NotOpen`, `SavedDifferently`, `Unknown`.
    """
    known = _locked(db, session)
    before = _saved_before(db, known, {each.item: each.value for each in answers}, press)
    if before:
        return before
    new = [_answered(known, each, press, from_paper=from_paper) for each in answers]
    _check_batch(known, new)
    stops = _dose_stops(db, known, new)
    if not from_paper:
        check_standing(Verb.DOSE, stops)
    return Saved(tuple(new), stops, _write(db, known, new, press))


def amend(db: Db, session: str, entry: str, to: Amended, press: Press) -> Saved:
    """Let something else stand instead of an entry, which stays to be read; where two amend the same, both are kept and shown.

    One's own, or another's if the roles give that. Raises as `record`, and `Retracted` for what was taken back.
    """
    known = _locked(db, session)
    old = known.entry(entry)
    before = _saved_before(db, known, {old.item: to.value}, press)
    if before:
        return before
    reading, (checklist, item) = _standing(known, old), known.item(old.item)
    code, reason = checked_reason(to.reason_code, to.reason, AMEND_REASONS)
    author = amender(press.writer, known.site.id, old)
    observed_at = _instant(to.observed_at) if to.observed_at else old.observed_at
    if to.observed_at:
        check_observed(observed_at, not_before=_not_before(known, item, old.source), now=press.now)
    value = answer_of(item, to.value)
    check_answer(item, value, typed_twice=to.typed_twice, action=to.action)
    check_together(checklist.checklist, {**_beside(known, reading), item.code: value})
    made = _entry(known, item, value, observed_at, author, press)
    new = replace(made, kind=EntryKind.AMENDMENT, replaces=old.id, source=old.source, reason_code=code, reason=reason, action=to.action)
    return Saved((new,), cautions=_write(db, known, [new], press))


def retract(db: Db, session: str, entry: str, why: TakenBack, press: Press) -> Saved:
    """Take an entry back, by two people; what it said stays. Of an amendment only that is taken back, and what stood before stands again.

    What was written down for the wrong patient is hidden from most, and may be written down afresh, with a link, at the session that it
    belongs to. Raises `MayNot`, `Faulty`, `Retracted`, `Unknown`.
    """
    known = _locked(db, session, *([why.belongs_to] if why.belongs_to else []))
    old = known.entry(entry)
    before = _saved_before(db, known, {old.item: None}, press)
    if before:
        return before
    _standing(known, old)
    _, item = known.item(old.item)
    roles = press.writer.at(known.site.id).retract
    if not roles:
        raise MayNot("take an entry back", ())
    if why.second.id == press.writer.id:
        raise Faulty("second", "somebody else has to stand for it too")
    code, reason = checked_reason(why.reason_code, why.reason, RETRACT_REASONS)
    made = _entry(known, item, None, old.observed_at, press.writer.by(roles[0]), press)
    new = replace(made, kind=EntryKind.RETRACTION, replaces=old.id, reason_code=code, reason=reason, second=why.second)
    cautions = _write(db, known, [new], press)
    if why.belongs_to:
        _write_afresh(db, known, old, replace(why, reason=reason), press)
    return Saved((new,), cautions=cautions)


def _write_afresh(db: Db, known: SessionChart, old: Entry, why: TakenBack, press: Press) -> None:
    """Write an entry down at the session that it belongs to. A dose that was given was given: no gate stops its being written down."""
    if why.belongs_to == known.session:
        raise Faulty("belongs_to", "name another session than the one that it is taken back from")
    other = charts.chart_of(db, why.belongs_to)
    if other.site.id != known.site.id:
        raise Faulty("belongs_to", "name a session of the same site")
    _, item = other.item(old.item)
    author = author_of(press.writer, other.site.id, item)
    check_observed(old.observed_at, not_before=_not_before(other, item, old.source), now=press.now)
    made = _entry(other, item, old.value, old.observed_at, author, press)
    new = replace(made, kind=EntryKind.LATE, action=old.action, source=old.source, moved_from=old.id, second=why.second)
    new = replace(new, reason_code=why.reason_code, reason=why.reason)
    _write(db, other, [new], press, moved_from=known.row_ids[old.id])


def _locked(db: Db, *sessions: str) -> SessionChart:
    """The chart of the first session, as it is while nobody else can change it."""
    queries.lock_patients_of(db, sessions)
    return charts.chart_of(db, sessions[0])


def _answered(known: SessionChart, given: Answered, press: Press, *, from_paper: bool) -> Entry:
    checklist, item = known.item(given.item)
    source = "paper" if from_paper else "screen"
    author = author_of(press.writer, known.site.id, item, paper=from_paper)
    if from_paper and given.observed_at is None:
        raise Faulty("observed_at", "write when it happened, as the paper tells it")
    observed_at = _instant(given.observed_at or press.now)
    check_observed(observed_at, not_before=_not_before(known, item, source), now=press.now)
    value = answer_of(item, given.value)
    check_answer(item, value, typed_twice=given.typed_twice, action=given.action)
    kind = EntryKind.LATE if from_paper else kind_of(observed_at, checklist.checklist.late_after_minutes, now=press.now)
    code, reason = _late_reason(known, given, press, from_paper=from_paper) if kind is EntryKind.LATE else ("", "")
    if kind is EntryKind.ORIGINAL and is_frozen(known.released_at, now=press.now):
        raise NotOpen(known.number, "was closed a day after the release. Say when it happened; it is then kept as a late entry.")
    made = _entry(known, item, value, observed_at, author, press)
    return replace(made, kind=kind, source=source, action=given.action, reason_code=code, reason=reason)


def _late_reason(known: SessionChart, given: Answered, press: Press, *, from_paper: bool) -> tuple[str, str]:
    if from_paper:
        return checked_reason(PAPER_REASON, given.reason, LATE_REASONS)
    if not press.writer.at(known.site.id).late:
        raise MayNot("write something down late", ())
    return checked_reason(given.reason_code, given.reason, LATE_REASONS)


def _not_before(known: SessionChart, item: Item, source: str) -> datetime | None:
    """From when on an item may have been observed; None: at any time, for what is asked before the treatment starts.

    Raises `NotOpen` where the patient is not there yet, or never came.
    """
    if known.status in charts.UNCHARTED or known.interval is None:
        raise NotOpen(known.number, f"is {known.status.replace('_', ' ')}; nothing can be written down at it.")
    if item.is_asked_before(Verb.START):
        return None
    if source == "paper":
        return known.time.day(known.time.date_of(known.interval.starts_at)).whole.starts_at
    if known.arrived_at is None:
        raise NotOpen(known.number, "is not open: the patient has not arrived. Record the arrival first.")
    return known.arrived_at


def _entry(known: SessionChart, item: Item, value: Answer, observed_at: datetime, author: Person, press: Press) -> Entry:
    offset = known.time.local(observed_at).utcoffset() or timedelta()
    return Entry(
        id=press.new_id("e_"),
        item=item.code,
        value=answer_of(item, kept_answer(value)),
        kind=EntryKind.ORIGINAL,
        observed_at=observed_at,
        observed_offset=int(offset.total_seconds()) // 60,
        recorded_at=press.now,
        author=author,
        together=press.key,
        unit=item.unit,
    )


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _saved_before(db: Db, known: SessionChart, values: Mapping[str, Kept], press: Press) -> Saved | None:
    """What the same press saved before, if it did. Raises `SavedDifferently` where that is not the same."""
    keys = {f"{press.key}:{code}": code for code in values}
    saved = {keys[key]: known.entry(public_id) for key, public_id in charts.entries_saved_by(db, known.id, keys).items()}
    if not saved:
        return None
    for code, value in values.items():
        entry = saved.get(code)
        same = entry is not None and kept_answer(entry.value) == kept_answer(answer_of(known.item(code)[1], value))
        if entry is None or entry.author.id != press.writer.id or not same:
            raise SavedDifferently(press.key)
    return Saved(tuple(saved[code] for code in values))


def _check_batch(known: SessionChart, new: Sequence[Entry]) -> None:
    codes = [entry.item for entry in new]
    if not codes:
        raise Faulty("entries", "answer at least one item")
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise Faulty("entries", f"{twice} is answered twice by one press; save one, then the other")
    values = {entry.item: entry.value for entry in new}
    for each in known.checklists:
        check_together(each.checklist, {code: value for code, value in values.items() if code in each.checklist.by_code})


def _beside(known: SessionChart, reading: Reading) -> dict[str, Answer]:
    """What was answered by the same press, as it stands now."""
    return {each.item: each.value for each in known.chart.readings if each.current and each.original.together == reading.original.together}


def _standing(known: SessionChart, old: Entry) -> Reading:
    """The reading that an entry belongs to. Raises `Retracted` where the entry, or all of the reading, was taken back."""
    reading = next(each for each in known.chart.readings if old in each.history)
    gone = {each.replaces for each in reading.history if each.kind is EntryKind.RETRACTION}
    _, item = known.item(old.item)
    if reading.is_retracted or old.id in gone or old.kind is EntryKind.RETRACTION:
        raise Retracted(item.words)
    return reading


def _dose_stops(db: Db, known: SessionChart, new: Sequence[Entry]) -> tuple[Stop, ...]:
    """The gates that a dose among new entries has in its way still, what was answered by the same press taken into account."""
    doses = [entry for entry in new if known.item(entry.item)[1].marks in DOSES and entry.value is not False]
    if not doses:
        return ()
    if known.started_at is None and doses[0].source != "paper":
        raise NotOpen(known.number, "has not been started; start it before the dose.")
    at = min(entry.observed_at for entry in doses)
    return stops_before(db, replace(known, entries=(*known.entries, *(each for each in new if each not in doses))), Verb.DOSE, now=at)


def _write(db: Db, known: SessionChart, new: Sequence[Entry], press: Press, *, moved_from: int | None = None) -> tuple[Caution, ...]:
    """Add the entries, and do what follows: the form that is owed, devices that leave their lots, the watch after the treatment."""
    pinning.pin(db, known, now=press.now)
    db.add_all(_row(known, entry, moved_from) for entry in new)
    db.flush()
    faults.point("F19")
    after = charts.chart_of(db, known.session)
    cautions = forming.follow(db, after, now=press.now, new_id=press.new_id)
    observe_treated(db, after, at=press.now, by=press.writer.name)
    faults.point("F21")
    return cautions


def _row(known: SessionChart, entry: Entry, moved_from: int | None) -> EntryRow:
    return EntryRow(
        public_id=entry.id,
        session_id=known.id,
        checklist_version_id=known.item(entry.item)[0].id,
        item=entry.item,
        value=kept_answer(entry.value),
        unit=entry.unit,
        kind=entry.kind,
        replaces_id=known.row_ids[entry.replaces] if entry.replaces else None,
        observed_at=entry.observed_at,
        observed_offset=entry.observed_offset,
        recorded_at=entry.recorded_at,
        author=entry.author.id,
        author_name=entry.author.name,
        author_role=entry.author.role,
        second=entry.second and entry.second.id,
        second_name=entry.second and entry.second.name,
        reason_code=entry.reason_code or None,
        reason=entry.reason,
        action=entry.action or None,
        source=entry.source,
        together=entry.together,
        queue_key=f"{entry.together}:{entry.item}",
        moved_from_id=moved_from,
    )
