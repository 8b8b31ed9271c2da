"""kill -9 in the middle of a backup, of putting one back, and of replacing a key: nothing that looks whole and is not, and nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rooms import faults
from scheduler.backing_up import last_backup, make_backup, restore
from scheduler.backing_up.refusals import NotEmpty
from scheduler.cli.opening import NoTables, refuse_without_tables
from scheduler.database import Database
from scheduler.keys import keys_of, new_key, write_key
from scheduler.records.accounts import AccountRow
from scheduler.resealing import sealed_by_each
from scheduler.settings import Settings
from tests.courses.clinic import NOW
from tests.keeping.conftest import KeyPair
from tests.keeping.safe import SEED, admit, fill, pg_bin, rows_of
from tests.scheduler.command import chairtime

ROOT = Path(__file__).parents[2]


def killed(fault: str, *arguments: str | Path, **environment: str) -> None:
    """The command, which dies at the fault point."""
    program = [sys.executable, "-m", "scheduler", *map(str, arguments)]
    told = os.environ | {"FAULTS": "1", "CHAIRTIME_FAULT": fault, "CHAIRTIME_PG_BIN": str(pg_bin() or "")} | environment
    if not told["CHAIRTIME_PG_BIN"]:
        del told["CHAIRTIME_PG_BIN"]
    done = subprocess.run(program, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_backup_leaves_nothing_that_looks_whole(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    fill(database)
    place = tmp_path / "backups"
    place.mkdir()

    killed("F23:kill@1", "backup", "--to", place, "--database-url", database.url, CHAIRTIME_BACKUP_RECIPIENT=backup_key.public)

    assert [each.name for each in place.iterdir() if each.suffix != ".half"] == []
    with database.reading() as db:
        assert last_backup(db) is None
    made = make_backup(database, place, [backup_key.public], pg_bin=pg_bin(), now=NOW)
    assert [each.name for each in tmp_path.iterdir() if "chairtime.db.backup" in each.name] == []
    restore(place / made.name, backup_key.secret, empty_url, pg_bin=pg_bin(), now=NOW)
    assert len(rows_of(empty_url)["session"]) == 36


def test_killed_restore_leaves_nothing_to_start_with(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    fill(database)
    made = make_backup(database, tmp_path, [backup_key.public], pg_bin=pg_bin(), now=NOW)
    identity = tmp_path / "identity.txt"
    identity.write_text(backup_key.secret)
    identity.chmod(0o600)

    killed("F25:kill", "restore", tmp_path / made.name, "--identity", identity, "--database-url", empty_url)

    with pytest.raises(NoTables):
        refuse_without_tables(empty_url)
    if database.is_sqlite:
        restore(tmp_path / made.name, backup_key.secret, empty_url, now=NOW)
    else:
        with pytest.raises(NotEmpty):
            restore(tmp_path / made.name, backup_key.secret, empty_url, pg_bin=pg_bin(), now=NOW)


@pytest.mark.parametrize("fault", ["F26:kill@1", "F26:kill@3"])
def test_killed_rotation_loses_nothing_and_is_finished_by_the_next(database: Database, fault: str, tmp_path: Path) -> None:
    path, old = tmp_path / "secret.key", new_key()
    write_key(path, old)
    settings = Settings(database_url=database.url, secret_key_file=path)
    fill(database, keys_of(settings))
    admit(database, keys_of(settings), "flint")
    at = ("--database-url", database.url)

    killed(fault, "keys", "rotate", *at, CHAIRTIME_SECRET_KEY_FILE=str(path))

    assert seeds(database, settings) == [SEED, SEED]
    assert keys_of(settings).ids[1:] == (old.id,)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAIRTIME_SECRET_KEY_FILE", str(path))
        assert chairtime("keys", "rotate", *at) == 0
    assert keys_of(settings).ids[1:] == (old.id,)
    with database.transaction() as db:
        assert sealed_by_each(db) == {keys_of(settings).ids[0]: 2}
    assert seeds(database, settings) == [SEED, SEED]


def seeds(database: Database, settings: Settings) -> list[bytes]:
    keys = keys_of(settings)
    with database.reading() as db:
        return [keys.unseal(row.code_seed) for row in db.query(AccountRow) if row.code_seed]


def test_fault_points_are_off() -> None:
    assert not faults.ENABLED
