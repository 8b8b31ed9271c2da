"""`python -m tests.benchmarks`: the figures of this machine, as a table and with `--json FILE` for machines to read."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scheduler.database import Database, migrate
from tests.benchmarks.desk import Desk
from tests.benchmarks.planning import plannings
from tests.benchmarks.seed import seed
from tests.benchmarks.timing import Timing, machine, table, version_of
from tests.postgres_server import created_database, postgres_server

DATABASES = ("sqlite", "postgresql")


@contextmanager
def address(kind: str) -> Iterator[str]:
    """The address of an empty database of our own; it is gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/benchmark.db"
    else:
        with postgres_server() as server, created_database(server, "benchmark") as url:
            yield url


def at_the_desk(kind: str) -> list[Timing]:
    """Everything that is measured on one database."""
    with address(kind) as url:
        migrate(url)
        database = Database(url)
        name = version_of(database)
        begun = time.perf_counter()
        seed(database)
        print(f"{name}: filled in {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        desk = Desk(database, name)
        timings = list(desk.timings())
        print(f"{name}: {desk.compared()}")
        database.dispose()
    return timings


def main() -> int:
    """Measure what is asked for, print it, and say by the exit code whether every bar was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    parser.add_argument("--no-planning", action="store_true", help="leave the planning of clinic files out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    chosen = parser.parse_args()
    where = machine()
    print(", ".join(f"{key} {value}" for key, value in where.items()))
    timings: list[Timing] = []
    for kind in chosen.database or DATABASES:
        timings += (here := at_the_desk(kind))
        print(table(here))
    if not chosen.no_planning:
        timings += (here := list(plannings()))
        print(table(here))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": where, "figures": [each.data() for each in timings]}, indent=2) + "\n")
    return 0 if all(each.within for each in timings) else 1


if __name__ == "__main__":
    sys.exit(main())
