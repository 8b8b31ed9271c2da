"""Many desks that book, move, cancel and undo at once, and a sweep over the raw rows afterwards that trusts none of our code."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy
from sqlalchemy.exc import DBAPIError, IntegrityError

from rooms import equipping, reserving
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.clock import SystemClock
from scheduler.database import Database

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
NOW = MONDAY - timedelta(days=7)
LENGTHS = (30, 45, 150)
TURNOVER = 10
OPEN_ALL_DAY = WeeklyHours((((0, 1440),),) * 7)
RESOURCES = tuple(
    Resource(f"r-{n:02d}", Kind.STAFF if n >= 20 else Kind.CHAIR, frozenset({"any"}), capacity=3 if n >= 20 else 1) for n in range(24)
)
OPERATIONS = ("book",) * 11 + ("move",) * 3 + ("cancel and undo",) * 2 + ("course",) * 2 + ("hold and confirm", "by hand")

BY_HAND = sqlalchemy.text(
    """INSERT INTO booking (
      public_id, resource_id, starts_at, ends_at, load, exclusive, status, purpose, part, capability, reseat, created_at)
    SELECT :id, resource_id, starts_at + 60, ends_at - 60, 3, exclusive, 'booked', 'by_hand_0', 0, 'any', false, created_at
    FROM booking WHERE purpose = :purpose AND status = 'booked' ORDER BY part LIMIT 1"""
)


@dataclass
class Tally:
    """What the desks were told, how long they waited, and what the sweep found."""

    told: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    overlaps: int = 0
    overloads: int = 0

    def is_clean(self) -> bool:
        """Nothing held twice, no error seen by a desk, and every refusal named who was in the way."""
        return not (self.overlaps or self.overloads or self.errors or self.told["refused, naming nobody"] or self.told["let in by hand"])

    def __str__(self) -> str:
        waits = sorted(self.seconds)
        p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
        told = ", ".join(f"{what} {times}" for what, times in sorted(self.told.items()))
        faults = f"{self.overlaps} overlaps, {self.overloads} overloads, {len(self.errors)} errors {Counter(self.errors).most_common(3)}"
        return f"{faults}; p50 {p50:.3f} s, p99 {p99:.3f} s, longest {waits[-1]:.3f} s; {told}"


class Desk:
    """Somebody who books. The mutants are desks, too, that do it wrongly."""

    def __init__(self, database: Database, site_id: int, number: int, seed: int) -> None:
        self.database, self.site_id, self.number = database, site_id, number
        self.chance = random.Random(seed * 1000 + number)
        self.new_id = SystemClock().new_id
        self.mine: list[str] = []
        self.asked = 0

    def try_once(self) -> str:
        """Do one thing, and say how it ended."""
        operation = self.chance.choice(OPERATIONS)
        if operation in {"move", "cancel and undo", "by hand"} and not self.mine:
            operation = "book"
        steps: dict[str, Callable[[], str]] = {
            "book": lambda: self.book([self.visit()]),
            "move": self.move,
            "cancel and undo": self.cancel_and_undo,
            "course": lambda: self.book([self.visit(day) for day in range(1, 7)]),
            "hold and confirm": self.hold_and_confirm,
            "by hand": self.write_by_hand,
        }
        try:
            return steps[operation]()
        except BookingRefused as refused:
            named = all(conflict.holders for conflict in refused.conflicts)
            return "refused" if named else "refused, naming nobody"

    def turnover(self) -> int:
        return TURNOVER

    def visit(self, day: int = 0, purpose: str = "", resources: Sequence[str] = ()) -> list[Claim]:
        """Four resources for a random time; the purpose tells how long the patient is there."""
        minutes = int(purpose.rsplit("_", maxsplit=1)[-1]) if purpose else self.chance.choice(LENGTHS)
        self.asked += 1
        purpose = purpose or f"v_{self.number}_{self.asked}_{minutes}"
        begins = MONDAY + timedelta(days=day, minutes=15 * self.chance.randrange(64))
        interval = Interval(begins, begins + timedelta(minutes=minutes + self.turnover()))
        chosen = resources or self.chance.sample([resource.id for resource in RESOURCES], 4)
        return [Claim(resource, interval, 1, purpose, part, "any") for part, resource in enumerate(chosen)]

    def book(self, visits: list[list[Claim]]) -> str:
        with self.database.transaction() as db:
            self.write(db, [claim for visit in visits for claim in visit])
        self.mine += [visit[0].purpose for visit in visits]
        return "booked" if len(visits) == 1 else "course booked"

    def write(self, db: Db, claims: list[Claim]) -> None:
        reserving.reserve(db, self.site_id, claims, new_id=self.new_id, now=NOW)

    def move(self) -> str:
        purpose = self.chance.choice(self.mine)
        with self.database.transaction() as db:
            reserving.move(db, self.site_id, purpose, self.visit(purpose=purpose), new_id=self.new_id, now=NOW)
        return "moved"

    def cancel_and_undo(self) -> str:
        purpose = self.chance.choice(self.mine)
        with self.database.transaction() as db:
            reserving.release(db, [purpose], now=NOW)
        self.mine.remove(purpose)
        with self.database.transaction() as db:
            self.write(db, self.visit(purpose=purpose))
        self.mine.append(purpose)
        return "undone"

    def hold_and_confirm(self) -> str:
        visit = self.visit()
        with self.database.transaction() as db:
            reserving.reserve(db, self.site_id, visit, new_id=self.new_id, now=NOW, hold_until=NOW + timedelta(minutes=5))
        with self.database.transaction() as db:
            reserving.confirm(db, [visit[0].purpose], now=NOW)
        self.mine.append(visit[0].purpose)
        return "held and confirmed"

    def write_by_hand(self) -> str:
        """What no program of ours does: a row inside another's time. The database must refuse it."""
        try:
            with self.database.transaction() as db:
                db.execute(BY_HAND, {"id": self.new_id("b_"), "purpose": self.chance.choice(self.mine)})
        except IntegrityError:
            return "refused by hand"
        return "let in by hand"


def open_clinic(database: Database) -> int:
    """24 resources, 20 of them exclusive, open day and night. Its row number."""
    new_id = SystemClock().new_id
    with database.transaction() as db:
        site = equipping.add_site(db, Site("races", "Races", "UTC", OPEN_ALL_DAY), new_id=new_id, now=NOW)
        for resource in RESOURCES:
            equipping.add_resource(db, site.id, resource, new_id=new_id, now=NOW)
    return site.id


def race(database: Database, desk: type[Desk] = Desk, *, clients: int = 50, attempts: int = 40, seed: int = 1) -> Tally:
    """So many desks of two programs, each so many attempts, all starting at once; then the sweep."""
    site_id = open_clinic(database)
    programs = (database, Database(database.url))
    tally, together = Tally(), threading.Barrier(clients)

    def work(number: int) -> None:
        there = desk(programs[number % 2], site_id, number, seed)
        together.wait()
        for _ in range(attempts):
            begun = time.monotonic()
            try:
                tally.told[there.try_once()] += 1
            except (DBAPIError, RuntimeError) as error:
                tally.errors.append(_short(error))
            tally.seconds.append(time.monotonic() - begun)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(clients)))
    programs[1].dispose()
    sweep(database, tally)
    return tally


def sweep(database: Database, tally: Tally) -> None:
    """Count by raw rows what may not be. How long a visit occupies its resources is told by its purpose, not by the row's end."""
    question = "SELECT r.code, r.capacity, b.starts_at, b.load, b.purpose FROM booking b JOIN resource r ON r.id = b.resource_id"
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{question} WHERE b.status <> 'released'").all()
    turns: dict[str, list[tuple[int, int, int]]] = {}
    for code, capacity, begins, load, purpose in rows:
        ends = begins + 60 * (int(purpose.split("_")[-1]) + TURNOVER)
        turns.setdefault(f"{capacity} {code}", []).extend([(ends, 0, -load), (begins, 1, load)])
    for which, changes in turns.items():
        capacity, total = int(which.split()[0]), 0
        for _, _, change in sorted(changes):
            total += change
            if change > 0 and total > capacity:
                tally.overlaps += capacity == 1
                tally.overloads += capacity > 1


def _short(error: Exception) -> str:
    return str(error.__cause__ or error).split("\n")[0][:60]
