"""The pack of a real clinic: gathered, told to the audit trail, written into the folder, printed by command and from the page."""

from __future__ import annotations

import logging
import stat
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from courses import progressing, reaching
from courses.patients.contact import Contact
from courses.progressing import Moment
from rooms.availability.closure import Closure
from rooms.availability.interval import Interval
from rooms.rostering import close_site
from scheduler import auditing
from scheduler.access.author import Author, AuthorKind
from scheduler.app import create_app
from scheduler.auditing import Notary
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.downtime import Printer, newest_in, pack_of, write_packs
from scheduler.jobs import heartbeat, write_downtime_packs
from scheduler.printing.frame import Paper
from scheduler.settings import Settings
from tests.audit.trail import events
from tests.courses.clinic import NOW, SmallClinic, daily
from tests.printing.reading import pages_of
from tests.scheduler.command import chairtime
from tests.signed_in import SignedIn, Staff

CLERK = Author(AuthorKind.PROGRAM, "worker", operation="worker")
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


@dataclass
class Booked:
    """A clinic with one patient, who comes from today on; `sessions` are the ids in order."""

    clinic: SmallClinic
    patient: str
    sessions: list[str]


@pytest.fixture
def booked(database: Database) -> Booked:
    clinic = SmallClinic()
    with database.transaction() as db:
        clinic.build(db)
        clinic.protocol(db, "daily", daily(5))
        patient = clinic.patient(db, "Zofia")
        course = clinic.enrol(db, clinic.wish(patient, "daily", date(2026, 11, 23)))
    return Booked(clinic, patient.id, [session.id for session in course.live])


@pytest.fixture
def printer(tmp_path: Path) -> Printer:
    return Printer(Paper.LETTER, initials=False, folder=tmp_path / "downtime")


def written(database: Database, printer: Printer, now: datetime = NOW) -> list[Path]:
    assert printer.folder is not None
    return write_packs(database, printer.folder, printer, CLERK, now=now)


def names(printer: Printer) -> list[str]:
    assert printer.folder is not None
    return sorted(path.name for path in printer.folder.iterdir())


def test_pack_tells_today_and_the_next_open_day(database: Database, booked: Booked) -> None:
    with database.reading() as db:
        pack = pack_of(db, "main", now=NOW)

    assert [day.date for day in pack.days] == [date(2026, 11, 23), date(2026, 11, 24)]
    (device,) = pack.days[0].resources
    (visit,) = device.visits
    assert (visit.patient.name, visit.patient.born_on) == ("Zofia Lopez", date(1980, 5, 17))
    assert visit.what.endswith("1 of 5")
    assert visit.starts_at.utcoffset() == timedelta(hours=-5)
    assert visit.ends_at - visit.starts_at == timedelta(minutes=30), "without the turnover"
    assert {each.patient.name for each in pack.phones} == {"Zofia Lopez"}
    assert len(pack.phones) == 2
    assert [each.name for each in pack.colleagues] == ["op-a", "op-b", "dr-a"]
    assert booked.sessions


@on_one_database
def test_phone_list_has_the_numbers_that_are_known(database: Database, booked: Booked) -> None:
    with database.transaction() as db:
        reaching.record_contact(db, booked.patient, Contact(phone="+12125550100"), by="desk", now=NOW)
    with database.reading() as db:
        assert {each.phone for each in pack_of(db, "main", now=NOW).phones} == {"+12125550100"}


@on_one_database
def test_day_on_which_the_clinic_is_shut_is_passed_over(database: Database, booked: Booked) -> None:
    friday = NOW + timedelta(days=4)
    with database.reading() as db:
        assert [day.date for day in pack_of(db, "main", now=friday).days] == [date(2026, 11, 27), date(2026, 11, 30)]
    with database.transaction() as db:
        day = datetime(2026, 11, 30, 5, tzinfo=NOW.tzinfo)
        shut = Closure(Interval(day, day + timedelta(days=1)), "Snow")
        close_site(db, booked.clinic.site_id, shut, by="desk", now=NOW, new_id=booked.clinic.new_id)
    with database.reading() as db:
        assert pack_of(db, "main", now=friday).days[1].date == date(2026, 12, 1)


def test_whoever_is_there_is_watched_and_nobody_else(database: Database, booked: Booked) -> None:
    with database.transaction() as db:
        progressing.attend(db, [Moment(booked.sessions[0], verb, NOW) for verb in ("arrive", "start", "observe")], by="nurse")
    with database.reading() as db:
        (watch,) = pack_of(db, "main", now=NOW).watches
    assert (watch.patient.name, watch.place) == ("Zofia Lopez", "tms-1")

    with database.transaction() as db:
        progressing.attend(db, [Moment(booked.sessions[0], "discharge", NOW)], by="nurse")
    with database.reading() as db:
        assert pack_of(db, "main", now=NOW).watches == ()


def test_trail_is_told_whom_the_pack_shows_before_it_is_there(database: Database, booked: Booked, printer: Printer) -> None:
    written(database, printer)

    (told,) = [each for each in events(database) if each["action"] == "worker"]
    assert told["patients"] == [booked.patient]
    assert (told["actor_kind"], told["category"], told["diff"]) == ("program", "schedule", None)


@on_one_database
def test_nothing_is_written_that_the_trail_was_not_told(
    database: Database, booked: Booked, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(auditing, "record_read", full)
    with pytest.raises(OSError, match="No space"):
        written(database, printer)

    assert names(printer) == []
    assert booked.sessions


def test_age_is_that_of_the_last_change_and_no_look_makes_it_younger(database: Database, booked: Booked, printer: Printer) -> None:
    audited = auditing.seen_by(database, CLERK, lambda: NOW)
    audited.run(lambda db: progressing.attend(db, [Moment(booked.sessions[0], "arrive", NOW)], by="nurse"))
    written(audited, printer, NOW + timedelta(minutes=15))
    (path,) = written(audited, printer, NOW + timedelta(hours=2))

    page = pages_of(path.read_bytes())[0]
    assert "Printed 2026-11-23 10:00 EST. Last change recorded 08:00, 2 h before." in page


@on_one_database
def test_newest_checkpoint_is_on_the_page(database: Database, booked: Booked, printer: Printer, tmp_path: Path) -> None:
    audited = auditing.seen_by(database, CLERK, lambda: NOW)
    audited.run(lambda db: progressing.attend(db, [Moment(booked.sessions[0], "arrive", NOW)], by="nurse"))
    made = auditing.make_checkpoint(database, Notary(bytes(range(32, 64)), frozenset(), tmp_path / "points", ""), SettableClock(NOW))
    assert made is not None

    (path,) = written(database, printer)

    assert f"Checkpoint {made.checkpoint.hash[:12]}" in pages_of(path.read_bytes())[-1]


@on_one_database
def test_files_are_the_programs_own_and_only_the_newest_stay(database: Database, booked: Booked, printer: Printer) -> None:
    assert printer.folder is not None
    printer.folder.mkdir(mode=0o700)
    (printer.folder / "somebody-elses.pdf").touch()
    for quarter in range(12):
        (path,) = written(database, printer, NOW + timedelta(minutes=15 * quarter))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert names(printer) == [*(f"main-2026-11-23-{at}.pdf" for at in HOURS), "somebody-elses.pdf"]
    newest = newest_in(printer.folder, "main", "")
    assert newest is not None
    assert f"{newest.made_at:%Y-%m-%d %H:%M}" == "2026-11-23 10:45"
    assert booked.sessions


HOURS = ("0900", "0915", "0930", "0945", "1000", "1015", "1030", "1045")


@on_one_database
def test_from_six_in_the_evening_on_one_is_kept_for_the_next_morning(database: Database, booked: Booked, printer: Printer) -> None:
    for day in range(4):
        for minutes in (9 * 60 + 45, 10 * 60 + 7, 10 * 60 + 15):
            written(database, printer, NOW + timedelta(days=day, minutes=minutes))

    evenings = [name for name in names(printer) if "evening" in name]
    assert evenings == ["main-2026-11-25-evening.pdf", "main-2026-11-26-evening.pdf"]
    assert printer.folder is not None
    assert "Printed 2026-11-26 18:07 EST" in pages_of((printer.folder / evenings[-1]).read_bytes())[0]
    assert booked.sessions


@on_one_database
def test_pack_that_cannot_be_finished_is_not_there(
    database: Database, booked: Booked, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        written(database, printer)

    assert names(printer) == []
    assert booked.sessions


@on_one_database
def test_each_site_has_a_pack_of_its_own(database: Database, booked: Booked, printer: Printer) -> None:
    with database.transaction() as db:
        SmallClinic("north.wing", now=NOW).build(db)

    first, second = written(database, printer)

    assert first.name == "main-2026-11-23-0800.pdf"
    assert second.name.startswith("north-wing-")
    assert "Lopez" not in " ".join(pages_of(second.read_bytes()))
    assert booked.sessions


@on_one_database
def test_worker_writes_it_every_quarter_of_an_hour_and_a_failure_is_logged(
    database: Database, booked: Booked, printer: Printer, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SettableClock(NOW, frozen=True)
    beats = heartbeat(database, clock, Notary(None, frozenset(), None, ""), printer)
    (job,) = [each for each in beats.get_jobs() if each.func is write_downtime_packs]
    assert "minute='*/15'" in str(job.trigger)
    assert printer.folder is not None

    job.func(*job.args)
    assert names(printer) == ["main-2026-11-23-0800.pdf"]

    printer.folder.joinpath("main-2026-11-23-0800.pdf").unlink()
    printer.folder.rmdir()
    printer.folder.write_text("no folder")
    with caplog.at_level(logging.ERROR, "chairtime.jobs"):
        job.func(*job.args)
    assert "no downtime pack was written" in caplog.text
    assert "Lopez" not in caplog.text
    assert booked.sessions


@on_one_database
def test_without_a_folder_the_worker_writes_none(database: Database) -> None:
    beats = heartbeat(database, SettableClock(NOW), Notary(None, frozenset(), None, ""), Printer(Paper.A4, initials=False, folder=None))
    assert write_downtime_packs not in [each.func for each in beats.get_jobs()]


@on_one_database
def test_command_needs_nothing_but_the_database(
    database: Database, booked: Booked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database.dispose()

    left = chairtime("downtime-pack", "--to", tmp_path / "packs", "--initials", "--paper", "a4", "--database-url", database.url)

    said = capsys.readouterr()
    first, *kept_for_the_night = said.out.splitlines()
    assert (left, said.err) == (0, "2 packs written.\n" if kept_for_the_night else "1 pack written.\n")
    assert [Path(each).stem.endswith("-evening") for each in kept_for_the_night] in ([], [True])
    text = " ".join(pages_of(Path(first).read_bytes()))
    assert "Main" in text
    assert "Lopez" not in text
    assert [each["action"] for each in events(database)][-1] == "chairtime downtime-pack"
    assert booked.sessions


@on_one_database
def test_command_says_when_no_folder_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHAIRTIME_DOWNTIME_FOLDER", raising=False)
    assert chairtime("downtime-pack", "--database-url", database.url) == 2
    assert capsys.readouterr().err == "--to: no folder is named; name one, or set CHAIRTIME_DOWNTIME_FOLDER\n"


@on_one_database
def test_page_tells_how_old_the_newest_pack_is_and_prints_one_now(database: Database, booked: Booked, tmp_path: Path) -> None:
    clock, folder = SettableClock(NOW, frozen=True), tmp_path / "packs"
    app = create_app(Settings(database_url=database.url, downtime_folder=folder), clock, database)
    with SignedIn(app, Staff(database, clock, office=False)) as client:
        assert "There is no pack in the folder" in client.get("/sites/main/downtime").text
        write_packs(database, folder, app.state.printer, CLERK, now=NOW)
        clock.step(timedelta(minutes=20))
        assert "The newest pack is 20 min old" in client.get("/sites/main/downtime").text
        clock.step(timedelta(minutes=20))
        assert "ask an administrator whether the worker runs" in client.get("/sites/main/downtime").text

        page, api = client.get("/sites/main/downtime/pack"), client.get("/api/v1/sites/main/downtime-pack?paper=a4&initials=true")

    assert page.headers["content-type"] == api.headers["content-type"] == "application/pdf"
    assert page.headers["cache-control"] == "no-store"
    assert "Zofia Lopez" in pages_of(page.content)[1]
    assert "Z. L." in pages_of(api.content)[1]
    looks = [each for each in events(database) if str(each["action"]).startswith("GET") and booked.patient in each["patients"]]
    assert [each["action"] for each in looks] == ["GET /sites/{site}/downtime/pack", "GET /api/v1/sites/{site}/downtime-pack"]


@on_one_database
def test_page_says_when_no_folder_is_set(database: Database, booked: Booked) -> None:
    clock = SettableClock(NOW, frozen=True)
    app = create_app(Settings(database_url=database.url, downtime_folder=None), clock, database)
    with SignedIn(app, Staff(database, clock, office=False)) as client:
        assert "No pack is kept for a downtime" in client.get("/sites/main/downtime").text
    assert booked.sessions
