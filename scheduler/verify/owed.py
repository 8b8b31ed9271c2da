"""Forms: every dose that stands owes one, with the right last day, and none is owed for no dose; devices that are gone are those given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, text

from scheduler.verify.breach import Breach
from scheduler.verify.chart_rows import DOSES, ChartTables, Line, Visited
from scheduler.verify.charts import standing

FORMS = """SELECT f.public_id, f.session_id, f.status, f.dose_on, f.due_at, s.timezone,
  (SELECT count(*) FROM form_submission w WHERE w.form_id = f.id) AS sent
FROM monitoring_form f JOIN site s ON s.id = f.site_id"""
MOVES = "SELECT session_id, kind, units FROM lot_move WHERE entry_id IS NOT NULL AND kind IN ('used', 'returned')"
DAYS = 7


@dataclass(frozen=True, slots=True)
class OwedTables:
    """Forms by the row of their session, and how many devices are gone for each session (by row)."""

    forms: dict[int, RowMapping]
    gone: dict[int, int]


def read_owed(connection: Connection) -> OwedTables:
    """Every row that matters."""
    forms = {row["session_id"]: row for row in connection.execute(text(FORMS)).mappings()}
    gone: dict[int, int] = defaultdict(int)
    for row in connection.execute(text(MOVES)).mappings():
        gone[row["session_id"]] += row["units"] if row["kind"] == "used" else -row["units"]
    return OwedTables(forms, gone)


def forms_of_doses(charts: ChartTables, owed: OwedTables) -> Iterator[Breach]:
    """A form for every dose under a safety program, and for nothing else."""
    for session, visit in charts.visited.items():
        doses, form = _doses(visit), owed.forms.get(session)
        if doses and (form is None or form["status"] == "void"):
            yield Breach("forms", f"session {visit.key}", "A dose was given, and no form is owed for it.")
        elif form is not None:
            yield from _unsound(form, doses)
    for session, form in owed.forms.items():
        if session not in charts.visited and form["status"] == "owed" and not form["sent"]:
            yield Breach("forms", f"form {form['public_id']}", "It is owed for a session at which nothing was written down.")


def devices_gone(charts: ChartTables, owed: OwedTables) -> Iterator[Breach]:
    """As many devices left their lots for a session as stand in its record."""
    for session, visit in charts.visited.items():
        given = sum(_units(line) for line in standing(visit.lines).values())
        if given != owed.gone.get(session, 0):
            sentence = f"{given} devices were given, and {owed.gone.get(session, 0)} left their lots."
            yield Breach("lots", f"session {visit.key}", sentence)


def _doses(visit: Visited) -> list[int]:
    """When doses under a safety program were given, by what stands."""
    if not any(sheet.program for sheet in visit.sheets.values()):
        return []
    codes = {code for sheet in visit.sheets.values() for code, mark in sheet.marks.items() if mark in DOSES}
    return [line.observed for line in standing(visit.lines).values() if line.item in codes and line.value is not False]


def _unsound(form: RowMapping, doses: list[int]) -> Iterator[Breach]:
    row, zone = f"form {form['public_id']}", ZoneInfo(form["timezone"])
    if not doses and form["status"] == "owed" and not form["sent"]:
        yield Breach("forms", row, "It is owed, and no dose stands.")
    if form["status"] == "submitted" and not form["sent"]:
        yield Breach("forms", row, "It is submitted, and nobody said so.")
    dose_on = date.fromisoformat(str(form["dose_on"]))
    if doses and datetime.fromtimestamp(min(doses), zone).date() != dose_on:
        yield Breach("forms", row, "Its day is not that of the first dose.")
    due = datetime.fromtimestamp(form["due_at"], zone)
    if due.date() != dose_on + timedelta(days=DAYS) or f"{due:%H:%M}" != "23:59":
        yield Breach("forms", row, f"It is due at {due:%Y-%m-%d %H:%M} for a dose of {dose_on}.")


def _units(line: Line) -> int:
    value = line.value
    units = value.get("units") if isinstance(value, dict) else None
    return units if isinstance(units, int) else 0
