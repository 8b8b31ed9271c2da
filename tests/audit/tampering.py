"""What somebody who owns the database may try on the trail, once they have taken its guards away."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from migrations.trail_guards import drop_guards
from rooms.base import Base
from scheduler.access.audit_event import AuditEvent
from scheduler.access.chain import NOTHING_BEFORE, link
from scheduler.access.checkpoint import Checkpoint, signed
from scheduler.database import Database

Row = dict[str, Any]
CHECKS = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND starts_with(conrelid::regclass::text, 'audit')"
)
THIEVES_KEY = bytes(range(32))


@dataclass
class Trail:
    """All that there is of a trail. Tampers change it in memory; `written` puts it where it lies."""

    events: list[Row]
    checkpoints: list[Row]
    lines: list[str]

    @classmethod
    def read(cls, database: Database, file: Path) -> Trail:
        with database.engine.connect() as connection:
            events, checkpoints = (
                [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").mappings()]  # noqa: S608
                for table in ("audit_event", "audit_checkpoint")
            )
        return cls(events, checkpoints, file.read_text().splitlines())

    @property
    def proven(self) -> int:
        """The last event that a checkpoint knows."""
        return max((row["seq"] for row in self.checkpoints), default=0)

    def written(self, database: Database, file: Path) -> None:
        tables = {"audit_event": self.events, "audit_checkpoint": self.checkpoints}
        with database.engine.begin() as connection:
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA ignore_check_constraints=on")
            for name, rows in tables.items():
                table = Base.metadata.tables[name]
                connection.execute(table.delete())
                if rows:
                    connection.execute(table.insert(), rows)
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA ignore_check_constraints=off")
        file.write_text("".join(f"{line}\n" for line in self.lines))

    def copy(self) -> Trail:
        return deepcopy(self)


def take_guards_away(database: Database) -> None:
    """What only the owner of the database can do."""
    with database.engine.begin() as connection:
        drop_guards(connection)
        for table, check in connection.exec_driver_sql(CHECKS).all() if not database.is_sqlite else ():
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {check}")


def rehash(trail: Trail, first: int = 0) -> None:
    """Make the chain from a position on agree with itself again."""
    before = trail.events[first - 1]["hash"] if first else NOTHING_BEFORE
    for position, row in enumerate(trail.events[first:], start=first):
        row["seq"], row["prev"] = position + 1, before
        content = {name: row[name] for name in (*AuditEvent.__slots__, "seq")}
        for name in ("roles", "objects", "patients", "diff"):
            content[name] = None if content[name] is None else json.loads(content[name])
        before = row["hash"] = link(before, content)


def flip_a_byte(trail: Trail, chance: Random) -> int:
    position = chance.randrange(len(trail.events))
    row = trail.events[position]
    name = chance.choice([name for name in row if row[name] not in (None, "")])
    value = row[name]
    if isinstance(value, int):
        changed: Any = value ^ (1 << chance.randrange(1 if name in {"seq", "break_glass"} else 20))
        if name == "seq" and any(other["seq"] == changed for other in trail.events):
            changed = value + 1000
    else:
        at = chance.randrange(len(value))
        changed = value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    row[name] = changed
    return position + 1


def edit_a_value(trail: Trail, chance: Random) -> int:
    position = chance.randrange(len(trail.events))
    edits = {"actor_id": "a_other", "action": "nothing", "patients": '["p_other"]', "reason": "none", "login": "l_9", "diff": '{"x":1}'}
    name = chance.choice(sorted({*edits, "at", "site_id"}))
    row = trail.events[position]
    row[name] = edits.get(name) or (row[name] or 0) + chance.randrange(1, 10**6)
    return position + 1


def delete_some(trail: Trail, chance: Random) -> int:
    position = chance.randrange(len(trail.events) - 1)
    del trail.events[position : position + chance.randrange(1, 4)]
    if chance.random() < 0.5:  # a careful thief closes the gap
        rehash(trail, position)
    return position + 1


def swap_two(trail: Trail, chance: Random) -> int:
    first, second = sorted(chance.sample(range(len(trail.events)), 2))
    one, other = trail.events[first], trail.events[second]
    one["seq"], other["seq"] = other["seq"], one["seq"]
    trail.events[first], trail.events[second] = other, one
    if chance.random() < 0.5:
        rehash(trail, first)
    return first + 1


def insert_one(trail: Trail, chance: Random) -> int:
    position = chance.randrange(1, len(trail.events))
    forged = dict(trail.events[position], actor_id="a_scapegoat", action="POST /api/v1/patients", diff=None)
    trail.events.insert(position, forged)
    if chance.random() < 0.5:
        rehash(trail, position)
    else:
        for place, row in enumerate(trail.events, start=1):
            row["seq"] = place
    return position + 1


def duplicate_one(trail: Trail, chance: Random) -> int:
    row = chance.choice(trail.events)
    trail.events.append(dict(row, seq=len(trail.events) + 1, prev=trail.events[-1]["hash"]))
    if chance.random() < 0.3:
        rehash(trail, len(trail.events) - 1)
    return len(trail.events)


def cut_the_tail(trail: Trail, chance: Random) -> int:
    left = chance.randrange(1, len(trail.events))
    del trail.events[left:]
    if chance.random() < 0.5:  # and the checkpoints that the database keeps of it
        trail.checkpoints = [row for row in trail.checkpoints if row["seq"] <= left]
    return left + 1


def rewrite_the_chain(trail: Trail, chance: Random) -> int:
    position = chance.randrange(len(trail.events))
    trail.events[position]["actor_id"] = "a_somebody_else"
    rehash(trail, position)
    if chance.random() < 0.5:  # with checkpoints of their own
        trail.lines = []
        for row in trail.checkpoints:
            point = Checkpoint(row["id"], row["seq"], trail.events[row["seq"] - 1]["hash"], row["at"])
            made = signed(point, THIEVES_KEY)
            row.update(hash=point.hash, key=made.key, signature=made.signature)
            trail.lines.append(made.line())
    return position + 1


def set_the_clock_back(trail: Trail, chance: Random) -> int:
    position = chance.randrange(1, len(trail.events))
    for row in trail.events[position:]:
        row["at"] -= chance.randrange(5, 600) * 60_000_000
    if chance.random() < 0.7:
        rehash(trail, position)
    return position + 1


def lose_checkpoints(trail: Trail, chance: Random) -> int:
    lost = chance.randrange(len(trail.lines))
    where = chance.choice(["file", "database", "both", "garbled"])
    first = trail.checkpoints[lost]["seq"]
    if where == "garbled":
        trail.lines[lost] = trail.lines[lost][: chance.randrange(len(trail.lines[lost]))]
    if where in {"file", "both"}:
        del trail.lines[lost]
    if where in {"database", "both"}:
        del trail.checkpoints[lost]
    return int(first) if lost < len(trail.lines) else len(trail.events)


Tamper = Callable[[Trail, Random], int]
TAMPERS: list[Tamper] = [
    flip_a_byte,
    edit_a_value,
    delete_some,
    swap_two,
    insert_one,
    duplicate_one,
    cut_the_tail,
    rewrite_the_chain,
    set_the_clock_back,
    lose_checkpoints,
]
"""Each gives the first event that is not what it was."""
