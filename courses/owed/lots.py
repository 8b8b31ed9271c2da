"""Devices by lot: what came, what went, and how many are left, counted from everything that was written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from courses.errors import DomainError


class MoveKind(StrEnum):
    """`returned`: into the stock again, unused. `counted`: so many were found on the shelf, whatever the papers said."""

    RECEIVED = "received"
    USED = "used"
    WASTED = "wasted"
    RETURNED = "returned"
    COUNTED = "counted"


UP, DOWN = {MoveKind.RECEIVED, MoveKind.RETURNED}, {MoveKind.USED, MoveKind.WASTED}


@dataclass(frozen=True, slots=True)
class LotMove:
    """Units that came, went or were found. `units` are always counted up from zero. `session` and `entry` are public ids."""

    id: int
    kind: MoveKind
    units: int
    at: datetime
    recorded_at: datetime
    by: str
    by_name: str
    witness_name: str = ""
    session: str | None = None
    entry: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """Devices of one lot at a site; `product` is what they are called on the box. `expires_on` is the last day of use."""

    id: str
    product: str
    lot: str
    expires_on: date | None
    moves: tuple[LotMove, ...] = ()

    @property
    def balance(self) -> int:
        """How many there must be; below zero if more was used than ever came."""
        return next((after for _, after in reversed(list(ledger(self.moves)))), 0)

    def is_expired(self, on: date) -> bool:
        """Whether it may not be used any more on a day."""
        return self.expires_on is not None and on > self.expires_on


@dataclass(frozen=True, slots=True)
class Caution:
    """A house warning: nobody is stopped by it, and it is shown."""

    code: str
    sentence: str


class NotSoMany(DomainError):
    """More would go than is there."""

    code = "not_so_many"

    def __init__(self, lot: str, balance: int) -> None:
        super().__init__(f"units: only {balance} of lot {lot} are left by what was written down; count the shelf first.")
        self.lot = lot
        self.balance = balance


def ledger(moves: Iterable[LotMove]) -> Iterator[tuple[LotMove, int]]:
    """Every move in the order in which it happened, with how many there were after it. A count stands against all that happened before."""
    left = 0
    for move in sorted(moves, key=lambda each: (each.at, each.recorded_at, each.id)):
        left = move.units if move.kind is MoveKind.COUNTED else left + (move.units if move.kind in UP else -move.units)
        yield move, left


def cautions(lot: Lot | None, product: str, name: str, on: date) -> tuple[Caution, ...]:
    """What is to be said about devices that were taken from a lot on a day, once they are booked out of it."""
    if lot is None:
        return (Caution("unknown_lot", f"Lot {name} of {product} was never received here. Check what is printed on the box."),)
    found = []
    if lot.is_expired(on):
        found.append(Caution("expired_lot", f"Lot {name} of {product} expired on {lot.expires_on}."))
    if lot.balance < 0:
        found.append(Caution("no_stock", f"By what was written down, lot {name} of {product} was used up before. Count the shelf."))
    return tuple(found)
