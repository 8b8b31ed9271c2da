"""kill -9 in the middle: a course is booked whole or not at all, a visit is where it was or where it went, and nothing stays locked."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy

from rooms import faults
from scheduler.database import Database
from scheduler.verify import verify
from tests.faults.course_of_36 import RESOURCES, VISITS
from tests.races.workload import MONDAY, NOW, open_clinic

ROOT = Path(__file__).parents[2]
WHOLE = VISITS * RESOURCES
PLACES = sqlalchemy.text("SELECT starts_at, count(*) FROM booking WHERE status <> 'released' AND purpose = 'v_0_60' GROUP BY starts_at")
COUNT = sqlalchemy.text("SELECT count(*) FROM booking WHERE status <> 'released'")
EMPTY = sqlalchemy.text("DELETE FROM booking")
TEN, ELEVEN = (int(MONDAY.timestamp()) + hour * 3600 for hour in (10, 11))


def start(database: Database, fault: str = "") -> subprocess.Popen[str]:
    environment = os.environ | {"FAULTS": "1", "CHAIRTIME_FAULT": fault}
    program = [sys.executable, "-m", "tests.faults.course_of_36", database.url]
    return subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def judge(database: Database, told: list[str]) -> None:
    """What was acknowledged is there; what was not is there whole or not at all."""
    with database.reading() as db:
        count, places = db.scalar(COUNT), {starts: times for starts, times in db.execute(PLACES)}
    assert count in ({WHOLE} if told else {0, WHOLE})
    if told == ["booked", "moved"]:
        assert places == {ELEVEN: RESOURCES}
    elif count:
        assert places in ({TEN: RESOURCES}, {ELEVEN: RESOURCES})
    assert verify(database, now=NOW) == []
    with database.transaction() as db:
        db.execute(EMPTY)


SELDOM = [pytest.param(fault, marks=pytest.mark.soak) for fault in ("F1:kill", "F3:kill@1", "F3:kill@36", "F5:kill@2")]


@pytest.mark.parametrize("fault", ["F3:kill@18", "F5:kill@1", "F7:kill@2", *SELDOM])
def test_killed_at_a_fault_point(database: Database, fault: str) -> None:
    open_clinic(database)

    program = start(database, fault)
    told = str(program.communicate()[0]).split()

    assert program.returncode == -signal.SIGKILL
    assert told == (["booked"] if fault in {"F7:kill@2", "F5:kill@2"} else [])
    judge(database, told)


@pytest.mark.soak
def test_killed_a_hundred_times_at_any_moment(database: Database) -> None:
    open_clinic(database)
    chance, seen = random.Random(36), set()
    begun = time.monotonic()
    start(database).communicate()
    whole_run = time.monotonic() - begun
    judge(database, ["booked", "moved"])

    for _ in range(100):
        program = start(database)
        time.sleep(whole_run * chance.uniform(0.5, 1.05))
        program.kill()
        told = str(program.communicate()[0]).split()
        seen.add(len(told))
        judge(database, told)

    assert len(seen) > 1


def test_fault_points_are_off_unless_asked_for() -> None:
    assert not faults.ENABLED
    with pytest.raises(RuntimeError, match="FAULTS=1"):
        faults.plan("F1:kill")
    faults.point("F1")


def test_fault_acts_at_its_passage_only() -> None:
    name, fault = faults.Fault.parse("F3:raise@2")

    fault.pass_by(name)
    with pytest.raises(faults.FaultInjected, match="fault injected at F3"):
        fault.pass_by(name)
    fault.pass_by(name)


def test_delay_waits() -> None:
    name, fault = faults.Fault.parse("F5:delay=0.05")

    begun = time.monotonic()
    fault.pass_by(name)

    assert time.monotonic() - begun >= 0.05


def test_unknown_fault_is_named() -> None:
    name, fault = faults.Fault.parse("F5:explode")

    with pytest.raises(ValueError, match="'explode' is no fault; use kill, delay=SECONDS or raise"):
        fault.pass_by(name)
