"""The permission table as a page for people: docs/permissions.md is this text, and a test holds it to it."""

from __future__ import annotations

from scheduler.access.role import Role
from scheduler.access.table import PATIENT, Row, Table

LEGEND = {
    "Y": "yes, at one's own site",
    "A": "only for patients of one's own: of one's discipline on today's list, or with a visit that is booked with oneself, from "
    "yesterday to a week ahead",
    "R": "with a typed reason, which is kept",
    "2": "with a second person, who proves who they are at the same screen",
    "U": "with a fresh proof of one's own (at most five minutes old)",
    "S": "status only, no values",
    "propose": "may prepare it, not make it stand",
    "+": "a clinic may loosen it by its own file; every other cell can only be tightened",
}
ABOUT = """\
# Who may do what

Made from `scheduler/access/permissions.yaml`, which guards every address of the program: change that file, and this page by
`chairtime permissions`. An operation that stands in no row is refused to everybody; a route without a row fails the tests.

A record of another site is, for whoever asks, not there. Somebody with several roles has the best cell of each row. Broken glass (row 44)
widens A to all patients of the site for an hour, and nothing else.

A clinic's own changes are a YAML file named by `CHAIRTIME_PERMISSIONS`, such as `{"14": {TE: ""}, "7": {AN: Y}}`: row, column, cell. The
program does not start with one that gives more than a cell lets it give.
"""


def table_text(table: Table) -> str:
    """The page."""
    columns = [role.short for role in Role] + [PATIENT]
    legend = [f"- **{letter}** {meaning}" for letter, meaning in LEGEND.items()]
    names = ", ".join(f"{role.short} {role.words.lower()}" for role in Role)
    head = [f"| # | Operation | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
    return "\n".join([ABOUT, *legend, f"- Columns: {names}, {PATIENT} a patient by their link.", "", *head, *map(_line, table.rows), ""])


def _line(row: Row) -> str:
    cells = [row.cell(role).text or "-" for role in Role] + [row.patient or "-"]
    built = "" if row.operations else " *(not built yet, or never by web)*"
    return f"| {row.number} | {row.does}{built} | {' | '.join(cells)} |"
