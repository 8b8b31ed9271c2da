"""Where a clinic works, the server starts only when everything is set as it must be; each fault is refused with its own sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from rooms import equipping, rostering
from rooms.availability.hours import WeeklyHours
from rooms.resources.site import Site
from scheduler.backing_up import make_backup
from scheduler.backing_up.vouching import DISK_ENCRYPTION, acknowledge
from scheduler.cli.application import application
from scheduler.cli.starting import UnsafeStart
from scheduler.clock import SystemClock
from scheduler.database import Database, migrate
from scheduler.demo import SITE
from scheduler.keys import PREFIX, new_key, write_key
from tests.keeping.conftest import KeyPair
from tests.scheduler.command import chairtime
from tests.scheduler.test_cli_serving import free_port, status_of
from tests.scheduler.test_cli_serving import running as running_command

Said = pytest.CaptureFixture[str]


class Started(Exception):
    """The server would have begun to answer."""


@dataclass(frozen=True)
class Clinic:
    """A clinic's settings, all as they must be, and the folder that holds everything they name."""

    folder: Path
    environment: dict[str, str]

    @property
    def file(self) -> Path:
        return self.folder / "data" / "clinic.db"

    def set(self, name: str, value: str | Path) -> None:
        self.environment[f"CHAIRTIME_{name}"] = str(value)

    def unset(self, name: str) -> None:
        del self.environment[f"CHAIRTIME_{name}"]

    def key(self, text: str, mode: int = 0o600) -> None:
        path = Path(self.environment["CHAIRTIME_SECRET_KEY_FILE"])
        path.write_text(text)
        path.chmod(mode)


@pytest.fixture
def clinic(tmp_path: Path, sqlite_template: Path, backup_key: KeyPair) -> Clinic:
    for name in ("data", "backups", "trail"):
        (tmp_path / name).mkdir()
    key = tmp_path / "secret.key"
    write_key(key, new_key())
    clinic = Clinic(tmp_path, {})
    clinic.file.write_bytes(sqlite_template.read_bytes())
    clinic.file.chmod(0o600)
    clinic.set("MODE", "clinic")
    clinic.set("DATABASE_URL", f"sqlite:///{clinic.file}")
    clinic.set("SECRET_KEY_FILE", key)
    clinic.set("PUBLIC_ADDRESS", "https://chairtime.clinic.example")
    clinic.set("BACKUP_TO", tmp_path / "backups")
    clinic.set("BACKUP_RECIPIENT", backup_key.public)
    clinic.set("AUDIT_CHECKPOINTS", tmp_path / "trail" / "checkpoints")
    clinic.set("AUDIT_PUBLIC_KEY", "5e" * 32)
    return clinic


@pytest.fixture
def serve(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> Iterator[Callable[..., str]]:
    """`chairtime serve` in the clinic's environment, up to where it would answer; what it said."""

    def start(*_: object, **__: object) -> None:
        raise Started

    def serve(*arguments: str) -> str:
        for name, value in clinic.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(uvicorn, "Config", start)
        try:
            assert chairtime("serve", *arguments) == 1
        except Started:
            return f"started\n{capsys.readouterr().err}"
        return capsys.readouterr().err

    yield serve
    for name in ("CHAIRTIME_DATABASE_URL", "CHAIRTIME_MODE", "CHAIRTIME_HOST", "CHAIRTIME_PORT"):
        os.environ.pop(name, None)  # what a server that starts leaves to its processes


def _fill_with_the_demo(clinic: Clinic) -> None:
    """As much of the demo as it is known by."""
    database, clock = Database(clinic.environment["CHAIRTIME_DATABASE_URL"]), SystemClock()
    with database.transaction() as db:
        site = equipping.add_site(db, Site(SITE, "Demo", "UTC", WeeklyHours.of({})), new_id=clock.new_id, now=clock.now())
        holiday = next(iter(rostering.proposed_holidays(db, site.id, "US", 2026)))
        rostering.accept_holiday(db, site.id, holiday, by="demo", new_id=clock.new_id, now=clock.now())
    database.dispose()


def _move_into_the_demos_folder(clinic: Clinic) -> None:
    clinic.file.parent.rename(clinic.folder / "var")
    clinic.set("DATABASE_URL", "sqlite:///var/clinic.db")


def _move_key_to_the_backups(clinic: Clinic) -> None:
    there = clinic.folder / "backups" / "secret.key"
    Path(clinic.environment["CHAIRTIME_SECRET_KEY_FILE"]).rename(there)
    clinic.set("SECRET_KEY_FILE", there)


Spoil = Callable[[Clinic], None]
BAD: dict[str, tuple[Spoil, str]] = {
    "no key": (lambda clinic: clinic.unset("SECRET_KEY_FILE"), "CHAIRTIME_SECRET_KEY_FILE: no key of the"),
    "weak key": (lambda clinic: clinic.key("changeme"), "CHAIRTIME_SECRET_KEY_FILE: this is no key that was drawn by chance"),
    "key of one letter": (lambda clinic: clinic.key(f"{PREFIX}{'A' * 43}="), "CHAIRTIME_SECRET_KEY_FILE: this is no key that was drawn"),
    "weak key in the environment": (lambda clinic: clinic.set("SECRET_KEY", "secret"), "CHAIRTIME_SECRET_KEY: this is no key"),
    "key for everybody": (lambda clinic: clinic.key(new_key().line, 0o644), "chmod 600"),
    "key not there": (lambda clinic: clinic.set("SECRET_KEY_FILE", clinic.folder / "none.key"), "none.key cannot be read (No such file"),
    "key among the backups": (_move_key_to_the_backups, "CHAIRTIME_SECRET_KEY_FILE: the key lies where the backups are"),
    "no public address": (lambda clinic: clinic.set("PUBLIC_ADDRESS", ""), "CHAIRTIME_PUBLIC_ADDRESS: no public address is set"),
    "http": (lambda clinic: clinic.set("PUBLIC_ADDRESS", "http://clinic.example"), "CHAIRTIME_PUBLIC_ADDRESS: over http everybody"),
    "no address": (
        lambda clinic: clinic.set("PUBLIC_ADDRESS", "clinic.example"),
        "CHAIRTIME_PUBLIC_ADDRESS: 'clinic.example' is no address",
    ),
    "any host": (lambda clinic: clinic.set("ALLOWED_HOSTS", '["*"]'), "CHAIRTIME_ALLOWED_HOSTS: '*' is no name of a host"),
    "test build": (lambda clinic: clinic.set("TEST_BUILD", "1"), "CHAIRTIME_TEST_BUILD: a test build lets anybody set the clock"),
    "fault points": (lambda clinic: clinic.environment.update(FAULTS="1"), "FAULTS: fault points can kill the server"),
    "debugging": (lambda clinic: clinic.environment.update(PYTHONASYNCIODEBUG="1"), "PYTHONASYNCIODEBUG: Python's debugging is on"),
    "debug": (lambda clinic: clinic.set("DEBUG", "1"), "CHAIRTIME_DEBUG: there is no such setting; take it away"),
    "misspelled": (
        lambda clinic: clinic.set("BACKUP_RECIPENT", "x"),
        "there is no such setting; perhaps CHAIRTIME_BACKUP_RECIPIENT is meant",
    ),
    "cheap passwords": (lambda clinic: clinic.set("PASSWORD_MEMORY_KIB", "8"), "guessing at passwords would be too cheap"),
    "file for everybody": (lambda clinic: clinic.file.chmod(0o644), "others than its owner can open it: chmod 600"),
    "file for the group": (lambda clinic: clinic.file.chmod(0o640), "others than its owner can open it: chmod 600"),
    "demo's folder": (_move_into_the_demos_folder, "lies in the demo's folder"),
    "demo's people": (_fill_with_the_demo, "has the demo's people in it"),
    "no tables": (
        lambda clinic: clinic.set("DATABASE_URL", f"sqlite:///{clinic.folder}/other.db"),
        "has no tables yet. Run: chairtime migrate",
    ),
    "migrations pending": (
        lambda clinic: migrate(clinic.environment["CHAIRTIME_DATABASE_URL"], "0004"),
        "is at revision 0004, which is not",
    ),
    "usual password": (
        lambda clinic: clinic.set("DATABASE_URL", "postgresql+psycopg://postgres:postgres@127.0.0.1:1/clinic"),
        "the password of postgres is a usual one",
    ),
    "plain text to a database elsewhere": (
        lambda clinic: clinic.set("DATABASE_URL", "postgresql+psycopg://runs:long-enough-password@192.0.2.1:1/clinic?connect_timeout=1"),
        "what goes to 192.0.2.1 is not sure to be encrypted",
    ),
    "no backups": (
        lambda clinic: clinic.unset("BACKUP_TO"),
        "CHAIRTIME_BACKUP_TO: no folder for backups is set",
    ),
    "backups nowhere": (lambda clinic: (clinic.folder / "backups").rmdir(), "is no folder that can be written into; is it mounted?"),
    "backups beside the database": (lambda clinic: clinic.set("BACKUP_TO", clinic.file.parent), "is where the database itself is"),
    "no key for backups": (lambda clinic: clinic.set("BACKUP_RECIPIENT", ""), "CHAIRTIME_BACKUP_RECIPIENT: no key to encrypt backups"),
    "no second place for checkpoints": (lambda clinic: clinic.unset("AUDIT_CHECKPOINTS"), "CHAIRTIME_AUDIT_CHECKPOINTS: no second place"),
    "checkpoints nowhere": (lambda clinic: (clinic.folder / "trail").rmdir(), "CHAIRTIME_AUDIT_CHECKPOINTS: "),
    "checkpoints beside the database": (
        lambda clinic: clinic.set("AUDIT_CHECKPOINTS", clinic.file.with_name("checkpoints")),
        "lies where the database itself is; name a second place",
    ),
    "no public key of the trail": (lambda clinic: clinic.unset("AUDIT_PUBLIC_KEY"), "CHAIRTIME_AUDIT_PUBLIC_KEY: no public key is set"),
    "secret half of the key": (lambda clinic: clinic.set("BACKUP_RECIPIENT", "AGE-SECRET-KEY-1Q"), "which must not be on the server"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_configuration_is_refused_with_its_sentence(
    name: str, clinic: Clinic, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, sentence = BAD[name]
    monkeypatch.chdir(clinic.folder)
    spoil(clinic)

    said = serve()

    lines = [line for line in said.splitlines() if sentence in line]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    assert "AGE-SECRET" not in said


def test_good_configuration_starts(serve: Callable[..., str]) -> None:
    assert serve().startswith("started")


def test_several_processes_on_sqlite_are_refused(serve: Callable[..., str]) -> None:
    assert "--workers: several processes on one SQLite file" in serve("--workers", "2")


def test_password_among_the_machines_processes_is_refused(
    clinic: Clinic, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://runs:long-enough-password@127.0.0.1:1/clinic"
    clinic.unset("DATABASE_URL")
    monkeypatch.setattr(sys, "argv", ["chairtime", "serve", "--database-url", url])

    said = serve("--database-url", url)

    assert "--database-url: everybody on this machine can read a password" in said
    assert "long-enough" not in said


def test_all_that_is_wrong_is_told_at_once(clinic: Clinic, serve: Callable[..., str]) -> None:
    clinic.set("TEST_BUILD", "1")
    clinic.set("PUBLIC_ADDRESS", "")
    clinic.file.chmod(0o644)

    said = serve()

    assert [line.split(":")[0] for line in said.splitlines()] == [
        "CHAIRTIME_PUBLIC_ADDRESS",
        "CHAIRTIME_TEST_BUILD",
        "CHAIRTIME_DATABASE_URL",
    ]


def test_http_is_served_where_somebody_says_so(clinic: Clinic, serve: Callable[..., str]) -> None:
    clinic.set("PUBLIC_ADDRESS", "http://clinic.example:8080")
    clinic.set("ALLOW_HTTP", "1")

    assert serve().startswith("started")


def test_without_a_mode_only_this_machine_is_served(clinic: Clinic, serve: Callable[..., str]) -> None:
    clinic.set("MODE", "")
    for host in ("0.0.0.0", "192.0.2.7", "::", "clinic.example"):  # noqa: S104  # they are refused
        assert f"CHAIRTIME_MODE: {host} can be reached from other machines" in serve("--host", host)
    assert "only this machine is served" in serve("--host", "127.0.0.1")


def test_other_ways_to_start_it_are_refused_too(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    clinic.set("TEST_BUILD", "1")
    for name, value in clinic.environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(UnsafeStart, match="CHAIRTIME_TEST_BUILD"):
        application()
    assert chairtime("worker") == 1
    assert "CHAIRTIME_TEST_BUILD" in capsys.readouterr().err


def test_what_is_owed_is_told_until_it_is_done(clinic: Clinic, serve: Callable[..., str], backup_key: KeyPair) -> None:
    first = serve()
    database, now = Database(clinic.environment["CHAIRTIME_DATABASE_URL"]), SystemClock().now()
    make_backup(database, clinic.folder / "backups", [backup_key.public], now=now - timedelta(hours=25))
    old = serve()
    make_backup(database, clinic.folder / "backups", [backup_key.public], now=now)
    assert chairtime("acknowledge", DISK_ENCRYPTION, "--by", "Jo Reed", "--database-url", database.url) == 0
    database.dispose()
    last = serve()

    assert "chairtime acknowledge disk-encryption" in first
    assert "There is no backup yet" in first
    assert f"The last backup is of {(now - timedelta(hours=25)).isoformat()}" in old
    assert "encrypted" not in last
    assert "backup" not in last


def test_nobody_vouches_without_a_name(database: Database) -> None:
    with pytest.raises(Exception, match="--by"), database.transaction() as db:
        acknowledge(db, DISK_ENCRYPTION, by=" ", now=SystemClock().now())


def test_role_that_can_bend_the_trail_is_refused(clinic: Clinic, serve: Callable[..., str], owned_url: str, running: Database) -> None:
    clinic.set("DATABASE_URL", owned_url)
    assert "could change the audit trail" in serve()

    clinic.set("DATABASE_URL", running.url)
    assert serve().startswith("started")


def test_real_server_starts_safely_or_not_at_all(clinic: Clinic) -> None:
    port = free_port()
    environment = os.environ | clinic.environment
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clinic.environment.items():
            patch.setenv(name, value)
        with running_command("serve", "--port", str(port)):
            assert status_of(port, "/health/live") == 200
    clinic.file.chmod(0o644)
    refused = subprocess.run([sys.executable, "-m", "scheduler", "serve"], env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("CHAIRTIME_DATABASE_URL: ")
