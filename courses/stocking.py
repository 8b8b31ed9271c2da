"""Devices by lot: what came, what was wasted before a witness, what went back on the shelf, and what was counted there.

What is used at a session is booked out by what is written down at it (`courses.forming`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from courses import queries
from courses.checklists.entry import Person
from courses.errors import CodeTaken, Faulty, checked_text
from courses.owed.lots import Lot, MoveKind, NotSoMany
from courses.queries import lots
from courses.records import LotMoveRow, LotRow
from rooms import queries as rooms_queries
from rooms.base import Db, NewId

MOST = 10_000
"""Units of one move."""


@dataclass(frozen=True, slots=True)
class Moving:
    """Who moves units of a lot, when and why; `witness` saw it."""

    units: int
    at: datetime
    by: Person
    now: datetime
    reason: str = ""
    witness: Person | None = None
    session: str | None = None


def open_lot(db: Db, site: str, product: str, lot: str, expires_on: date | None, *, new_id: NewId) -> Lot:
    """Begin to keep a lot; nothing is in it yet. Raises `CodeTaken`, `Faulty`, `Unknown`."""
    at = rooms_queries.site(db, site)
    name = checked_text("lot", lot, 100)
    row = LotRow(public_id=new_id("l_"), site_id=at.id, product=checked_text("product", product, 100), lot=name, expires_on=expires_on)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError as taken:
        raise CodeTaken("lot", name) from taken
    return lots.lot(db, row.public_id).lot


def set_expiry(db: Db, lot: str, expires_on: date) -> Lot:
    """The last day of use as it is printed on the box. Raises `Unknown`."""
    known = lots.lot(db, lot, lock=True)
    db.execute(update(LotRow).where(LotRow.id == known.id).values(expires_on=expires_on))
    return lots.lot(db, lot).lot


def receive(db: Db, lot: str, moving: Moving) -> Lot:
    """Units came. Raises `Faulty`, `Unknown`."""
    return _move(db, lot, MoveKind.RECEIVED, moving)


def give_back(db: Db, lot: str, moving: Moving) -> Lot:
    """Units that were taken out came back unused. Raises `Faulty`, `Unknown`."""
    return _move(db, lot, MoveKind.RETURNED, moving)


def waste(db: Db, lot: str, moving: Moving) -> Lot:
    """Units were made unusable, before a witness and for a reason. Raises `NotSoMany`, `Faulty`, `Unknown`."""
    if moving.witness is None or moving.witness.id == moving.by.id:
        raise Faulty("witness", "somebody else has to have seen it")
    checked_text("reason", moving.reason)
    known = lots.lot(db, lot, lock=True).lot
    if moving.units > known.balance:
        raise NotSoMany(known.lot, max(known.balance, 0))
    return _move(db, lot, MoveKind.WASTED, moving)


def count(db: Db, lot: str, moving: Moving) -> Lot:
    """So many lie on the shelf now, whatever was written down before. Raises `Faulty`, `Unknown`."""
    return _move(db, lot, MoveKind.COUNTED, moving)


def _move(db: Db, lot: str, kind: MoveKind, moving: Moving) -> Lot:
    known = lots.lot(db, lot, lock=True)
    least = 0 if kind is MoveKind.COUNTED else 1
    if not least <= moving.units <= MOST:
        raise Faulty("units", f"{least} to {MOST} units are wanted")
    if moving.at > moving.now:
        raise Faulty("at", "this is still to come; say when it was")
    reason = checked_text("reason", moving.reason) if moving.reason.strip() else ""
    row = {
        "lot_id": known.id,
        "session_id": queries.attended(db, [moving.session])[moving.session].id if moving.session else None,
        "kind": kind,
        "units": moving.units,
        "at": moving.at,
        "recorded_at": moving.now,
        "by": moving.by.id,
        "by_name": moving.by.name,
        "witness": moving.witness and moving.witness.id,
        "witness_name": moving.witness and moving.witness.name,
        "reason": reason,
    }
    db.execute(insert(LotMoveRow), [row])
    return lots.lot(db, lot).lot
