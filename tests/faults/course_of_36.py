"""A program that books 36 visits of four resources each, then moves one; it is killed at the fault point that its environment names."""

from __future__ import annotations

import sys
from datetime import timedelta

from rooms import queries, reserving
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from scheduler.clock import SystemClock
from scheduler.database import Database
from tests.races.workload import MONDAY, NOW

VISITS = 36
RESOURCES = 4


def visit(number: int, hour: int) -> list[Claim]:
    """Four resources for an hour of the visit's own day."""
    begins = MONDAY + timedelta(days=number, hours=hour)
    return [Claim(f"r-{n:02d}", Interval(begins, begins + timedelta(hours=1)), 1, f"v_{number}_60", n, "any") for n in range(RESOURCES)]


def run(url: str) -> None:
    """Book, say so, move, say so."""
    database, new_id = Database(url), SystemClock().new_id
    with database.transaction() as db:
        site_id = queries.site(db, "races").id
        claims = [claim for number in range(VISITS) for claim in visit(number, 10)]
        reserving.reserve(db, site_id, claims, new_id=new_id, now=NOW)
    _say("booked")
    with database.transaction() as db:
        reserving.move(db, site_id, "v_0_60", visit(0, 11), new_id=new_id, now=NOW)
    _say("moved")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(sys.argv[1])
