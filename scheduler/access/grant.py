"""What somebody may do with one operation, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler.access.actor import Actor
from scheduler.access.cell import REFUSED, Cell, Extent
from scheduler.access.role import Role
from scheduler.access.table import Row

NEVER_BY_BREAKING_GLASS = {"5", "38", "39", "40", "41", "42", "43", "46", "54"}


@dataclass(frozen=True, slots=True)
class Grant:
    """An operation that somebody may do: at which sites (by row number), and by which cell at each."""

    actor: Actor
    operation: str
    row: Row
    cells: Mapping[int, Cell]

    @property
    def sites(self) -> frozenset[int]:
        """Where it may be done at all. No other site is seen while it is done."""
        return frozenset(self.cells)

    @property
    def assigned_only(self) -> frozenset[int]:
        """The sites where it may be done only for patients who are assigned."""
        return frozenset(site for site, cell in self.cells.items() if cell.extent == Extent.ASSIGNED)

    @property
    def owes_proof(self) -> bool:
        """Whether a proof of one's own is owed."""
        return self.row.is_signed or self._is_stepped_up

    def has_proof(self, now: datetime) -> bool:
        """Whether the proof that is owed was given: a fresh one, or for a signature one at the first of the sitting."""
        return self.actor.has_fresh_proof(now) if self._is_stepped_up else self.actor.may_sign(now)

    @property
    def _is_stepped_up(self) -> bool:
        return any(cell.proof for cell in self.cells.values())

    @property
    def owes_second(self) -> bool:
        """Whether a second person is owed."""
        return any(cell.second for cell in self.cells.values())

    @property
    def owes_reason(self) -> bool:
        """Whether a typed reason is owed."""
        return any(cell.reason for cell in self.cells.values())

    @property
    def only_proposes(self) -> bool:
        """Whether it may be prepared but not made to stand."""
        return all(cell.extent == Extent.PROPOSE for cell in self.cells.values())


def granted(actor: Actor, row: Row, operation: str) -> Grant | None:
    """What somebody may do by a row of the table; nothing if they may do it nowhere."""
    cells = {site: cell for site in actor.sites if (cell := cell_at(actor, row, site)).extent > Extent.NONE}
    return Grant(actor, operation, row, cells) if cells else None


def cell_at(actor: Actor, row: Row, site: int) -> Cell:
    """The cell of a row that gives somebody most at a site; the broken glass widens it to all patients."""
    cells = [row.cell(role) for role in actor.roles.get(site, ())]
    best = max(cells, key=_worth, default=REFUSED)
    if site in actor.broken_glass and best.extent == Extent.ASSIGNED and row.number not in NEVER_BY_BREAKING_GLASS:
        return Cell("Y", Extent.ALL, best.reason, best.second, best.proof)
    return best


def may_see_values(actor: Actor, row: Row, site: int) -> bool:
    """Whether clinical values of a site's patients are in somebody's answers; `row` is the one about reading them."""
    return cell_at(actor, row, site).extent >= Extent.ASSIGNED


def disciplines_of(roles: frozenset[Role]) -> frozenset[str]:
    """The modalities whose list of today is somebody's: a technician's stimulation, anesthesia's convulsive therapy."""
    return frozenset(modality for role in roles for modality in DISCIPLINES.get(role, ()))


DISCIPLINES = {
    Role.TECHNICIAN: ("tms",),
    Role.ANESTHESIA: ("ect",),
    Role.NURSE: ("esketamine", "ketamine", "ect", "tms"),
}


def _worth(cell: Cell) -> tuple[int, bool, bool, bool]:
    return cell.extent, not cell.second, not cell.reason, not cell.proof
