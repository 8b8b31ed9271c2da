"""Many messages at once: STOP raced with a batch, two workers, servers that are down or slow, weeks in which the clocks change."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from courses.patients.contact import Channel, Contact, Opted
from courses.reaching import Agreement, record_consent
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.database import Database
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.channels.sms import Gateway, Sms
from scheduler.reminding.sending import deliver
from tests.reminders.mass import many_due, phone
from tests.reminders.servers import Reply, Texts, closed_port, gateway
from tests.reminders.world import DAY, HOUR, NOW, Box, World

WEEKS = [
    *[(zone, change) for zone in ("America/New_York", "America/Los_Angeles") for change in ("2026-03-08", "2026-11-01")],
    *[
        ("Europe/Madrid", "2026-03-29"),
        ("Europe/Madrid", "2026-10-25"),
        ("Australia/Sydney", "2026-04-05"),
        ("Australia/Sydney", "2026-10-04"),
    ],
]


def instant(zone: str, local: datetime) -> datetime:
    return SiteTime(zone).instant(local)


def text_to(texts: Texts) -> Sms:
    return Sms(Gateway(texts.address, "AC1", "token", "+15550001111", "http://127.0.0.1/gateway/texts/status"))


def send_all(world: World, texts: Texts, holder: str) -> None:
    deliver(world.database, world.clock, text_to(texts), holder, still_ours=lambda: True)


def opted_out(db: Db, n: int, now: datetime) -> None:
    record_consent(db, f"p_{n}", Agreement(Channel.SMS, phone(n), Opted.OUT, "reply"), by="reply", now=now)


def raced(world: World, count: int, stops: int) -> tuple[int, int]:
    """How many were texted after their STOP was in the database, and how many were not texted at all."""
    many_due(world, count, now=NOW)
    stopped: dict[str, float] = {}
    box = Box(world.clock)
    taken_at: dict[str, float] = {}

    def answer(parcel: Parcel) -> Outcome:
        taken_at.setdefault(parcel.address, time.monotonic())
        return Outcome(Came.ACCEPTED, "x")

    box.answer = answer
    at_work = threading.Thread(target=partial(deliver, world.database, world.clock, box, "k_1", still_ours=lambda: True))
    at_work.start()
    for n in range(1_000 + count - 1, 1_000 + count - 1 - stops, -1):
        world.database.run(partial(opted_out, n=n, now=NOW))
        stopped[phone(n)] = time.monotonic()
    at_work.join()
    after = [address for address, at in stopped.items() if taken_at.get(address, 0.0) > at + 0.25]
    return len(after), count - len(taken_at)


def test_stop_raced_with_a_batch(database: Database) -> None:
    """What was taken before may still be on its way for a moment; the claim after a STOP never is. A quarter of a second is the way."""
    after, spared = raced(World(database), 60, 20)

    assert after == 0
    assert spared > 0


@pytest.mark.soak
def test_stop_raced_two_hundred_times_with_a_batch_of_500(database: Database) -> None:
    after, spared = raced(World(database), 500, 200)

    assert (after, spared > 0) == (0, True)


def two_workers(world: World, count: int) -> Texts:
    many_due(world, count, now=NOW)
    with gateway(Texts()) as texts:
        workers = [threading.Thread(target=send_all, args=(world, texts, f"k_{n}")) for n in range(2)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        send_all(world, texts, "k_3")
    return texts


def test_two_workers_at_once_send_each_message_once(database: Database) -> None:
    texts = two_workers(world := World(database), 80)

    assert (len(texts.copies()), max(texts.copies().values())) == (80, 1)
    assert world.states() == {"sent": 80}


@pytest.mark.soak
def test_ten_thousand_messages_with_two_workers(database: Database) -> None:
    begun = time.monotonic()
    texts = two_workers(world := World(database), 10_000)

    assert (len(texts.copies()), max(texts.copies().values())) == (10_000, 1)
    print(f"10,000 messages, {time.monotonic() - begun:.0f} s, {world.states()}")  # noqa: T201  # a soak prints its figures


def test_a_gateway_that_refuses_every_tenth_drains(database: Database) -> None:
    world = World(database)
    many_due(world, 30, now=NOW)
    answers: dict[int, Reply] = {3: (429, {}, {"Retry-After": "30"}), 7: (500, {}, {}), 13: (503, {}, {}), 22: (500, {}, {})}
    with gateway(Texts(answer=lambda n, _: answers.get(n))) as texts:
        for _ in range(8):
            send_all(world, texts, "k_1")
            world.clock.step(timedelta(minutes=1))

    assert (len(texts.copies()), max(texts.copies().values()), world.states()) == (30, 1, {"sent": 30})


def test_a_mail_server_that_is_down_holds_up_no_text(database: Database) -> None:
    world = World(database)
    world.booked(world.local("2026-12-01T10:30"), contact=Contact(mail="ana@example.org", channel=Channel.MAIL))
    world.booked(world.local("2026-12-01T10:30"))
    down = Mail(Server("127.0.0.1", closed_port(), "visits@clinic.example", "none"), world.clock)

    world.turn(carriers=(down, world.box))
    assert (len(world.box.given), [(row.channel, row.why) for row in world.messages("planned") if row.why]) == (
        1,
        [("mail", "ConnectionRefusedError")],
    )

    world.run(world.now + HOUR)
    assert len(world.mails.given) == 1


@pytest.mark.parametrize(("zone", "change"), WEEKS)
def test_each_message_once_in_a_week_in_which_the_clocks_change(sqlite_template: Path, tmp_path: Path, zone: str, change: str) -> None:
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'weeks.db')}")
    on = datetime.fromisoformat(change)
    world = World(database, zone=zone, now=instant(zone, on - 6 * DAY + 10 * HOUR))
    starts = [instant(zone, on + (days * 24 + hours) * HOUR) for days, hours in ((-1, 9), (0, 2.5), (1, 10), (3, 16))]
    for at in starts:
        world.booked(at, modality="ect")
    night = instant(zone, on + 1 * HOUR)

    world.run(max(starts), step=DAY)

    assert set(world.box.copies().values()) == {1}
    assert sorted((row.visit_at, row.kind) for row in world.messages("sent")) == sorted(
        (at, kind) for at in starts for kind in ("booked", "day_before", "prepare", "three_days")
    )
    local = [world.site.local(at) for at in world.box.times]
    assert all(8 <= each.hour < 20 for each in local)
    assert night not in world.box.times
    database.dispose()
