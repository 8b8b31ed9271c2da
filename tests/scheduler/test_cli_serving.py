"""`serve` and `worker` as programs of their own: they answer, do what is due, and stop when told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count

import sqlalchemy

from rooms import equipping, reserving
from rooms.availability.hours import WEEKDAYS, WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.database import Database
from tests.scheduler.command import chairtime

PATIENCE = 60.0
"""Seconds; only a machine that hangs takes so long."""


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a program, stopped as a supervisor stops it."""
    program = subprocess.Popen([sys.executable, "-m", "scheduler", *arguments], stderr=subprocess.PIPE, text=True)
    try:
        yield program
    finally:
        program.send_signal(signal.SIGTERM)  # the processes that it began end with it, unlike when it is killed
        with suppress(subprocess.TimeoutExpired):
            program.wait(PATIENCE)
        program.kill()
        program.communicate()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def status_of(port: int, path: str) -> int:
    """The HTTP status, once somebody answers."""
    end = time.monotonic() + PATIENCE
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert time.monotonic() < end, "nobody answers"
            time.sleep(0.1)
        finally:
            connection.close()


def test_server_answers_and_stops_when_told(database_url: str) -> None:
    port = free_port()

    with running("serve", "--port", str(port), "--database-url", database_url) as server:
        assert status_of(port, "/health/ready") == 200
        assert status_of(port, "/api/v1/sites") == 401

    assert server.returncode in {0, -signal.SIGTERM}


def seconds_of(port: int, *, kept: bool) -> float:
    """What a quick answer takes, each over the connection of the one before, or over one of its own."""
    connection, taken = HTTPConnection("127.0.0.1", port, timeout=PATIENCE), list[float]()
    for _ in range(40):
        begun = time.perf_counter()
        connection.request("GET", "/health/live")
        assert connection.getresponse().read()
        taken.append(time.perf_counter() - begun)
        if not kept:
            connection.close()
    connection.close()
    return sorted(taken)[len(taken) // 3]


def test_several_processes_answer_without_delay(database_url: str) -> None:
    """What is asked over a connection that is kept comes no later: nothing waits 40 ms for word of what was sent before."""
    port = free_port()

    with running("serve", "--workers", "2", "--port", str(port), "--database-url", database_url) as server:
        assert status_of(port, "/health/ready") == 200
        assert seconds_of(port, kept=True) < 5 * seconds_of(port, kept=False)

    assert server.returncode in {0, -signal.SIGTERM}


def test_worker_frees_the_holds_that_ran_out_and_stops_when_told(database_url: str, database: Database) -> None:
    ids, now = count(1), datetime.now(UTC).replace(microsecond=0)
    draw = lambda prefix: f"{prefix}{next(ids)}"  # noqa: E731
    hours = WeeklyHours.of({day: [("00:00", "24:00")] for day in WEEKDAYS})
    begins = now.replace(hour=3, minute=0, second=0) + timedelta(days=2)
    with database.transaction() as db:
        site = equipping.add_site(db, Site("main", "Main", "UTC", hours), new_id=draw, now=now)
        equipping.add_resource(db, site.id, Resource("chair", Kind.CHAIR, frozenset({"chair"})), new_id=draw, now=now)
        claim = Claim("chair", Interval(begins, begins + timedelta(hours=1)), 1, "draft:1")
        reserving.reserve(db, site.id, [claim], new_id=draw, now=now - timedelta(hours=2), hold_until=now - timedelta(hours=1))

    with running("worker", "--database-url", database_url) as worker:
        end = time.monotonic() + PATIENCE
        while (status := _status(database)) != "released":
            assert time.monotonic() < end, status
            time.sleep(0.1)

    assert worker.returncode == 0


def _status(database: Database) -> str:
    with database.reading() as db:
        return str(db.scalar(sqlalchemy.text("SELECT status FROM booking")))


def test_command_without_arguments_lists_what_there_is() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "scheduler", "--help"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100"}
    )

    commands = ("demo", "serve", "worker", "migrate", "load", "export", "verify", "plan", "replan", "schema", "request", "course")
    assert [name for name in commands if f"\n  {name} " not in shown.stdout] == []


def test_port_that_is_none_is_refused() -> None:
    assert chairtime("serve", "--port", "70000") == 2
