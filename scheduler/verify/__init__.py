"""The independent checker: reads raw rows and says what must not be so. It shares no code with what books.

I1 two bookings of one exclusive resource overlap · I2 a resource bears more than its capacity · I3 a session has other bookings than its
template asks for, or a booking has no session · I4 a running course has neither 0 nor its agreed number of sessions · I5 something to come
lies in closed hours, an absence, or is of a resource that cannot do it · I8 entries do not hold together · I9 a signature does not
cover what it says · I13 somebody was let go before the minimum time · I12 a time that cannot be · I14 a row of one site refers to
another · patient: somebody is in two sessions at once · forms: a dose has no form, or a form no dose · lots: the devices that left their
lots are not those that were given.
"""

from __future__ import annotations

from datetime import datetime

from scheduler.database import Database
from scheduler.verify.breach import Breach
from scheduler.verify.capacity import flags, overlaps, overloads
from scheduler.verify.chart_rows import read_charts
from scheduler.verify.charts import sound_entries, sound_signatures, watched_long_enough
from scheduler.verify.courses import (
    bookings_of_sessions,
    patients_twice,
    sites_apart,
    sound_times,
    templates,
    whole_courses,
)
from scheduler.verify.opening import closed, off_grid, outside_hours, unable
from scheduler.verify.owed import devices_gone, forms_of_doses, read_owed
from scheduler.verify.rows import read_tables

__all__ = ["Breach", "verify"]

EVER = (overlaps, overloads, flags, bookings_of_sessions, whole_courses, templates, patients_twice, sites_apart, sound_times)
CHARTED = (sound_entries, sound_signatures, watched_long_enough)
OWED = (forms_of_doses, devices_gone)
TO_COME = (closed, outside_hours, unable, off_grid)


def verify(database: Database, *, now: datetime) -> list[Breach]:
    """Every breach in the database as it is at one moment; those that ask for a person's decision are marked."""
    with database.reading() as db:
        tables = read_tables(db.connection(), int(now.timestamp()))
        charts, owed = read_charts(db.connection()), read_owed(db.connection())
    found = [breach for rule in EVER for breach in rule(tables)] + [breach for rule in CHARTED for breach in rule(charts)]
    found += [breach for rule in OWED for breach in rule(charts, owed)]
    return found + [breach for rule in TO_COME for breach in rule(tables, int(now.timestamp()))]
