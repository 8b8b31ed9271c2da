"""The demo clinic: lively on any day of the year, sound by the independent checker, and never in the way of real data."""

import fcntl
import json
import shutil
import socket
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
import time_machine
import yaml

from courses import queries
from courses.library import protocol_files
from courses.queries import SessionLine
from courses.sessions.status import CourseStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from scheduler.clinic_file.writing import write_clinic
from scheduler.database import Database, migrate
from scheduler.demo import SITE, build_demo, made_on
from scheduler.demo.suite import VISITS
from scheduler.demo.treated import treated
from scheduler.exporting import export_clinic
from scheduler.reminders import queries as message_queries
from scheduler.verify import verify
from tests.databases import postgres_in_soak
from tests.plans.checking import Planned
from tests.scheduler.command import chairtime

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in New York."""


def build(database: Database, now: datetime = NOW) -> None:
    numbers = count(1)
    build_demo(database, now=now, new_id=lambda prefix: f"{prefix}{next(numbers)}")


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo as it is made at `NOW`, in a file that nobody has open, to be copied; made once for all workers."""
    shared = tmp_path_factory.getbasetemp().parent if worker_id != "master" else tmp_path_factory.mktemp("demo")
    made = shared / "demo.db"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = shared / "unfinished.db"
            migrate(f"sqlite:///{unfinished}")
            database = Database(f"sqlite:///{unfinished}")
            build(database)
            database.dispose()
            with closing(sqlite3.connect(unfinished)) as folded:
                folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            unfinished.rename(made)
    return made


def day_of(database: Database, on: date, now: datetime = NOW) -> tuple[SessionLine, ...]:
    with database.reading() as db:
        site = rooms_queries.site(db, SITE)
        return queries.sessions_on(db, site.id, SiteTime(site.site.timezone).day(on).whole, now=now)


@pytest.fixture
def demo(database_kind: str, demo_file: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A demo of the test's own."""
    if database_kind == "sqlite":
        database = Database(f"sqlite:///{shutil.copyfile(demo_file, tmp_path / 'demo.db')}")
        yield database
        database.dispose()
    else:
        database = request.getfixturevalue("database")
        build(database)
        yield database


@postgres_in_soak
def test_demo_is_lively_and_sound(demo: Database) -> None:
    assert verify(demo, now=NOW) == []
    today = day_of(demo, NOW.date())
    assert len(today) >= 25
    assert {line.status.value for line in today} >= {"booked", "in_treatment", "in_observation", "discharged"}
    week = [line for days in range(7) for line in day_of(demo, NOW.date() + timedelta(days=days))]
    assert {line.modality for line in week} >= {"tms", "esketamine", "ect", "ketamine", "psychotherapy", "neurostimulation", "evaluation"}
    with demo.reading() as db:
        site = rooms_queries.site(db, SITE)
        lines = queries.courses(db, site.id, now=NOW)
        missed = [line for days in range(1, 40) for line in day_of(demo, NOW.date() - timedelta(days=days)) if line.status == "missed"]
        assert Counter(line.status for line in lines) == {CourseStatus.ACTIVE: 59, CourseStatus.ON_HOLD: 1, CourseStatus.STOPPED: 1}
        assert len(missed) == sum(len(each.misses) for each in treated())
        assert {f"{known.version.code}.yaml" for known in queries.protocols(db, site.id)} == {file.name for file in protocol_files()}
        assert {known.source for known in rooms_queries.closures(db, site.id)} == {"holidays"}
        assert made_on(db) == NOW.date()
        waiting = [known.waiting for known in queries.waiting_courses(db, site.id)]
    time = SiteTime(site.site.timezone)
    assert [(each.patient.code, each.version_of.code, each.wish.priority, each.days_waiting(NOW, time)) for each in waiting] == [
        ("P-0050", "esketamine-trd", 2, 9),
        ("P-0053", "tms-itbs-36", 1, 12),
        ("P-0054", "tms-standard-36", 1, 5),
        ("P-0052", "cbt-16", 1, 2),
    ]


@postgres_in_soak
def test_patients_are_told_in_every_way(demo: Database) -> None:
    with demo.reading() as db:
        counts, site = message_queries.counts(db), rooms_queries.site(db, SITE)
        replies = message_queries.replies(db, site.id)

    assert {"planned", "sent", "uncertain", "parked", "failed", "expired", "voided"} <= counts.keys()
    assert {each.meaning for each in replies} == {"ask", "cancel", "other"}


def test_plan_of_the_demo_keeps_every_rule(demo_file: Path, tmp_path: Path) -> None:
    """Its courses planned anew from its export, as judged by our judge and by the shared checker."""
    database = Database(f"sqlite:///{shutil.copyfile(demo_file, tmp_path / 'demo.db')}")
    with database.reading() as db:
        exported = export_clinic(db, SITE, now=NOW)
    database.dispose()

    planned = Planned(json.loads(json.dumps(write_clinic(exported.clinic))))
    assert planned.faults() == []
    assert {course["status"] for course in planned.written["courses"]} == {"planned"}


def test_demo_is_made_once_a_day_and_what_was_changed_stays_until_then(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAIRTIME_DATABASE_URL", f"sqlite:///{tmp_path}/real.db")
    (tmp_path / "var").mkdir()
    shutil.copyfile(demo_file, tmp_path / "var" / "demo.db")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/var/demo.db")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE patient SET family_name = 'Changed' WHERE code = 'P-0001'"))

    with time_machine.travel("2026-11-25T03:00:00Z", tick=False):  # still the same evening in New York
        assert chairtime("demo", "--only-make") == 0
        first = capsys.readouterr().err.splitlines()
        assert chairtime("demo", "--only-make") == 0
    assert first == capsys.readouterr().err.splitlines()
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT family_name FROM patient WHERE code = 'P-0001'")) == "Changed"
    engine.dispose()
    with time_machine.travel("2026-12-25T16:00:00Z", tick=False):
        assert chairtime("demo", "--only-make") == 0
        assert chairtime("verify", "--database-url", f"sqlite:///{tmp_path}/var/demo.db") == 0
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT family_name FROM patient WHERE code = 'P-0001'")) == "Albright"
        assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM course")) == len(treated()) + len(VISITS)
    engine.dispose()

    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Making the demo clinic; its people are made up."
    assert said[1] == "The clinic is closed today, Friday; the next open day is Monday, 2026-12-28."
    assert said[2] == first[0] == "Sign in as one of these:"
    assert [line.split()[0] for line in said[3:10]] == [
        "Front",
        "Nurse",
        "Technician",
        "Physician",
        "Anesthesia",
        "Administrator",
        "Auditor",
    ]
    assert not set(said[3:10]) & set(first)
    assert stat.S_IMODE((tmp_path / "var" / "demo.people").stat().st_mode) == 0o600
    assert not (tmp_path / "real.db").exists()


def test_demo_keeps_out_of_a_database_with_another_clinic(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clinic = tmp_path / "clinic.yaml"
    clinic.write_text(yaml.safe_dump({"clinic": {"name": "Real", "timezone": "America/New_York"}}))
    chairtime("load", clinic, "--database-url", database_url)
    capsys.readouterr()

    assert chairtime("demo", "--only-make", "--database-url", database_url) == 1

    assert "has another clinic in it" in capsys.readouterr().err


def test_port_that_is_taken_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert chairtime("demo", "--port", str(port)) == 1

    assert capsys.readouterr().err.startswith(f"Port {port} of 127.0.0.1 is taken")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
@pytest.mark.parametrize("weeks", range(0, 104, 3))
def test_demo_can_be_made_on_any_day(tmp_path: Path, weeks: int) -> None:
    now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC) + timedelta(weeks=weeks, days=weeks % 7)
    migrate(f"sqlite:///{tmp_path}/demo.db")
    database = Database(f"sqlite:///{tmp_path}/demo.db")

    build(database, now)

    with database.reading() as db:
        n_courses = len(queries.courses(db, 1, now=now))
    assert verify(database, now=now) == []
    database.dispose()
    assert n_courses == len(treated()) + len(VISITS)
