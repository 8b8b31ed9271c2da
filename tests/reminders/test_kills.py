"""kill -9 while messages go out: none is lost in silence, none goes out more than twice, and what is left over waits for a person."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from scheduler.database import Database
from scheduler.records.messages import MessageRow
from scheduler.reminders import queries
from scheduler.reminders.channels.sms import Gateway, Sms, signature
from scheduler.reminding.electing import LASTS
from tests.reminders.doomed_server import ADDRESS, TOKEN
from tests.reminders.mass import many_due
from tests.reminders.servers import Texts, closed_port, gateway
from tests.reminders.world import NOW, World

ROOT = Path(__file__).parents[2]
POINTS = {"F5": 8, "F12": 2, "F13": 5, "F14": 6, "F15": 7}
"""Each point with the passage at which it kills; the first kill comes in the middle of a batch, the others while it is put right."""
PLAIN_END = 0
WAITING = "planned", "claimed", "uncertain"


class Courier:
    """Starts workers, one after another, and kills them."""

    def __init__(self, database: Database, texts: Texts) -> None:
        self._database, self.address, self.nth, self.kills = database, texts.address, 0, 0

    def start(self, fault: str = "") -> subprocess.Popen[str]:
        self.nth += 1
        environment = os.environ | {"FAULTS": "1", "CHAIRTIME_FAULT": fault}
        program = [sys.executable, "-m", "tests.reminders.doomed", self._database.url, self.address, str(self.nth)]
        return subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def start_server(self, fault: str = "") -> tuple[subprocess.Popen[str], int]:
        """A server that sends by itself, and its port."""
        self.nth += 1
        environment, port = os.environ | {"FAULTS": "1", "CHAIRTIME_FAULT": fault}, closed_port()
        program = [
            sys.executable,
            "-m",
            "tests.reminders.doomed_server",
            self._database.url,
            self.address,
            str(self.nth),
            str(port),
        ]
        return subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True), port

    def ended(self, program: subprocess.Popen[str]) -> bool:
        """Whether it came to its end; else it was killed."""
        program.communicate()
        assert program.returncode in {PLAIN_END, -signal.SIGKILL}
        self.kills += program.returncode != PLAIN_END
        return program.returncode == PLAIN_END


def ended_what_is_left(world: World, courier: Courier) -> None:
    """A worker that nobody kills sends what is left, a minute after another."""
    carrier = Sms(Gateway(courier.address, "AC1", "token", "+15550001111", "http://127.0.0.1/gateway/texts/status"))
    world.clock.set(NOW + (courier.nth + 1) * 2 * LASTS)
    while world.messages(*WAITING):
        world.turn(plans=False, carriers=(carrier,))
        world.clock.step(timedelta(minutes=1))


def judge(world: World, texts: Texts, count: int) -> None:
    """Every message was taken once or twice; what nobody knows of, or was not taken, stands on the call list."""
    copies = texts.copies()
    with world.database.reading() as db:
        states = dict(db.execute(select(MessageRow.public_id, MessageRow.state)).all())
        listed = {each.public_id for each in queries.call_list(db, world.site_id, now=NOW)}
        assert db.scalar(select(func.count()).select_from(MessageRow)) == count
    assert set(states.values()) <= {"sent", "parked"}
    assert max(copies.values()) <= 2
    assert {key for key, state in states.items() if state == "sent"} <= copies.keys()
    assert {key for key, state in states.items() if state == "parked"} == listed
    assert {key for key in states if key not in copies} <= listed


def test_killed_at_each_point(database: Database) -> None:
    world, count = World(database), 40
    many_due(world, count, now=NOW)
    with gateway(Texts()) as texts:
        courier = Courier(database, texts)
        for point, passage in POINTS.items():
            assert not courier.ended(courier.start(f"{point}:kill@{passage}"))
        assert courier.ended(courier.start())

    judge(world, texts, count)
    assert sum(texts.copies().values()) <= count + len(POINTS)


@pytest.mark.soak
def test_six_hundred_kills_over_two_thousand_messages(database: Database) -> None:
    world, count, chance = World(database), 2_000, random.Random(6)
    many_due(world, count, now=NOW)
    with gateway(Texts()) as texts:
        courier = Courier(database, texts)
        while courier.kills < 600:
            by_point = courier.kills % 2 == 0
            program = courier.start(f"{chance.choice(list(POINTS))}:kill@{chance.randint(1, 6)}" if by_point else "")
            if not by_point:
                time.sleep(chance.uniform(0.7, 1.6))
                program.kill()
            if courier.ended(program) and not world.messages(*WAITING):
                break
        ended_what_is_left(world, courier)

    judge(world, texts, count)
    twice = sum(copies > 1 for copies in texts.copies().values())
    print(f"kills {courier.kills}, {world.states()}, twice {twice}, copies {max(texts.copies().values())}")  # noqa: T201  # a soak prints its figures


def report(port: int, texts: Texts, seconds: float, program: subprocess.Popen[str]) -> int:
    """From the moment at which the server answers on, report of what the gateway took, each that it is delivered. How many were let in."""
    told, until = 0, 0.0
    while program.poll() is None and (not until or time.monotonic() < until):
        for each in list(texts.taken)[-20:] or [{"StatusCallback": f"{ADDRESS}/gateway/texts/status?message=m_none"}]:
            path = each["StatusCallback"].removeprefix(ADDRESS)
            fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
            signed = {"X-Twilio-Signature": signature(TOKEN, f"{ADDRESS}{path}", fields), "Host": "clinic.example"}
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("POST", path, urlencode(fields), signed | {"Content-Type": "application/x-www-form-urlencoded"})
                told += connection.getresponse().status == 204
                until = until or time.monotonic() + seconds
            except (OSError, HTTPException):
                break
            finally:
                connection.close()
        time.sleep(0.05)
    return told


def servers_killed(database: Database, count: int, kills: int) -> tuple[World, Courier, Texts, int]:
    """A server is killed so often while it sends and is told of what arrived, at a point or at any time; a worker ends what is left."""
    world, chance, told = World(database), random.Random(16), 0
    many_due(world, count, now=NOW)
    with gateway(Texts()) as texts:
        courier = Courier(database, texts)
        for n in range(kills):
            program, port = courier.start_server(f"{chance.choice(list(POINTS))}:kill@{chance.randint(2, 30)}" if n % 2 else "")
            told += report(port, texts, chance.uniform(0.2, 2), program)
            program.kill()
            courier.ended(program)
        ended_what_is_left(world, courier)
    return world, courier, texts, told


@pytest.mark.soak
def test_servers_killed_while_they_send_and_take_reports(database: Database) -> None:
    world, courier, texts, told = servers_killed(database, 600, 60)

    judge(world, texts, 600)
    twice = sum(copies > 1 for copies in texts.copies().values())
    print(f"kills {courier.kills}, {world.states()}, twice {twice}, reports taken {told}")  # noqa: T201  # a soak prints its figures
    assert (courier.kills, told > 0) == (60, True)
