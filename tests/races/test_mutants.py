"""The race must go red when the booking layer is broken on purpose; a test that cannot fail guards nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from sqlalchemy import Connection, select

from migrations.guards import drop_guards
from rooms import queries, reserving
from rooms.bookings.booking import Claim
from rooms.records import ResourceRow
from scheduler import database as database_module
from scheduler.database import Database
from tests.races.workload import NOW, TURNOVER, Desk, Tally, race

pytestmark = pytest.mark.soak


class ForgetsTurnover(Desk):
    """Every other desk books a chair only until the patient leaves."""

    def turnover(self) -> int:
        return TURNOVER if self.number % 3 else 0


class ChecksThenWrites(Desk):
    """The check in one transaction, the insert in the next."""

    def book(self, visits: list[list[Claim]]) -> str:
        claims = [claim for visit in visits for claim in visit]
        with self.database.transaction() as db:
            known = queries.resources(db, self.site_id, codes={claim.resource for claim in claims})
            locked = {each.resource.id: each for each in known}
            reserving._check(db, self.site_id, locked, (), claims, NOW)
        with self.database.transaction() as db:
            reserving._exchange(db, locked, (), reserving._granted(claims, self.new_id, None), NOW)
        self.mine += [visit[0].purpose for visit in visits]
        return "booked" if len(visits) == 1 else "course booked"


def _begin_when_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN DEFERRED")


def locks_removed(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, type[Desk]]:
    """Nobody locks: no FOR UPDATE, no BEGIN IMMEDIATE, no turn to write."""
    asked = queries.LOCK.whereclause
    assert asked is not None
    unlocked = select(ResourceRow).where(asked).execution_options(populate_existing=True)
    monkeypatch.setattr(queries, "LOCK", unlocked)
    monkeypatch.setattr(database_module, "_begin_sqlite", _begin_when_writing)
    monkeypatch.setattr(database_module, "_Queue", lambda _: nullcontext())
    return Database(database.url), Desk


def constraint_removed(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, type[Desk]]:
    """The database refuses nothing by itself."""
    del monkeypatch
    with database.transaction() as db:
        drop_guards(db.connection())
    return Database(database.url), Desk


def turnover_ignored_on_one_side(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, type[Desk]]:
    """Some desks leave no time for cleaning."""
    del monkeypatch
    return Database(database.url), ForgetsTurnover


def check_in_its_own_transaction(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, type[Desk]]:
    """What was seen free may be taken when it is written; only the constraint stands behind it."""
    del monkeypatch
    return Database(database.url), ChecksThenWrites


def check_in_its_own_transaction_without_constraint(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, type[Desk]]:
    """The same with nothing behind it."""
    constraint_removed(database, monkeypatch)[0].dispose()
    return Database(database.url), ChecksThenWrites


MUTANTS = [
    locks_removed,
    constraint_removed,
    turnover_ignored_on_one_side,
    check_in_its_own_transaction,
    check_in_its_own_transaction_without_constraint,
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("mutant", MUTANTS)
def test_race_goes_red(
    mutant: Callable[[Database, pytest.MonkeyPatch], tuple[Database, type[Desk]]],
    seed: int,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, desk = mutant(database, monkeypatch)

    tally: Tally = race(broken, desk, clients=50, attempts=16, seed=seed)

    broken.dispose()
    print(f"{mutant.__name__} on {database.engine.dialect.name}: {tally}")  # noqa: T201  # the figures, for whoever runs it with -s
    assert not tally.is_clean()
