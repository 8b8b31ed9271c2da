"""What follows from what was written down at a session: the form that a dose owes, and the devices that went out of their lots.

Whoever writes something down at a session calls `follow` in the same transaction. It looks at the whole record and does what is missing,
so that it may be called as often as one likes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from courses import queries
from courses.checklists.entry import DeviceAnswer, Entry, Person
from courses.owed.deadline import due_at
from courses.owed.form import FormStatus, next_status, record_digest
from courses.owed.lots import Caution, LotMove, MoveKind, cautions
from courses.owed.units import Ahead, exhausted, reach
from courses.queries.charts import SessionChart
from courses.queries.lots import KnownLot, devices_by_session, lot_named, moves_of_session
from courses.queries.owed import FormRecord, form_record, program_of, sources_of
from courses.records import LotMoveRow, LotRow, MonitoringFormRow
from rooms.base import Db, NewId


def follow(db: Db, charted: SessionChart, *, now: datetime, new_id: NewId) -> tuple[Caution, ...]:
    """Do what the record of a session asks for; `charted` is the chart with what was just written down, its patient locked.

    A first dose owes a form; a record that changed owes it again; devices leave their lots, and come back where what was written down no
    longer stands. Gives the house warnings about the lots of this session.
    """
    _follow_with_form(db, charted, new_id)
    return _follow_with_lots(db, charted, now, new_id)


def _follow_with_form(db: Db, charted: SessionChart, new_id: NewId) -> None:
    program, first = program_of(charted), charted.moments.first_dose
    if not program:
        return
    kept = form_record(db, charted.id)
    if kept is None:
        if first is not None:
            _owe(db, charted, program, charted.time.date_of(first), new_id)
        return
    digest = record_digest(sources_of(db, [charted])[charted.session])
    status = next_status(kept.status, has_dose=first is not None, digest=digest, sent=kept.sent)
    dose_on = charted.time.date_of(first) if first else kept.dose_on
    if (status, dose_on) != (kept.status, kept.dose_on):
        _change(db, kept, charted, status, dose_on)


def _owe(db: Db, charted: SessionChart, program: str, dose_on: date, new_id: NewId) -> None:
    row = MonitoringFormRow(
        public_id=new_id("f_"),
        site_id=charted.site.id,
        session_id=charted.id,
        program=program,
        dose_on=dose_on,
        due_at=due_at(dose_on, charted.time),
        status=FormStatus.OWED,
        version=1,
    )
    db.add(row)
    db.flush()


def _change(db: Db, kept: FormRecord, charted: SessionChart, status: FormStatus, dose_on: date) -> None:
    row, due = MonitoringFormRow, due_at(dose_on, charted.time)
    db.execute(update(row).where(row.id == kept.id).values(status=status, dose_on=dose_on, due_at=due, version=row.version + 1))


def _follow_with_lots(db: Db, charted: SessionChart, now: datetime, new_id: NewId) -> tuple[Caution, ...]:
    given = {entry.id: (entry, device) for entry, device in _devices(charted)}
    entries = {entry.id: entry for entry in charted.entries}
    out = dict(_out(moves_of_session(db, charted.id)))
    rows = [
        _row(charted, lot_id, MoveKind.RETURNED, units, entries[key], _taken_back_by(charted, key))
        for key, (lot_id, units) in out.items()
        if key not in given
    ]
    rows += [
        _row(charted, _lot(db, charted, device, new_id).id, MoveKind.USED, device.units, entry, entry.author)
        for key, (entry, device) in given.items()
        if key not in out
    ]
    if rows:
        db.execute(insert(LotMoveRow), [row | {"recorded_at": now} for row in rows])
    warned = _cautions(db, charted, [device for _, device in given.values()])
    return (*warned, *_reach_cautions(db, charted)) if given else ()


def _taken_back_by(charted: SessionChart, entry: str) -> Person:
    """Who wrote what stands against an entry: the last one who wrote anything in its chain."""
    chain = next(each.history for each in charted.chart.readings if any(one.id == entry for one in each.history))
    return chain[-1].author


def _devices(charted: SessionChart) -> Iterator[tuple[Entry, DeviceAnswer]]:
    return ((entry, entry.value) for entry in charted.chart.effective if isinstance(entry.value, DeviceAnswer))


def _out(moves: tuple[tuple[int, LotMove], ...]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The entries whose devices are out of their lots: which lot, how many."""
    units: dict[tuple[str, int], int] = defaultdict(int)
    for lot_id, move in moves:
        if move.entry is not None and move.kind in {MoveKind.USED, MoveKind.RETURNED}:
            units[move.entry, lot_id] += move.units if move.kind is MoveKind.USED else -move.units
    return ((entry, (lot_id, count)) for (entry, lot_id), count in units.items() if count > 0)


def _lot(db: Db, charted: SessionChart, device: DeviceAnswer, new_id: NewId) -> KnownLot:
    """The lot of a device; one that nobody received is begun, so that it shows as less than nothing."""
    product, name = device.product.strip(), device.lot.strip()
    known = lot_named(db, charted.site.id, product, name)
    if known is not None:
        return known
    try:
        with db.begin_nested():
            db.add(LotRow(public_id=new_id("l_"), site_id=charted.site.id, product=product, lot=name, expires_on=None))
    except IntegrityError:  # somebody else began it at the same moment
        pass
    begun = lot_named(db, charted.site.id, product, name)
    if begun is None:
        raise LookupError(f"lot {name} was begun and is not there")
    return begun


def _row(charted: SessionChart, lot_id: int, kind: MoveKind, units: int, entry: Entry, by: Person) -> dict[str, object]:
    """At the moment of the entry, also where it is taken back: a count of the shelf in between was right either way."""
    return {
        "lot_id": lot_id,
        "session_id": charted.id,
        "entry_id": charted.row_ids[entry.id],
        "kind": kind,
        "units": units,
        "at": entry.observed_at,
        "by": by.id,
        "by_name": by.name,
        "reason": "",
    }


def _reach_cautions(db: Db, charted: SessionChart) -> tuple[Caution, ...]:
    """Whether the devices that the payer agreed to end before the course does, at the dose of now."""
    known = queries.course(db, charted.course)
    course = known.course
    permit = course.request.authorization
    if permit is None or permit.devices is None:
        return ()
    used = devices_by_session(db, known.id)
    here = used.pop(charted.session, 0)
    before = next((units for units in reversed(list(used.values())) if units), 0)
    per_session = here if here >= before or charted.released_at is not None else before
    ahead = [
        Ahead(each.number, None if each.interval is None else charted.time.date_of(each.interval.starts_at))
        for each in course.live
        if not each.status.has_begun and each.id != charted.session
    ]
    return exhausted(reach(permit.devices, sum(used.values()) + here, per_session, ahead), permit.valid_until) if per_session else ()


def _cautions(db: Db, charted: SessionChart, devices: Iterable[DeviceAnswer]) -> Iterator[Caution]:
    for device in dict.fromkeys((each.product.strip(), each.lot.strip()) for each in devices):
        known = lot_named(db, charted.site.id, *device)
        received = known is not None and any(move.kind in {MoveKind.RECEIVED, MoveKind.COUNTED} for move in known.lot.moves)
        on = charted.time.date_of(charted.moments.first_dose or charted.entries[-1].observed_at)
        yield from cautions(known.lot if known and received else None, *device, on)
