"""The trail at the command line: what is typed is told, keys are made, checkpoints signed, bends found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scheduler.access.checkpoint import from_line
from scheduler.database import Database
from tests.audit.tampering import Trail, take_guards_away
from tests.audit.trail import NOW, NURSE, add_site, events, watched
from tests.scheduler.command import chairtime

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def place(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A key, a second place for checkpoints, and a database with a few events; the folder of the first two."""
    watched(database).run(add_site)
    assert chairtime("audit", "new-key", "--to", tmp_path / "audit.key") == 0
    monkeypatch.setenv("CHAIRTIME_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    monkeypatch.setenv("CHAIRTIME_AUDIT_PUBLIC_KEY", capsys.readouterr().out.strip())
    monkeypatch.setenv("CHAIRTIME_AUDIT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("CHAIRTIME_DATABASE_URL", database.url)
    return tmp_path


def test_a_key_is_for_its_owner_alone_and_not_written_over(place: Path) -> None:
    key = place / "audit.key"

    assert key.stat().st_mode & 0o777 == 0o600
    assert chairtime("audit", "new-key", "--to", key) == 1


def test_a_whole_trail_is_said_to_be_whole(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("audit", "checkpoint") == 0
    made = from_line(capsys.readouterr().out.strip())
    assert chairtime("audit", "verify", "--json") == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["proven_up_to"] == made.checkpoint.seq
    assert "2 events, proven up to event 2 by 1 checkpoint; 0 breaks." in said.err
    assert (place / "checkpoints").read_text() == f"{made.line()}\n"


def test_a_bent_trail_ends_with_code_1_and_names_the_first_event(
    place: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chairtime("audit", "checkpoint") == 0
    take_guards_away(database)
    bent = Trail.read(database, place / "checkpoints")
    bent.events[1]["actor_id"] = "a_other"
    bent.written(database, place / "checkpoints")
    capsys.readouterr()

    assert chairtime("audit", "verify") == 1

    said = capsys.readouterr()
    assert said.out == "Event 2 is not what was written.\n"
    assert "1 break, the first at event 2" in said.err
    assert chairtime("audit", "checkpoint") == 0  # the hash that was signed still stands; the check told what is wrong


@pytest.mark.usefixtures("place")
def test_who_types_a_command_is_told(database: Database) -> None:
    assert chairtime("audit", "verify") == 0

    event = events(database)[-1]
    assert (event["actor_kind"], event["action"], event["outcome"]) == ("command_line", "audit.verify", "done")
    assert event["actor_id"]


@pytest.mark.usefixtures("place")
def test_events_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("audit", "show", "--by", NURSE.id) == 0
    assert capsys.readouterr().out.split() == ["2", "2026-11-23", "10:00:00Z", "a_nurse", "done", "change", "it", "si_0001"]
    assert chairtime("audit", "show", "--by", "nobody") == 0
    assert capsys.readouterr().out == ""
    assert chairtime("audit", "show", "--json", "--last", "1", "--since", "2026-01-01") == 0
    assert json.loads(capsys.readouterr().out)["event"]["at"] == NOW.timestamp() * 1e6


def test_a_key_that_others_can_read_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "audit.key").chmod(0o644)

    assert chairtime("audit", "checkpoint") == 1
    assert "CHAIRTIME_AUDIT_KEY_FILE" in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_no_key_and_a_faulty_key_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CHAIRTIME_AUDIT_KEY", "cta_secret")
    assert chairtime("audit", "checkpoint") == 1
    assert "CHAIRTIME_AUDIT_KEY: this is no key" in capsys.readouterr().err
    monkeypatch.delenv("CHAIRTIME_AUDIT_KEY")
    monkeypatch.delenv("CHAIRTIME_AUDIT_KEY_FILE")
    assert chairtime("audit", "checkpoint") == 1
    assert "new-key" in capsys.readouterr().err
    assert os.environ["CHAIRTIME_AUDIT_PUBLIC_KEY"]
