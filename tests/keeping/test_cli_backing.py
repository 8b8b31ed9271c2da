"""`chairtime backup-key`, `backup` and `restore` as a person types them, and what the trail says of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from scheduler.database import Database
from scheduler.records.audit import AuditEventRow
from tests.keeping.safe import fill, pg_bin, rows_of
from tests.scheduler.command import chairtime

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    if folder := pg_bin():
        monkeypatch.setenv("CHAIRTIME_PG_BIN", str(folder))


def made_key(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    assert chairtime("backup-key", "new", "--to", path) == 0
    monkeypatch.setenv("CHAIRTIME_BACKUP_RECIPIENT", capsys.readouterr().out.strip())


def actions(database: Database) -> list[str]:
    with database.reading() as db:
        return [row.action for row in db.query(AuditEventRow).order_by(AuditEventRow.seq)]


def test_from_the_key_to_the_clinic_put_back(
    database: Database, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    fill(database)
    identity, place = tmp_path / "identity.txt", tmp_path / "backups"
    made_key(identity, monkeypatch, capsys)

    assert chairtime("backup", "--to", place, "--database-url", database.url) == 0
    file = Path(capsys.readouterr().out.strip())
    assert chairtime("restore", file, "--identity", identity, "--database-url", empty_url) == 0

    said = capsys.readouterr().err
    assert "are kept back, and everybody is signed out" in said
    assert "Checked: 0 breaches; 0 breaks in the audit trail." in said
    assert "chairtime audit checkpoint --after-restore" in said
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600
    assert len(rows_of(empty_url)["session"]) == 36
    restored = Database(empty_url)
    assert actions(database)[-1] == "chairtime backup"
    assert actions(restored)[-1] == "chairtime restore"
    restored.dispose()


def test_trail_goes_on_after_a_restore(
    database: Database, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Checkpoints in the second place know events that the backup does not: a signed checkpoint says that they are lost."""
    assert chairtime("audit", "new-key", "--to", tmp_path / "audit.key") == 0
    capsys.readouterr()
    monkeypatch.setenv("CHAIRTIME_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    monkeypatch.setenv("CHAIRTIME_AUDIT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    fill(database)
    made_key(tmp_path / "identity.txt", monkeypatch, capsys)
    at = ("--database-url", database.url)
    assert chairtime("backup", "--to", tmp_path / "backups", *at) == 0
    file = Path(capsys.readouterr().out.strip())
    for _ in range(3):
        assert chairtime("acknowledge", "disk-encryption", "--by", "Jo Reed", *at) == 0
    assert chairtime("audit", "checkpoint", *at) == 0
    capsys.readouterr()

    assert chairtime("restore", file, "--identity", tmp_path / "identity.txt", "--database-url", empty_url) == 0

    assert "events were lost when a backup was restored" in capsys.readouterr().out
    assert chairtime("audit", "verify", "--database-url", empty_url) == 0


def test_key_file_that_others_may_read_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    identity = tmp_path / "identity.txt"
    made_key(identity, monkeypatch, capsys)
    assert chairtime("backup", "--to", tmp_path / "backups", "--database-url", database.url) == 0
    file = Path(capsys.readouterr().out.strip())
    identity.chmod(0o644)

    assert chairtime("restore", file, "--identity", identity, "--database-url", f"sqlite:///{tmp_path / 'new.db'}") == 1

    assert "--identity" in capsys.readouterr().err
    assert not (tmp_path / "new.db").exists()


def test_backup_without_a_place_or_a_key_is_refused(database: Database, tmp_path: Path, capsys: Said) -> None:
    assert chairtime("backup", "--database-url", database.url) == 2
    assert "CHAIRTIME_BACKUP_TO: no folder for backups is set" in capsys.readouterr().err
    assert chairtime("backup", "--to", tmp_path / "backups", "--database-url", database.url) == 1
    assert "CHAIRTIME_BACKUP_RECIPIENT: no key" in capsys.readouterr().err


def test_key_is_never_written_over(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "identity.txt"
    assert chairtime("backup-key", "new", "--to", path) == 0
    written = path.read_text()

    assert chairtime("backup-key", "new", "--to", path) == 1

    assert path.read_text() == written
    assert "File exists" in capsys.readouterr().err


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_new_database_is_its_owners_only(unmigrated_database_url: str, tmp_path: Path) -> None:
    assert chairtime("migrate", "--database-url", unmigrated_database_url) == 0

    assert stat.S_IMODE((tmp_path / "unmigrated.db").stat().st_mode) == 0o600
    database = Database(unmigrated_database_url)
    assert actions(database)[-1] == "chairtime migrate"
    database.dispose()
