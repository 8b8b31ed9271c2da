"""`load`, `export` and `verify` on both databases: all of a file or nothing, twice the same as once, and back again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
import time_machine
import yaml

from courses import queries
from courses.library import library
from scheduler.clinic_file import open_clinic
from scheduler.database import Database
from tests.scheduler.command import chairtime

CLINIC = """\
clinic:
  name: Riverside
  timezone: America/New_York
  hours: {mon: [["08:00", "17:00"]], tue: [["08:00", "17:00"]]}
  closures: [{date: 2026-12-08}]
resources:
  - {id: chair-1, kind: chair, capabilities: [infusion-chair], unavailable: [{start: 2026-12-07T08:00, end: 2026-12-07T12:00}]}
  - {id: nurse, kind: staff, capabilities: [infusion-nurse], capacity: 3}
protocols:
  - id: series
    phases: [{name: series, sessions: 4, per_week: 2}]
    session_templates:
      infusion:
        steps: [{name: infusion, minutes: 40}]
        requirements: [{capability: infusion-chair, turnover_minutes: 10}, {capability: infusion-nurse}]
    session_rules: [{template: infusion}]
patients:
  - id: p-1
    given_name: Ada
    family_name: Lovelace
    born_on: 1985-12-10
    available: {mon: [["09:00", "15:00"]], tue: [["09:00", "15:00"]]}
  - {id: p-2, unavailable: [{start: 2026-12-01T00:00, end: 2026-12-02T00:00}]}
courses:
  - {id: c-1, patient: p-1, protocol: series, start_on_or_after: 2026-11-30, prefer: {window: ["09:00", "10:00"]}}
  - id: c-2
    patient: p-2
    protocol: series
    start_on_or_after: 2026-12-01
    priority: 2
    authorization: {sessions: 3, valid_from: 2026-11-01, valid_until: 2027-01-31}
bookings:
  - {resource: chair-1, start: 2026-11-30T08:00, end: 2026-11-30T08:40, load: 1, capability: infusion-chair, reseat: true}
"""


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Monday, a week before the courses begin."""
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        yield


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    file = tmp_path / "clinic.yaml"
    file.write_text(CLINIC)
    return file


@pytest.fixture
def address(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database without a row, which the commands find by the environment."""
    monkeypatch.setenv("CHAIRTIME_DATABASE_URL", database_url)
    return database_url


def rows(url: str) -> dict[str, int]:
    """How many rows there are in each table that has any."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        names = [name for name in sqlalchemy.inspect(connection).get_table_names() if name != "alembic_version"]
        found = {name: connection.scalar(sqlalchemy.text(f"SELECT count(*) FROM {name}")) for name in names}  # noqa: S608
    engine.dispose()
    return {name: number for name, number in found.items() if number}


def test_whole_file_is_there_after_loading_and_booking(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("load", clinic, "--book") == 0

    assert capsys.readouterr().err == (
        "riverside: 1 site, 1 closure, 2 resources, 1 absence, 1 protocol version, 2 patients, 1 booking, 2 courses new.\n"
    )
    assert rows(address) == {
        "site": 1, "closure": 1, "resource": 2, "resource_capability": 2, "absence": 1, "protocol": 1, "protocol_version": 1,
        "patient": 2, "patient_absence": 1, "booking": 17, "course": 2, "session": 8, "session_event": 8,
        "audit_event": 2, "checklist": len(library()), "checklist_version": len(library()),
    }  # fmt: skip
    assert chairtime("verify") == 0


def test_loading_the_same_file_again_changes_nothing(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic, "--book")
    before = rows(address)
    capsys.readouterr()

    assert chairtime("load", clinic, "--book") == 0

    assert capsys.readouterr().err == "riverside is there already as the file has it; nothing was changed.\n"
    assert rows(address) == before


def test_what_is_new_in_a_file_is_added(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic)
    clinic.write_text(
        CLINIC.replace("closures: [", "closures: [{date: 2026-12-25, reason: Christmas Day}, ")
        .replace("resources:\n", "resources:\n  - {id: chair-2, kind: chair, capabilities: [infusion-chair]}\n")
        .replace(
            "unavailable: [{start: 2026-12-01T00:00",
            "unavailable: [{start: 2026-12-14T00:00, end: 2026-12-15T00:00}, {start: 2026-12-01T00:00",
        )
        .replace("minutes: 40", "minutes: 45")
        .replace("bookings:\n", "bookings:\n  - {resource: chair-1, start: 2026-12-01T08:00, end: 2026-12-01T08:40}\n")
    )
    capsys.readouterr()

    assert chairtime("load", clinic, "--json") == 0

    new = {"closure": 1, "resource": 1, "protocol version": 1, "absence": 1, "booking": 1}
    assert json.loads(capsys.readouterr().out) == {"site": "riverside", "new": new}
    assert rows(address)["protocol_version"] == 2


DIFFERENCES = {
    "capacity": ("capacity: 3", "capacity: 2", 8, "resources[1].capacity"),
    "capabilities": ("[infusion-nurse]", "[infusion-nurse, prescriber]", 8, "resources[1].capabilities"),
    "time zone": ("America/New_York", "America/Chicago", 3, "clinic.timezone"),
    "opening hours": ('"17:00"]]}', '"18:00"]]}', 4, "clinic.hours"),
    "patient's hours": ('"15:00"]]}', '"14:00"]]}', 22, "patients[0].available"),
    "patient's name": ("Lovelace", "Byron", 18, "patients[0]"),
}


def test_what_is_otherwise_in_the_database_is_refused_at_its_line(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic)
    before = rows(address)
    capsys.readouterr()

    for name, (right, wrong, line, field) in DIFFERENCES.items():
        assert CLINIC.count(right) == 1, name
        clinic.write_text(CLINIC.replace(right, wrong).replace("date: 2026-12-08", "date: 2026-12-14"))
        assert chairtime("load", clinic) == 2, name
        said = capsys.readouterr().err
        assert said.startswith(f"{clinic}:{line}:"), name
        assert f": {field}: " in said, name
        assert rows(address) == before, name


REQUIREMENT = "protocols[0].session_templates.infusion.requirements[0].capability"
SECOND = "  - {resource: chair-1, start: 2026-11-30T08:30, end: 2026-11-30T09:00}"
REFUSED = {
    "a past date": ("after: 2026-11-30", "after: 2026-11-16", 25, "courses[0]", "is past"),
    "a course that finds no place": ("priority: 2", "finish_on_or_before: 2026-12-07", 26, "courses[1]", "it cannot be placed: session"),
    "an unknown capability": ("{capability: infusion-chair,", "{capability: chaise,", 15, REQUIREMENT, "no resource has 'chaise'"),
    "a protocol that can never be placed": ("minutes: 40", "minutes: 600", 25, "courses[0].protocol", "session 1 has no place"),
    "a wrong time zone": ("America/New_York", "America/Nowhere", 3, "clinic.timezone", "is no time zone"),
    "a time that does not exist": ("2026-11-30T08:00", "2026-03-08T02:30", 33, "bookings[0].start", "does not exist"),
    "a booking in closed hours": ("2026-11-30T08:40", "2026-11-30T18:40", 33, "bookings[0]", "does not work"),
    "two bookings of one chair": ("bookings:\n", f"bookings:\n{SECOND}\n", 34, "bookings[1]", "is taken"),
    "a name without a birth date": ("    born_on: 1985-12-10\n", "", 18, "patients[0]", "add born_on"),
    "a birth date to come": ("1985-12-10", "2085-12-10", 18, "patients[0]", "2085-12-10"),
}


def test_fault_is_told_at_its_line_and_nothing_is_loaded(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (right, wrong, line, field, sentence) in REFUSED.items():
        assert CLINIC.count(right) == 1, name
        clinic.write_text(CLINIC.replace(right, wrong))
        assert chairtime("load", clinic, "--book") == 2, name
        told = [each for each in capsys.readouterr().err.splitlines() if "warning: " not in each]
        assert any(each.startswith(f"{clinic}:{line}:") and f": {field}: " in each and sentence in each for each in told), (name, told)
        assert rows(address) == {}, name


def test_course_that_finds_no_place_is_left_out_where_that_is_wanted(
    clinic: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong, *_ = REFUSED["a course that finds no place"]
    clinic.write_text(CLINIC.replace(right, wrong))

    assert chairtime("load", clinic, "--book", "--anyway") == 0

    assert "c-2 is left out: session " in capsys.readouterr().err
    assert rows(address)["course"] == 1


@pytest.mark.usefixtures("address")
def test_export_is_the_file_that_was_loaded(clinic: Path) -> None:
    chairtime("load", clinic, "--book")

    assert chairtime("export", "--names", "-o", clinic.with_name("again.yaml")) == 0

    assert open_clinic(clinic.with_name("again.yaml")) == open_clinic(clinic)


@pytest.mark.usefixtures("address")
def test_export_does_not_name_patients_unless_asked(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic)
    capsys.readouterr()

    chairtime("export")

    assert "Lovelace" not in capsys.readouterr().out


@pytest.mark.usefixtures("address")
def test_export_of_bookings_leaves_no_course_wanted_and_keeps_what_is_taken(clinic: Path) -> None:
    chairtime("load", clinic, "--book")

    chairtime("export", "--booked", "-o", clinic.with_name("booked.json"))

    exported = open_clinic(clinic.with_name("booked.json"))
    assert exported.requests == ()
    assert sorted((booking.course, booking.session) for booking in exported.bookings if booking.resource == "chair-1") == [
        ("", None),
        *((course, session) for course in ("c-1", "c-2") for session in (1, 2, 3, 4)),
    ]


@pytest.mark.usefixtures("address")
def test_exported_plan_is_what_is_booked_and_can_be_planned_again(clinic: Path, database: Database) -> None:
    chairtime("load", clinic, "--book")
    plan, happened = clinic.with_name("plan.json"), clinic.with_name("disruptions.yaml")
    happened.write_text("now: 2026-11-23T12:00\ndisruptions: [{kind: closure, date: 2026-11-30}]\n")

    chairtime("export", "-o", clinic.with_name("again.yaml"), "--plan", plan)

    with database.reading() as db:
        booked = queries.course(db, "c-1", site_id=1).course
    exported = json.loads(plan.read_text())["courses"][0]
    assert exported["id"] == "c-1"
    assert len({session["start"] for session in exported["sessions"]}) == len(booked.live) == 4
    assert chairtime("replan", clinic.with_name("again.yaml"), plan, happened, "-o", clinic.with_name("new.yaml")) == 0
    assert yaml.safe_load(clinic.with_name("new.yaml").read_text())["courses"][0]["moved"]


@pytest.mark.usefixtures("address")
def test_course_under_an_old_version_is_exported_with_the_protocol_that_it_runs_under(clinic: Path) -> None:
    chairtime("load", clinic, "--book")
    clinic.write_text(CLINIC.replace("minutes: 40", "minutes: 45"))
    chairtime("load", clinic)

    chairtime("export", "-o", clinic.with_name("again.yaml"))

    exported = open_clinic(clinic.with_name("again.yaml"))
    minutes = {code: document.protocol.template_of(1).minutes for code, document in exported.protocols.items()}
    assert minutes == {"series": 45, "series@1": 40}
    assert {request.protocol.id for request in exported.requests} == {"series@1"}


def test_verify_names_the_row_of_a_breach(clinic: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic, "--book")
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        lost = connection.scalar(sqlalchemy.text("SELECT min(purpose) FROM booking WHERE purpose LIKE 's\\_%' ESCAPE '\\'"))
        connection.execute(sqlalchemy.text("DELETE FROM booking WHERE purpose = :lost"), {"lost": lost})
    engine.dispose()
    capsys.readouterr()

    assert chairtime("verify") == 1
    assert chairtime("verify", "--json") == 1

    out, said = capsys.readouterr()
    assert f"I3 session {lost}: " in out
    assert '"rule": "I3"' in out
    assert "breach" in said


def test_database_without_tables_is_not_made_by_accident(tmp_path: Path, clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/new.db"

    assert [chairtime(*command, "--database-url", url) for command in (["load", clinic], ["verify"], ["export"], ["serve"])] == [1, 1, 1, 1]

    assert capsys.readouterr().err.count(f"Run: chairtime migrate --database-url {url}") == 4
    assert not (tmp_path / "new.db").exists()


def test_migrate_makes_the_tables_and_says_so_once_more(
    unmigrated_database_url: str, clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chairtime("migrate", "--database-url", unmigrated_database_url) == 0
    assert chairtime("migrate", "--database-url", unmigrated_database_url) == 0

    first, second = capsys.readouterr().err.splitlines()
    assert second == f"{first.removesuffix('.')} already."
    assert chairtime("load", clinic, "--database-url", unmigrated_database_url) == 0


def test_database_address_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("verify", "--database-url", "nonsense") == 2
    assert "this is no database address" in capsys.readouterr().err


@pytest.mark.usefixtures("address")
def test_two_sites_have_to_be_told_apart(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("load", clinic)
    clinic.write_text(CLINIC.replace("name: Riverside", "name: Lakeside"))
    chairtime("load", clinic)
    capsys.readouterr()

    assert chairtime("export") == 2
    assert chairtime("export", "--site", "nowhere") == 2
    assert chairtime("export", "--site", "lakeside", "-o", "/dev/null") == 0

    assert capsys.readouterr().err.splitlines()[:2] == ["--site: name one of lakeside, riverside", "There is no site 'nowhere'."]
