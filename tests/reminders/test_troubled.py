"""A mail server or a gateway in trouble: the other channel goes on, afterwards the soonest goes first, what is stale is called about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta

import pytest

from courses.patients.contact import Channel, Contact
from scheduler.database import Database
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Carrier
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.channels.sms import Gateway, Sms
from tests.reminders.servers import Mails, Reply, Texts, black_hole, closed_port, gateway, mail_server
from tests.reminders.world import DAY, HOUR, NOW, World

MINUTE = timedelta(minutes=1)
SHORT, PATIENT = 0.2, 15.0
"""Seconds after which the test gives up on a server that says nothing; so short only with one that never will."""


def refused() -> AbstractContextManager[int]:
    return nullcontext(closed_port())


@contextmanager
def slow() -> Iterator[int]:
    with mail_server(Mails(late=3 * SHORT)) as mails:
        yield mails.port


def mail_to(world: World, port: int, timeout: float = PATIENT) -> Mail:
    return Mail(Server("127.0.0.1", port, "visits@clinic.example", "none", timeout=timeout), world.clock)


def text_to(texts: Texts, timeout: float = PATIENT) -> Sms:
    return Sms(Gateway(texts.address, "AC1", "token", "+15550001111", "http://127.0.0.1/gateway/texts/status", timeout))


def booked_for(world: World, starts: datetime, n: int, channel: Channel) -> None:
    """Somebody with a visit who is told of it by mail or text from now on."""
    contact = Contact(phone=f"+1212555{n:04d}", mail=f"p{n}@example.org", channel=channel)
    world.booked(starts, contact=contact)


def minutes_of(world: World, minutes: int, carriers: Callable[[], tuple[Carrier, ...]], step: int = 1) -> None:
    for _ in range(0, minutes, step):
        world.turn(carriers=carriers())
        world.clock.step(step * MINUTE)


@pytest.mark.parametrize("trouble", [refused, black_hole, slow])
def test_a_mail_server_in_trouble_for_half_an_hour(database: Database, trouble: Callable[[], AbstractContextManager[int]]) -> None:
    """Texts go out meanwhile; afterwards mails drain by their visits."""
    world = World(database)
    for n, hours in enumerate((50, 49, 51, 48)):
        booked_for(world, NOW + hours * HOUR, n, Channel.MAIL)
    world.booked(NOW + 25 * HOUR)

    with trouble() as port:
        minutes_of(world, 30, lambda: (mail_to(world, port, SHORT), world.box), step=5)
    assert len(world.box.given) == 1
    assert {row.state for row in world.messages() if row.channel == "mail"} <= {"planned", "uncertain", "expired"}

    with mail_server(Mails()) as mails:
        minutes_of(world, 40, lambda: (mail_to(world, mails.port), world.box), step=5)
    sent = {row.public_id: row.visit_at for row in world.messages("sent") if row.channel == "mail"}
    order = [sent[str(mail["Message-ID"])[1:].partition("@")[0]] for mail in mails.taken]
    assert order == sorted(order)
    assert len(mails.taken) == len(sent)


def test_what_is_stale_when_the_mail_server_is_back_is_called_about(database: Database) -> None:
    world, down = World(database, now=NOW - DAY), closed_port()
    for n, minutes in enumerate((0, 180)):
        booked_for(world, NOW + DAY + minutes * MINUTE, n, Channel.MAIL)
    world.turn()
    while world.clock.now() < NOW + DAY - 50 * MINUTE:
        world.clock.step(70 * MINUTE)
        world.turn(carriers=(mail_to(world, down), world.box))

    with mail_server(Mails()) as mails:
        minutes_of(world, 5, lambda: (mail_to(world, mails.port), world.box))
    with world.database.reading() as db:
        listed = [(each.kind, each.state, each.visit_at) for each in queries.call_list(db, world.site_id, now=world.clock.now())]
    assert listed == [("day_before", "expired", NOW + DAY)]
    assert len(mails.taken) == 1


def test_a_black_hole_puts_few_texts_in_doubt(database: Database) -> None:
    """Each one that nobody answers may have been taken: the channel is left alone, longer each time, instead of being tried with all."""
    world = World(database)
    for _ in range(12):
        world.booked(NOW + 25 * HOUR)
    with black_hole() as port:
        minutes_of(world, 5, lambda: (text_to(Texts(port=port), SHORT), world.mails))
    assert 1 <= world.states()["uncertain"] <= 5


def test_a_gateway_that_refuses_every_tenth_with_429_or_5xx_drains_by_visit(database: Database) -> None:
    world, answers = World(database), dict[int, Reply]({4: (429, {}, {"Retry-After": "30"}), 14: (500, {}, {}), 24: (503, {}, {})})
    for n in range(24):
        world.booked(NOW + timedelta(hours=25 + n % 5))

    def answer(n: int, _: dict[str, str]) -> Reply | None:
        return answers.get(n)

    with gateway(Texts(answer=answer)) as texts:
        minutes_of(world, 6, lambda: (text_to(texts), world.mails))

    assert (len(texts.copies()), max(texts.copies().values()), world.states()["sent"]) == (24, 1, 24)
