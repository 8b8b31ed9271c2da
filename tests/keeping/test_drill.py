"""A restore drill from nothing but the backup and its key, by the real commands, timed: how long a clinic would be without its schedule."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.demo import build_demo
from tests.benchmarks.seed import seed
from tests.keeping.conftest import KeyPair
from tests.keeping.safe import pg_bin, rows_of

MOST_SECONDS = 30 * 60
"""What was promised for five gigabytes; these are far smaller."""


@dataclass(frozen=True)
class Command:
    """A command that was run, and how long it took."""

    said: str
    seconds: float


def run(*arguments: str | Path, **environment: str) -> Command:
    """A command as a person at an empty machine runs it."""
    programs = {"CHAIRTIME_PG_BIN": str(folder)} if (folder := pg_bin()) else {}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "scheduler", *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env=os.environ | programs | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Command(done.stdout.strip(), time.monotonic() - began)


def demo(database: Database) -> None:
    clock = SystemClock()
    build_demo(database, now=clock.now(), new_id=clock.new_id)


@pytest.mark.soak
@pytest.mark.benchmark
@pytest.mark.parametrize("fill", [demo, seed], ids=["demo", "big"])
def test_clinic_comes_back_from_the_backup_alone(
    database: Database, fill: Callable[[Database], None], backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    fill(database)
    identity = tmp_path / "identity.txt"
    identity.write_text(backup_key.secret)
    identity.chmod(0o600)
    at = ("--database-url", database.url)
    backup = run("backup", "--to", tmp_path / "backups", *at, CHAIRTIME_BACKUP_RECIPIENT=backup_key.public)
    before, file = rows_of(database.url), Path(backup.said)
    database.dispose()

    restore = run("restore", file, "--identity", identity, "--database-url", empty_url)
    check = run("verify", "--database-url", empty_url)

    after = rows_of(empty_url)
    assert {name: after[name] for name in ("session", "booking", "patient", "course")} == {
        name: before[name] for name in ("session", "booking", "patient", "course")
    }
    assert restore.seconds + check.seconds < MOST_SECONDS
    rows, size = sum(map(len, before.values())), file.stat().st_size / 1e6
    sys.stdout.write(
        f"\n{database.engine.dialect.name}, {rows} rows, backup of {size:.1f} MB: made in {backup.seconds:.1f} s, "
        f"put back and checked in {restore.seconds:.1f} s, checked once more in {check.seconds:.1f} s\n"
    )
