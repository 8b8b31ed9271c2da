"""kill -9 while entries are sent: none that was acknowledged is lost, none is there half, and what is sent again is there once."""

from __future__ import annotations

import random
import time
from itertools import cycle

import pytest

from scheduler.database import Database
from scheduler.verify import verify
from tests.charts.sender import MANY, send, send_entries
from tests.charts.ward import Ward, at
from tests.kills.doomed import Doomed

LONGEST = 0.6
"""Seconds over which kills are spread; all entries take about as long on an idle machine."""


def judge(ward: Ward, told: list[str], n_before: int = 0) -> int:
    """What was acknowledged is there, and at most one more; sent again, it is there once. How many there are."""
    values = {str(int(str(each.value)) - 100) for each in ward.chart().entries}
    assert set(told) <= values
    assert len(values) - max(len(told), n_before) in {0, 1}
    assert [each for each in verify(ward.database, now=at(60)) if each.rule in {"I8", "I9", "I13"}] == []
    for number in range(len(values)):
        send(ward.database, ward.session, ward.site_id, number)
    assert len(ward.chart().entries) == len(values)
    return len(values)


@pytest.mark.parametrize("fault", ["F19:kill@7", "F20:kill@1", "F21:kill@3", "F5:kill@9"])
def test_killed_at_a_fault_point(database: Database, fault: str) -> None:
    ward = Ward(database).open()

    program = Doomed(send_entries, fault, database.url, ward.session, ward.site_id)
    told = program.said()

    assert program.was_killed
    assert 0 < judge(ward, told) < MANY


def killed_at_random(database: Database, kills: int) -> None:
    """Kills so many senders in the middle, each at another session; some end before they can be killed."""
    chance, in_the_middle = random.Random(kills), 0
    ward = Ward(database).open()
    sessions = cycle(session for each in (ward.session, ward.other) for session in ward.sessions_of(ward.chart(each).course))
    while in_the_middle < kills:
        ward.session = next(sessions)
        ward.arrive()
        n_before = len(ward.chart().entries)
        program = Doomed(send_entries, "", database.url, ward.session, ward.site_id)
        time.sleep(chance.uniform(0, LONGEST))
        program.kill()
        told = program.said()
        in_the_middle += program.was_killed
        judge(ward, told, n_before)


def test_killed_at_random_moments(database: Database) -> None:
    killed_at_random(database, 4)


@pytest.mark.soak
def test_killed_a_hundred_times(database: Database) -> None:
    killed_at_random(database, 100)
