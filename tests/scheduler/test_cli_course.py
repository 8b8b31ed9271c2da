"""`request` and `course`: from a wish to a booked course and through its life, on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median_low
from zoneinfo import ZoneInfo

import pytest
import time_machine

from courses import queries
from courses.plans.ongoing.course import Course
from scheduler.database import Database
from tests.databases import postgres_in_soak
from tests.scheduler.command import chairtime

pytestmark = postgres_in_soak

CLINIC = """\
clinic: {name: Riverside, timezone: America/New_York, hours: {mon: &day [["08:00", "12:00"]], tue: *day, wed: *day, thu: *day, fri: *day}}
resources:
  - {id: chair-1, kind: chair, capabilities: [infusion-chair]}
protocols:
  - id: series
    phases: [{name: series, sessions: 4, per_week: 2, min_gap_days: 2}]
    session_templates:
      infusion:
        steps: [{name: infusion, minutes: 40}]
        requirements: [{capability: infusion-chair, turnover_minutes: 10}]
    session_rules: [{template: infusion}]
patients: [{id: p-1}, {id: p-2}]
"""
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
REQUEST = ("request", "riverside", "--patient", "p-1", "--protocol", "series", "--from", "2026-11-30", "--code", "c-1")


@pytest.fixture(autouse=True)
def clinic(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """Riverside in the database that the commands find, a week before its courses begin."""
    monkeypatch.setenv("CHAIRTIME_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    Path("clinic.yaml").write_text(CLINIC)
    with time_machine.travel(NOW, tick=False) as clock:
        chairtime("load", "clinic.yaml")
        yield clock


def the_course(database: Database, code: str = "c-1") -> Course:
    with database.reading() as db:
        return queries.course(db, code, site_id=1).course


def test_plan_is_shown_and_nothing_booked(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime(*REQUEST, "--window", "09:00-10:00") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1  Mon 2026-11-30 09:00-09:40  infusion  chair-1"
    assert len(lines) == 4
    with database.reading() as db:
        assert queries.courses(db, 1, now=NOW) == ()


def test_choices_are_listed_and_the_one_that_is_named_is_shown_and_booked(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime(*REQUEST[:-2], "--window", "09:00-09:00", "--start-by", "2026-11-30", "--book", "--code", "c-0")
    wish = [*REQUEST, "--window", "09:00-09:00"]
    capsys.readouterr()

    assert chairtime(*wish) == 0
    said = capsys.readouterr().err
    listed = {name: line for line in said.splitlines() for name in line.split(": ")[0].removesuffix(" (shown)").split(", ")}
    assert {"recommended", "earliest", "best_times", "steadiest"} <= set(listed)
    assert "recommended" in said.splitlines()[0]
    assert "(shown)" in said.splitlines()[0]
    other = next(name for name in listed if name.startswith("at_"))

    assert chairtime(*wish, "--choice", other, "--book") == 0
    assert chairtime(*wish, "--choice", "soonest") == 2
    assert "there is no choice 'soonest' for this course; choose one of recommended" in capsys.readouterr().err
    starts = [session.interval.starts_at for session in the_course(database).live if session.interval]
    clocks = sorted(f"{start.astimezone(ZoneInfo('America/New_York')):at_%H:%M}" for start in starts)
    assert median_low(clocks) == other


def test_what_would_help_is_told_where_there_is_no_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime(*REQUEST, "--finish-by", "2026-12-07") == 1

    assert "Possible if the course may end on 2026-12-09, 2 days later than asked." in capsys.readouterr().err


def test_course_is_booked_whole(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime(*REQUEST, "--book") == 0

    assert [session.status for session in the_course(database).live] == ["booked"] * 4
    assert "The course is booked." in capsys.readouterr().err


def test_course_is_booked_once_with_the_same_key(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    wish = [*REQUEST[:-2], "--book", "--key", "monday-1", "--json"]
    assert chairtime(*wish) == 0
    first = json.loads(capsys.readouterr().out)

    assert chairtime(*wish) == 0
    assert chairtime(*wish, "--window", "09:00-10:00") == 1

    out, said = capsys.readouterr()
    assert json.loads(out) == first
    assert "was booked before with the key monday-1" in said
    assert "was used for another request" in said
    with database.reading() as db:
        assert queries.course(db, first["course"]).course.agreed_sessions == 4


def test_plan_that_was_shown_is_what_is_booked(capsys: pytest.CaptureFixture[str]) -> None:
    chairtime(*REQUEST, "--window", "10:00-10:00", "--json")
    Path("plan.json").write_text(capsys.readouterr().out)

    assert chairtime(*REQUEST, "--book", "--plan", "plan.json") == 0

    shown = [session["start"] for session in json.loads(Path("plan.json").read_text())["courses"][0]["sessions"]]
    chairtime("course", "show", "c-1", "--json")
    booked = json.loads(capsys.readouterr().out.split("\n", 4)[4])
    assert [session["start"] for session in booked["sessions"]] == shown
    assert shown[0] == "2026-11-30T10:00-05:00"


def test_plan_that_can_no_longer_be_had_names_the_session_and_who_is_there(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime(*REQUEST, "--json")
    Path("plan.json").write_text(capsys.readouterr().out)
    chairtime("request", "riverside", "--patient", "p-2", "--protocol", "series", "--from", "2026-11-30", "--code", "c-2", "--book")
    capsys.readouterr()

    assert chairtime(*REQUEST, "--book", "--plan", "plan.json") == 1

    said = capsys.readouterr().err
    assert "Session 1, Mon 2026-11-30 08:00-08:40: chair-1 is taken from 2026-11-30 08:00 until 08:50." in said
    assert "Nothing was booked" in said
    with database.reading() as db:
        assert len(queries.courses(db, 1, now=NOW)) == 1


REFUSED = {
    "a past date": (["--from", "2026-11-16"], 2, "start_on_or_after: 2026-11-16 is past"),
    "a date that is none": (["--from", "2026-13-01"], 2, "is no date"),
    "a window that is none": (["--window", "nine"], 2, "is no window"),
    "a window that ends before it begins": (["--window", "10:00-09:00"], 2, "ends before it begins"),
    "half an authorization": (["--authorized", "3"], 2, "--valid-until together"),
    "an unknown patient": (["--patient", "p-9"], 2, "There is no patient 'p-9'"),
    "an unknown protocol": (["--protocol", "serie"], 2, "There is no protocol 'serie'"),
    "a deadline that cannot be kept": (["--finish-by", "2026-12-02"], 1, "has no place"),
}


def test_request_that_cannot_be_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for name, (more, code, sentence) in REFUSED.items():
        assert chairtime(*REQUEST, *more, "--book") == code, name
        assert sentence in capsys.readouterr().err, name

    assert chairtime("course", "show", "c-1") == 2


def test_session_is_moved_and_nearest_places_are_told_where_it_cannot_be(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime(*REQUEST, "--book")

    assert chairtime("course", "move", "c-1", "2", "--to", "2026-12-03T10:00") == 0
    assert chairtime("course", "move", "c-1", "2", "--to", "2026-12-03T10:02") == 2
    assert chairtime("course", "move", "c-1", "2", "--to", "2026-12-05T10:00") == 1  # a Saturday
    assert chairtime("course", "move", "c-1", "2", "--to", "2026-11-20T10:00") == 2
    assert chairtime("course", "move", "c-1", "2", "--to", "tomorrow") == 2
    assert chairtime("course", "move", "c-1", "2", "--to", "2027-03-14T02:30") == 2
    assert chairtime("course", "move", "c-1", "9", "--to", "2026-12-03T10:00") == 2

    said = capsys.readouterr().err
    assert "--to: 2026-12-03T10:02 is off the grid" in said
    assert said.count("It could be ") == 3
    assert "It could be Fri 2026-12-04 " in said
    assert "2026-11-20T10:00-05:00 is past" in said
    assert "'tomorrow' is no time" in said
    assert "2027-03-14 02:30 does not exist in America/New_York" in said
    session = the_course(database).live[1]
    assert session.interval is not None
    assert session.interval.starts_at.isoformat() == "2026-12-03T15:00:00+00:00"


def test_course_lives(database: Database, clinic: time_machine.Traveller, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime(*REQUEST, "--book")

    assert chairtime("course", "cancel", "c-1", "4", "--preview") == 0
    assert chairtime("course", "cancel", "c-1", "4") == 2
    assert chairtime("course", "cancel", "c-1", "4", "--reason", "device service") == 0
    clinic.move_to("2026-11-30T15:00:00Z")
    assert chairtime("course", "miss", "c-1", "1", "--reason", "did not come") == 0
    assert chairtime("course", "hold", "c-1", "--reason", "traveling") == 0
    assert len(the_course(database).owed) == 4
    assert chairtime("course", "resume", "c-1", "--from", "2026-12-14") == 0
    assert chairtime("course", "extend", "c-1", "--more", "2", "--reason", "prescriber's word") == 0
    assert len(the_course(database).live) == 6
    assert chairtime("course", "stop", "c-1", "--reason", "moved away") == 0
    assert chairtime("course", "hold", "c-1", "--reason", "traveling") == 1

    assert the_course(database).status == "stopped"
    assert chairtime("verify") == 0
    out, said = capsys.readouterr()
    assert "missed; did not come" in out
    assert "say why" in said
