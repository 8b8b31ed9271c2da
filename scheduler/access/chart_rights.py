"""What the permission table gives somebody who writes at sessions: which row gives which right, and who reads what was taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from courses.checklists.writing import Rights
from scheduler.access.cell import Extent
from scheduler.access.role import Role
from scheduler.access.table import Table

ROWS = {
    "override": "19",  # which role may go past a gate is told by the gate
    "dose": "20",
    "write": "23",
    "late": "24",
    "amend": "25",
    "amend_others": "26",
    "retract": "27",
    "sign": "28",
    "co_sign": "29",
    "paper": "48b",
}
READS_WHAT_WAS_TAKEN_BACK = frozenset({Role.PHYSICIAN, Role.AUDITOR})
"""Who may read what was written down for the wrong patient."""


def rights_by(table: Table, roles: Mapping[int, Collection[Role]]) -> dict[int, Rights]:
    """What roles give at each site, by its row number. For whom a record is, the address was held to before."""
    return {site: _rights(table, held) for site, held in roles.items()}


def _rights(table: Table, held: Collection[Role]) -> Rights:
    ordered = [role for role in Role if role in held]
    return Rights(**{right: tuple(role.value for role in ordered if _may(table, row, role)) for right, row in ROWS.items()})


def _may(table: Table, row: str, role: Role) -> bool:
    return table.row(row).cell(role).extent >= Extent.ASSIGNED
