"""The desk's pages while a mail server or a gateway is in trouble: hardly slower than while nothing is sent, in the very same process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from scheduler.app import create_app
from scheduler.database import Database
from scheduler.reminders.channels.carrier import Carrier
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.channels.sms import Gateway, Sms
from scheduler.settings import Settings
from tests.databases import postgres_in_soak
from tests.reminders.mass import many_due
from tests.reminders.servers import Mails, Reply, Texts, black_hole, closed_port, gateway, mail_server
from tests.reminders.world import NOW, World
from tests.signed_in import SignedIn, Staff

BEAT = 5.0
ROUNDS, LOOKS = 40, 30
"""Alternately so many looks with and without sending, so that whatever else the machine does slows both."""
MORE = 1.2


@contextmanager
def silent(world: World) -> Iterator[Carrier]:
    with black_hole() as port:
        yield Mail(Server("127.0.0.1", port, "visits@clinic.example", "none"), world.clock)


@contextmanager
def slow(world: World) -> Iterator[Carrier]:
    with mail_server(Mails(late=60)) as mails:
        yield Mail(Server("127.0.0.1", mails.port, "visits@clinic.example", "none"), world.clock)


def refused(world: World) -> AbstractContextManager[Carrier]:
    return nullcontext(Mail(Server("127.0.0.1", closed_port(), "visits@clinic.example", "none"), world.clock))


def texts_to(port: int) -> Sms:
    return Sms(Gateway(f"http://127.0.0.1:{port}", "AC1", "token", "+15550001111", "http://127.0.0.1/gateway/texts/status"))


@contextmanager
def refusing_every_tenth(_: World) -> Iterator[Carrier]:
    codes = (429, 500, 503)

    def answer(n: int, _: dict[str, str]) -> Reply | None:
        return (codes[n // 10 % 3], {}, {}) if n % 10 == 0 else None

    with gateway(Texts(answer=answer, late=0.1)) as texts:
        yield texts_to(texts.port)


@contextmanager
def healthy(_: World) -> Iterator[Carrier]:
    with gateway(Texts(late=0.1)) as texts:
        yield texts_to(texts.port)


class Beats:
    """The worker, going on by itself as long as it is let."""

    def __init__(self, world: World, carrier: Carrier) -> None:
        self._world, self._carrier = world, carrier
        self._on, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> threading.Event:
        self._thread.start()
        return self._on

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._on.set()
        self._world.worker.stop()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self._on.wait()
            self._world.worker.beat()
            self._world.worker.deliver(self._carrier)
            self._over.wait(BEAT if self._on.is_set() else 0.05)


def p95(samples: list[float]) -> float:
    return sorted(samples)[len(samples) * 95 // 100]


def looked(world: World, carrier: Carrier, rounds: int) -> tuple[list[float], list[float]]:
    """How long pages took, in milliseconds, without and with sending."""
    quiet: list[float] = []
    meanwhile: list[float] = []
    world.clock.freeze(frozen=False)
    app = create_app(Settings(database_url=world.database.url, password_rounds=1, password_memory_kib=32), world.clock, world.database)
    with SignedIn(app, Staff(world.database, world.clock)) as client, Beats(world, carrier) as on:
        for n in range(2 * rounds):
            (on.set if n % 2 else on.clear)()
            time.sleep(0.3)
            for _ in range(LOOKS):
                begun = time.perf_counter()
                assert client.get("/sites/main/board").status_code == 200
                (meanwhile if n % 2 else quiet).append((time.perf_counter() - begun) * 1000)
    return quiet, meanwhile


@pytest.mark.soak
@postgres_in_soak
@pytest.mark.parametrize("trouble", [healthy, refused, silent, slow, refusing_every_tenth])
def test_pages_are_hardly_slower(database: Database, trouble: Callable[[World], AbstractContextManager[Carrier]]) -> None:
    world = World(database)
    with trouble(world) as carrier:
        many_due(world, 500, now=NOW, channel=carrier.channel)
        quiet, meanwhile = looked(world, carrier, ROUNDS)

    print(f"{trouble.__name__}: p95 {p95(quiet):.1f} ms without, {p95(meanwhile):.1f} ms with")  # noqa: T201  # a soak prints its figures
    assert p95(meanwhile) <= MORE * p95(quiet)
