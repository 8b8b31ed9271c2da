"""A tablet that sends one entry after the other, made to be killed in the middle."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection

from courses import charting, signing
from courses.checklists.writing import Answered, Press, Rights, Writer
from courses.queries.charts import chart_of
from scheduler.clock import SystemClock
from scheduler.database import Database
from tests.courses.clinic import NOW
from tests.kills.doomed import BEGINS

MANY = 40


def press(site_id: int, number: int) -> Press:
    """The press with a number; sent again it is the same."""
    writer = Writer("a_nora", "Nora", {site_id: Rights(write=("nurse",), sign=("nurse",))}, "two_factors", "tablet")
    return Press(writer, NOW + timedelta(minutes=5, seconds=number), SystemClock().new_id, f"press-{number}")


def send(database: Database, session: str, site_id: int, number: int) -> str:
    """Send one entry; the public id that it has."""
    with database.transaction() as db:
        saved = charting.record(db, session, [Answered("systolic", 100 + number)], press(site_id, number))
    return saved.entries[0].id


def send_entries(said: Connection, url: str, session: str, site_id: int) -> None:
    """Sends entries, and says the number of each that was acknowledged; every fifth time it signs what stands."""
    database = Database(url)
    said.send(BEGINS)
    for number in range(MANY):
        send(database, session, site_id, number)
        said.send(str(number))
        if number % 5 == 4:
            with database.transaction() as db:
                signing.sign(db, session, "watched", chart_of(db, session).digest("watched"), press(site_id, number))
