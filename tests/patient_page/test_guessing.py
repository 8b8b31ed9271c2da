"""Guesses at links, against a real server: none is found, and whoever has a link waits for nobody who guesses."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
import uvicorn

from scheduler.access.link_token import LENGTH, LETTERS
from scheduler.cli.serving import at_once
from scheduler.clock import SystemClock
from tests.patient_page.visitor import World

GUESSERS, SOON = 4, 1.0
"""How many guess at once; within how many seconds a patient's page has to be there."""
HOST = {"Host": "127.0.0.1"}


@contextmanager
def listening(world: World) -> Iterator[int]:
    """The port of a real server of the application."""
    with at_once(socket.create_server(("127.0.0.1", 0))) as at:
        server = uvicorn.Server(uvicorn.Config(world.app, ws="none", lifespan="off", log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield at.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("guesses", [400, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_guesses_find_nothing_and_hold_nobody_up(world: World, guesses: int) -> None:
    told, clock = world.told(), SystemClock()
    statuses, over = dict[int, int](), threading.Event()

    def guess(port: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(guesses // GUESSERS):
            connection.request("GET", f"/v/{''.join(clock.chosen(LETTERS, LENGTH))}", headers=HOST)
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
        connection.close()

    waits = []
    with listening(world) as port:
        guessers = [threading.Thread(target=guess, args=(port,)) for _ in range(GUESSERS)]
        for each in guessers:
            each.start()
        patient = HTTPConnection("127.0.0.1", port, timeout=60)
        while any(each.is_alive() for each in guessers):
            since = time.monotonic()
            patient.request("GET", f"/v/{told.key}", headers=HOST)
            answer = patient.getresponse()
            page = answer.read().decode()
            waits.append(time.monotonic() - since)
            assert (answer.status, "Hello Ana" in page) == (200, True)
            over.wait(0.05)
        patient.close()

    assert set(statuses) == {404, 429}
    assert statuses[429] > 0.7 * guesses
    assert statistics.quantiles(waits, n=100)[98] < SOON
