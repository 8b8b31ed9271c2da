"""Looks at devices by lot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select

from courses.errors import Unknown
from courses.owed.lots import Lot, LotMove, MoveKind
from courses.records import EntryRow, LotMoveRow, LotRow, SessionRow
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot with its row and its site's."""

    id: int
    site_id: int
    lot: Lot


def lots(db: Db, site_id: int) -> tuple[Lot, ...]:
    """The lots of a site, by product and what expires first."""
    found = [known.lot for known in _lots(db, LotRow.site_id == site_id)]
    return tuple(sorted(found, key=lambda each: (each.product, each.expires_on or date.max, each.lot)))


def lot(db: Db, key: str, *, lock: bool = False) -> KnownLot:
    """One by public id, `lock` to hold everybody else off it until the transaction ends. Raises `Unknown`."""
    if lock:
        db.execute(select(LotRow.id).where(LotRow.public_id == key).with_for_update()).all()
    found = _lots(db, LotRow.public_id == key)
    if not found:
        raise Unknown("lot", key)
    return found[0]


def lot_named(db: Db, site_id: int, product: str, name: str) -> KnownLot | None:
    """One by what is printed on the box, if a site has it; held until the transaction ends."""
    which = (LotRow.site_id == site_id, LotRow.product == product, LotRow.lot == name)
    db.execute(select(LotRow.id).where(*which).with_for_update()).all()
    found = _lots(db, *which)
    return found[0] if found else None


def moves_of_session(db: Db, session_id: int) -> tuple[tuple[int, LotMove], ...]:
    """The moves of lots (by row) that the entries of a session (by row) made."""
    row = LotMoveRow
    found = _moves(db, row.session_id == session_id, row.entry_id.is_not(None))
    return tuple((lot_id, move) for lot_id, moves in found.items() for move in moves)


def devices_by_session(db: Db, course_id: int) -> dict[str, int]:
    """How many devices were given at each session (by public id) of a course (by row), what was taken back left out, in order of time."""
    row, used = LotMoveRow, case((LotMoveRow.kind == MoveKind.USED, LotMoveRow.units), else_=-LotMoveRow.units)
    asked = select(SessionRow.public_id, func.sum(used)).join(row, row.session_id == SessionRow.id)
    asked = asked.where(SessionRow.course_id == course_id, row.entry_id.is_not(None), row.kind.in_([MoveKind.USED, MoveKind.RETURNED]))
    found = db.execute(
        asked.group_by(SessionRow.id, SessionRow.public_id, SessionRow.starts_at).order_by(SessionRow.starts_at, SessionRow.id)
    )
    return {session: int(units) for session, units in found}


def _lots(db: Db, *which: ColumnElement[bool]) -> tuple[KnownLot, ...]:
    rows = db.scalars(select(LotRow).where(*which).order_by(LotRow.id).execution_options(populate_existing=True)).all()
    moves = _moves(db, LotMoveRow.lot_id.in_([row.id for row in rows]))
    return tuple(
        KnownLot(row.id, row.site_id, Lot(row.public_id, row.product, row.lot, row.expires_on, tuple(moves[row.id]))) for row in rows
    )


def _moves(db: Db, *which: ColumnElement[bool]) -> Mapping[int, list[LotMove]]:
    row, found = LotMoveRow, defaultdict[int, list[LotMove]](list)
    asked = select(row, SessionRow.public_id, EntryRow.public_id).outerjoin(SessionRow, SessionRow.id == row.session_id)
    asked = asked.outerjoin(EntryRow, EntryRow.id == row.entry_id).where(*which).order_by(row.at, row.recorded_at, row.id)
    for each, session, entry in db.execute(asked):
        told = (each.by, each.by_name, each.witness_name or "", session, entry, each.reason)
        found[each.lot_id].append(LotMove(each.id, MoveKind(each.kind), each.units, each.at, each.recorded_at, *told))
    return found
