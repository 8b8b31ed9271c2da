"""`waiting`: the waiting list on the command line, on both databases."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from courses import queries
from scheduler.database import Database
from tests.databases import postgres_in_soak
from tests.scheduler.command import chairtime
from tests.scheduler.test_cli_course import CLINIC, NOW

pytestmark = postgres_in_soak


@pytest.fixture(autouse=True)
def clinic(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Riverside in the database that the commands find, a week before its courses begin."""
    monkeypatch.setenv("CHAIRTIME_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    Path("clinic.yaml").write_text(CLINIC)
    with time_machine.travel(NOW, tick=False):
        chairtime("load", "clinic.yaml")
        yield


def add(patient: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert chairtime("waiting", "add", "riverside", "--patient", patient, "--protocol", "series", "--from", "2026-11-30", *more) == 0
    return capsys.readouterr().out.strip()


def test_a_course_is_put_on_listed_and_taken_off(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = add("p-1", capsys), add("p-2", capsys, "--priority", "2", "--window", "09:00-10:00", "--ordered-by", "Dr. Reed")

    assert chairtime("waiting", "list", "riverside") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [second, first]
    assert chairtime("waiting", "remove", second, "--reason", "moved away") == 0
    assert chairtime("waiting", "list", "riverside", "--protocol", "series", "--json") == 0

    out, said = capsys.readouterr()
    assert [(each["id"], each["patient"], each["priority"]) for each in json.loads(out)] == [(first, "p-1", 1)]
    assert "off the waiting list" in said
    assert chairtime("waiting", "remove", second, "--reason", "again") == 1


def test_those_who_wait_are_planned_together_and_booked(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    add("p-1", capsys)
    add("p-2", capsys)

    assert chairtime("waiting", "plan", "riverside", "--seconds", "2") == 0
    shown, said = capsys.readouterr()
    with database.reading() as db:
        assert queries.courses(db, 1, now=NOW) == ()
    assert chairtime("waiting", "plan", "riverside", "--seconds", "2", "--book", "--json") == 0

    assert len(shown.splitlines()) == 2
    assert "2 of 2 courses with a place" in said
    answers = json.loads(capsys.readouterr().out)["answers"]
    with database.reading() as db:
        assert {line.id for line in queries.courses(db, 1, now=NOW)} == {answer["course"] for answer in answers}
    assert chairtime("waiting", "plan", "riverside") == 1


def test_who_has_no_place_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    late = add("p-1", capsys, "--finish-by", "2026-12-01")

    assert chairtime("waiting", "plan", "riverside", "--seconds", "1", "--only", late) == 3

    assert "no place" in capsys.readouterr().out
