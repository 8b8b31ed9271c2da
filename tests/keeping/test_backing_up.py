"""Backups of both databases: made while somebody writes, put back whole into an empty place, and what must not happen afterwards."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
import sqlalchemy
from alembic.script import ScriptDirectory

from courses.records import CourseRow, SessionRow
from scheduler.backing_up import STALE_AFTER, barrier, is_stale, last_backup, make_backup, restore
from scheduler.backing_up.refusals import (
    AnotherKind,
    BackupFailed,
    BackupUnderWay,
    FromNewerProgram,
    NoRecipient,
    NotEmpty,
    NoTool,
    NotOurKey,
    NotWhole,
)
from scheduler.backing_up.sqlite import copied, file_of
from scheduler.clock import SystemClock
from scheduler.database import Database, alembic_config
from scheduler.records.accounts import InvitationRow, LoginRow
from scheduler.records.links import VisitLinkRow
from scheduler.signing_in import actor_of
from scheduler.verify import verify
from tests.courses.clinic import NOW
from tests.keeping.conftest import KeyPair
from tests.keeping.safe import Rows, admit, fill, pg_bin, rows_of

LATER = NOW + timedelta(hours=9)
CLOSED_BY_RESTORING = {"login", "invitation", "restoration", "backup"}


def back_up(database: Database, place: Path, key: KeyPair) -> Path:
    return place / make_backup(database, place, [key.public], pg_bin=pg_bin(), now=NOW).name


def put_back(file: Path, key: KeyPair, url: str) -> Database:
    restore(file, key.secret, url, pg_bin=pg_bin(), now=LATER)
    return Database(url)


def head() -> str:
    """The revision of this program's tables."""
    return str(ScriptDirectory.from_config(alembic_config("")).get_current_head())


def but(rows: Rows, left_out: set[str]) -> Rows:
    return {table: found for table, found in rows.items() if table not in left_out}


def test_backup_put_back_is_the_same_clinic(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    fill(database)
    before = rows_of(database.url)
    assert len(before["session"]) == 36

    restored = put_back(back_up(database, tmp_path / "backups", backup_key), backup_key, empty_url)

    assert but(rows_of(empty_url), CLOSED_BY_RESTORING) == but(before, CLOSED_BY_RESTORING)
    assert verify(restored, now=LATER) == []
    restored.dispose()


def test_after_restoring_nothing_is_sent_that_was_due_before(
    database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    """The mutant of the reliability bar that does not raise the barrier has to turn this red."""
    fill(database)
    with database.reading() as db:
        assert barrier(db) is None

    restored = put_back(back_up(database, tmp_path / "backups", backup_key), backup_key, empty_url)

    with restored.reading() as db:
        assert barrier(db) == LATER
    restored.dispose()


def test_after_restoring_nobody_is_signed_in_and_no_link_is_open(
    database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    token = fill(database)
    with database.transaction() as db:
        assert actor_of(db, token, now=NOW) is not None
        visit = db.query(SessionRow).first()
        assert visit is not None
        site, whose = db.get_one(CourseRow, visit.course_id).site_id, {"channel": "sms", "address": "+12125550100", "contact_number": 1}
        link = VisitLinkRow(public_id="vl_1", kind="visit", site_id=site, visit_at=NOW, created_at=NOW, **whose)
        link.patient_id, link.course_id, link.session_id = visit.patient_id, visit.course_id, visit.id
        db.add(link)

    restored = put_back(back_up(database, tmp_path / "backups", backup_key), backup_key, empty_url)

    with restored.reading() as db:
        assert actor_of(db, token, now=NOW) is None
        assert [row.revoked_at for row in db.query(VisitLinkRow)] == [LATER]
        assert {row.closed_at for row in db.query(LoginRow)} == {LATER}
        assert {row.ends_at for row in db.query(InvitationRow)} == {LATER}
    restored.dispose()


def test_last_backup_is_known_and_grows_old(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    with database.reading() as db:
        assert last_backup(db) is None
    assert is_stale(None, NOW)

    file = back_up(database, tmp_path, backup_key)

    with database.reading() as db:
        known = last_backup(db)
    assert known is not None
    assert (known.name, known.made_at, known.bytes) == (file.name, NOW, file.stat().st_size)
    assert json.loads(file.with_suffix(".json").read_text())["sha256"] == known.digest
    assert not is_stale(known, NOW + STALE_AFTER)
    assert is_stale(known, NOW + STALE_AFTER + timedelta(seconds=1))


def test_backup_shows_nothing_without_its_key_and_only_its_owner_reads_it(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    fill(database)

    file = back_up(database, tmp_path / "backups", backup_key)

    held = file.read_bytes() + file.with_suffix(".json").read_bytes()
    assert [word for word in (b"Robin", b"Lopez", b"tms-1", b"SQLite format", b"PGDMP") if word in held] == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    opened = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(backup_key.secret)])
    assert b"chairtime backup 1" in opened


def test_backup_made_while_somebody_writes_is_of_one_moment(
    database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    """Accounts and invitations go in by pairs: as many of one as of the other, whenever the backup looks."""
    fill(database)
    stop = threading.Event()
    written: list[str] = []

    def write() -> None:
        while not stop.is_set():
            written.append(admit(database, handle=f"somebody-{len(written)}"))

    writer = threading.Thread(target=write)
    writer.start()
    files = [make_backup(database, tmp_path / "backups", [backup_key.public], pg_bin=pg_bin(), now=NOW) for _ in range(3)]
    stop.set()
    writer.join()

    restored = put_back(tmp_path / "backups" / files[-1].name, backup_key, empty_url)

    found = rows_of(empty_url)
    assert len(found["account"]) == len(found["invitation"]) == len(found["login"]) / 2
    assert 1 <= len(found["account"]) <= len(written) + 1
    restored.dispose()


def test_place_that_is_not_empty_is_left_alone(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    fill(database)
    file = back_up(database, tmp_path / "backups", backup_key)
    before = rows_of(database.url)

    with pytest.raises(NotEmpty):
        restore(file, backup_key.secret, database.url, pg_bin=pg_bin(), now=LATER)

    assert rows_of(database.url) == before


def test_backup_cut_short_or_changed_is_refused_and_leaves_nothing(
    database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    fill(database)
    file = back_up(database, tmp_path / "backups", backup_key)
    whole = file.read_bytes()
    file.with_suffix(".json").unlink()
    cuts = [whole[: len(whole) * part // 8] for part in range(8)] + [whole[:-1], whole[:-16], whole + b"\0"]
    flips = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(300, len(whole), len(whole) // 20)]

    for broken in cuts + flips:
        file.write_bytes(broken)
        with pytest.raises((NotWhole, NotOurKey)):
            restore(file, backup_key.secret, empty_url, pg_bin=pg_bin(), now=LATER)

    assert not (tmp_path / "restored").exists() or list((tmp_path / "restored").iterdir()) == []
    file.write_bytes(whole)
    put_back(file, backup_key, empty_url).dispose()


def test_file_that_is_not_the_one_noted_beside_it_is_refused(
    database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path
) -> None:
    file = back_up(database, tmp_path, backup_key)
    other = back_up(database, tmp_path, backup_key)
    assert other != file
    other.replace(file)

    with pytest.raises(NotWhole, match="not the file"):
        restore(file, backup_key.secret, empty_url, pg_bin=pg_bin(), now=LATER)


def test_another_key_does_not_open_it(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    file = back_up(database, tmp_path, backup_key)
    stranger = pyrage.x25519.Identity.generate()

    with pytest.raises(NotOurKey):
        restore(file, str(stranger), empty_url, pg_bin=pg_bin(), now=LATER)
    with pytest.raises(NotOurKey):
        restore(file, "# nothing\n", empty_url, pg_bin=pg_bin(), now=LATER)


def test_database_of_another_kind_is_refused(
    database: Database, database_kind: str, backup_key: KeyPair, postgres_server_url: str, tmp_path: Path
) -> None:
    file = back_up(database, tmp_path, backup_key)
    other = postgres_server_url if database_kind == "sqlite" else f"sqlite:///{tmp_path / 'other.db'}"

    with pytest.raises(AnotherKind):
        restore(file, backup_key.secret, other, pg_bin=pg_bin(), now=LATER)


def test_backup_of_a_newer_program_is_refused(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    with database.transaction() as db:
        db.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    file = back_up(database, tmp_path, backup_key)

    with pytest.raises(FromNewerProgram, match="revision 9999"):
        restore(file, backup_key.secret, empty_url, pg_bin=pg_bin(), now=LATER)

    assert not (tmp_path / "restored").exists() or list((tmp_path / "restored").iterdir()) == []
    with database.transaction() as db:
        db.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = :head"), {"head": head()})


@pytest.mark.parametrize("given", [[], ["age1nonsense"], ["AGE-SECRET-KEY-1QQQ"]])
def test_no_backup_without_a_public_key(database: Database, given: list[str], tmp_path: Path) -> None:
    with pytest.raises(NoRecipient) as refused:
        make_backup(database, tmp_path / "backups", given, pg_bin=pg_bin(), now=NOW)

    assert "AGE-SECRET" not in refused.value.message
    assert not (tmp_path / "backups").exists()


def test_files_that_were_left_half_written_are_removed_after_a_day(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    left, other = tmp_path / ".chairtime-abc.half", tmp_path / "somebody-elses.half"
    left.write_bytes(b"half")
    other.write_bytes(b"other")
    present = SystemClock().now()

    make_backup(database, tmp_path, [backup_key.public], pg_bin=pg_bin(), now=present)
    assert left.exists()
    make_backup(database, tmp_path, [backup_key.public], pg_bin=pg_bin(), now=present + timedelta(days=2))

    assert not left.exists()
    assert other.exists()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_old_log_beside_the_new_file_is_not_played_into_it(database: Database, backup_key: KeyPair, empty_url: str, tmp_path: Path) -> None:
    """A stale `-wal` next to a file that was put back would tear it."""
    fill(database)
    file, target = back_up(database, tmp_path, backup_key), file_of(empty_url)
    target.parent.mkdir()
    stale = sqlite3.connect(target)
    stale.executescript("PRAGMA journal_mode=wal; CREATE TABLE old (text); INSERT INTO old VALUES ('old')")
    log, shared = (target.with_name(target.name + ending) for ending in ("-wal", "-shm"))
    kept = log.read_bytes(), shared.read_bytes()
    stale.close()
    target.unlink()
    log.write_bytes(kept[0])
    shared.write_bytes(kept[1])

    restored = put_back(file, backup_key, empty_url)

    assert len(rows_of(empty_url)["session"]) == 36
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    restored.dispose()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_two_backups_at_a_time_do_not_mix(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    with copied(file_of(database.url)), pytest.raises(BackupUnderWay):
        back_up(database, tmp_path / "backups", backup_key)

    assert list((tmp_path / "backups").iterdir()) == []
    back_up(database, tmp_path / "backups", backup_key)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_older_program_than_the_server_is_refused(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o700)

    with pytest.raises(NoTool, match="of version 9"):
        make_backup(database, tmp_path / "backups", [backup_key.public], pg_bin=old.parent, now=NOW)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_program_that_fails_half_way_leaves_no_backup(database: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    failing = tmp_path / "bin" / "pg_dump"
    failing.parent.mkdir()
    failing.write_text(
        "#!/bin/sh\n[ $1 = --version ] && { echo 'pg_dump (PostgreSQL) 99.0'; exit; }\nhead -c 100000 /dev/zero\n"
        "echo 'pg_dump: error: the disk is gone' >&2\nexit 1\n"
    )
    failing.chmod(0o700)

    with pytest.raises(BackupFailed, match="the disk is gone"):
        make_backup(database, tmp_path / "backups", [backup_key.public], pg_bin=failing.parent, now=NOW)

    assert list((tmp_path / "backups").iterdir()) == []
    with database.reading() as db:
        assert last_backup(db) is None
