"""Whoever works at one site sees no row of another, in any table of a clinic: a table that was forgotten turns this red."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Mapper, aliased

from courses.records import CourseRow
from rooms.base import Base, Db
from rooms.records import ClosureRow
from scheduler import guarding
from tests.access.two_sites import TwoSites

OURS = ("courses.records", "rooms.records", *(f"scheduler.records.{name}" for name in ("messages", "links", "screens")))
OF_NO_SITE = {"WorkerLeaseRow"}
FOUND = {each.class_.__name__: each for each in Base.registry.mappers if each.class_.__module__.startswith(OURS)}
MAPPED = [FOUND[name] for name in sorted(FOUND.keys() - OF_NO_SITE)]


def site_of(db: Db, table: Table, row: dict[str, object]) -> object:
    """The site that a row belongs to, found by the keys that lead from table to table."""
    if table.name == "site":
        return row["id"]
    if "site_id" in row:
        return row["site_id"]
    key = next(key for key in sorted(table.foreign_keys, key=lambda key: key.column.table.name) if row[key.parent.name] is not None)
    parent = db.connection().execute(select(key.column.table).where(key.column == row[key.parent.name])).mappings().one()
    return site_of(db, key.column.table, dict(parent))


@pytest.mark.parametrize("mapper", MAPPED, ids=lambda mapper: mapper.class_.__name__)
def test_every_table_is_kept_to_the_sites_of_whoever_looks(world: TwoSites, mapper: Mapper[Base]) -> None:
    row_class, table = mapper.class_, mapper.local_table
    assert isinstance(table, Table)
    identity = list(table.primary_key.columns)
    with world.database.reading() as db:
        rows = [dict(row) for row in db.connection().execute(select(table)).mappings()]
        sites = {row_id: code for row_id, code in db.connection().exec_driver_sql("SELECT id, code FROM site")}
        by_site = {
            code: {tuple(row[c.name] for c in identity) for row in rows if sites[site_of(db, table, row)] == code}
            for code in ("main", "east")
        }
    main = next(row_id for row_id, code in sites.items() if code == "main")
    assert all(by_site.values()), "rows of both sites are needed, or this could not fail"

    with world.database.seen_through(guarding.view_of_sites(frozenset({main}))).reading() as db:
        whole = {tuple(getattr(row, c.key) for c in identity) for row in db.scalars(select(row_class))}
        some = {tuple(row) for row in db.execute(select(*(getattr(row_class, c.key) for c in identity)))}
        other = aliased(row_class)
        renamed = {tuple(row) for row in db.execute(select(*(getattr(other, c.key) for c in identity)))}
        got = {key for key in by_site["east"] if db.get(row_class, key if len(key) > 1 else key[0]) is not None}

    assert whole == some == renamed == by_site["main"]
    assert got == set()


def test_no_table_is_left_out() -> None:
    names = {mapper.class_.__name__ for mapper in MAPPED}
    assert {"BookingRow", "SessionRow", "EntryRow", "MonitoringFormRow", "LotMoveRow", "WallScreenRow"} <= names


def test_who_has_no_site_sees_nothing(world: TwoSites) -> None:
    with world.database.seen_through(guarding.view_of_sites(frozenset())).reading() as db:
        assert list(db.scalars(select(CourseRow))) == []


def test_what_is_changed_or_removed_is_of_ones_own_sites(world: TwoSites) -> None:
    """Without a word in the statement of whose rows are meant."""
    nowhere = world.database.seen_through(guarding.view_of_sites(frozenset()))
    with nowhere.transaction() as db:
        changed = db.scalars(update(ClosureRow).values(reason="changed").returning(ClosureRow.id)).all()
        removed = db.scalars(delete(ClosureRow).returning(ClosureRow.id)).all()
    with world.database.reading() as db:
        sites = [row.site_id for row in db.scalars(select(ClosureRow))]
    with world.database.seen_through(guarding.view_of_sites(frozenset(sites[:1]))).transaction() as db:
        of_one = db.scalars(delete(ClosureRow).returning(ClosureRow.id)).all()
    with world.database.reading() as db:
        left = [row.site_id for row in db.scalars(select(ClosureRow))]

    assert (changed, removed) == ([], [])
    assert len(of_one) == sites.count(sites[0])
    assert left == [site for site in sites if site != sites[0]] != []
