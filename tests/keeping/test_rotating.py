"""Replacing the installation's key: everything is sealed anew, with no moment at which something could not be opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from rooms.base import Base
from scheduler.database import Database
from scheduler.keys import Keys, SealedByAnother, keys_of, new_key, sealed_by, write_key
from scheduler.records.accounts import AccountRow
from scheduler.resealing import SEALED, reseal, sealed_by_each
from scheduler.settings import Settings
from tests.keeping.safe import SEED, admit, fill
from tests.scheduler.command import chairtime

BYTES_THAT_ARE_NO_SECRET = {"passkey.credential", "passkey.public_key"}
Errors = pytest.CaptureFixture[str]


def test_each_column_of_bytes_is_sealed_or_known_to_be_no_secret() -> None:
    """A new sealed column that is not in the list would be lost with the old key."""
    columns = {str(column) for table in Base.metadata.tables.values() for column in table.c if isinstance(column.type, LargeBinary)}

    assert columns == BYTES_THAT_ARE_NO_SECRET | {f"{column.class_.__tablename__}.{column.key}" for column in SEALED}


def test_everything_is_sealed_with_the_new_key(database: Database) -> None:
    old, new = new_key(), new_key()
    fill(database, Keys([old]))
    admit(database, None, "flint")
    admit(database, Keys([new]), "marsh")

    done = database.run(lambda db: reseal(db, Keys([new, old])))

    assert done == 1
    with database.transaction() as db:
        assert sealed_by_each(db) == {new.id: 2}
        assert [Keys([new]).unseal(row.code_seed) for row in db.query(AccountRow) if row.code_seed] == [SEED, SEED]


def test_nothing_is_changed_where_one_value_cannot_be_opened(database: Database) -> None:
    old, new, lost = new_key(), new_key(), new_key()
    fill(database, Keys([old]))
    admit(database, Keys([lost]), "flint")

    with pytest.raises(SealedByAnother, match=lost.id):
        database.run(lambda db: reseal(db, Keys([new, old])))

    with database.transaction() as db:
        assert sealed_by_each(db) == {old.id: 1, lost.id: 1}


def test_rotate_says_what_to_remove_and_show_names_no_key(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Errors
) -> None:
    path, old = tmp_path / "secret.key", new_key()
    write_key(path, old)
    fill(database, Keys([old]))
    monkeypatch.setenv("CHAIRTIME_SECRET_KEY_FILE", str(path))

    assert chairtime("keys", "rotate", "--database-url", database.url) == 0
    said = capsys.readouterr().err
    assert chairtime("keys", "show", "--database-url", database.url) == 0
    shown = capsys.readouterr().out

    keys = keys_of(Settings(secret_key_file=path))
    assert f"remove {old.id} from {path}" in said
    assert shown.splitlines() == [
        f"{keys.ids[0]} seals; 1 value sealed with it",
        f"{old.id} unseals; 0 values sealed with it",
    ]
    assert [key.text for key in keys.keys if key.text in said + shown] == []


def test_keys_of_the_environment_are_rotated_by_hand(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: Errors) -> None:
    old, new = new_key(), new_key()
    fill(database, Keys([old]))
    monkeypatch.setenv("CHAIRTIME_SECRET_KEY", f"{new.text},{old.text}")

    assert chairtime("keys", "rotate", "--database-url", database.url) == 0

    assert f"remove {old.id} from CHAIRTIME_SECRET_KEY" in capsys.readouterr().err
    with database.transaction() as db:
        assert sealed_by_each(db) == {new.id: 1}


def test_new_key_goes_into_a_file_once(tmp_path: Path, capsys: Errors) -> None:
    path = tmp_path / "secret.key"

    assert chairtime("keys", "new", "--to", path) == 0
    written = path.read_text()
    assert chairtime("keys", "new", "--to", path) == 1
    assert path.read_text() == written
    assert chairtime("keys", "new") == 0

    drawn = capsys.readouterr().out.strip()
    assert sealed_by(keys_of(Settings.model_validate({"secret_key": drawn})).seal(SEED)) not in written
