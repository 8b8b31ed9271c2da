"""Fifty patients whose names can have come from nowhere else: after a request of every kind nothing of them, and no word of a treatment,
stands in a log, a health answer, an address or the head of a mail."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote

import pytest
from httpx2 import Response
from sqlalchemy import select, update

from courses.patients.contact import Channel, Contact
from courses.records import PatientRow
from scheduler.access.role import Role
from scheduler.cli.logs import LINE, Discreet
from scheduler.database import Database
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.message import forbidden_in
from tests.access.test_matrix import OPERATIONS, STREAMS
from tests.access.two_sites import DISCIPLINES, TwoSites
from tests.databases import postgres_in_soak
from tests.reminders.servers import Mails, mail_server
from tests.reminders.world import DAY, HOUR, NOW
from tests.reminders.world import World as Clinic

KINDS = {"booked", "moved", "cancelled", "digest", "three_days", "day_before", "prepare"}
HEALTH = ("/health/live", "/health/ready")


@dataclass
class Heard(logging.Handler):
    """Every line that any logger has said, as the log of the real programs has it."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(Discreet(LINE))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def __hash__(self) -> int:
        return id(self)


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, root = Heard(), logging.getLogger()
    ours = logging.getLogger("chairtime")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    ours.setLevel(before)


def canary(n: int) -> str:
    """A name of letters only, so that nothing spells it otherwise."""
    return f"Qzx{chr(97 + n // 26)}{chr(97 + n % 26)}vulpe"


NAMES = [canary(n) for n in range(50)]


def named_in(text: str) -> list[str]:
    plain = unquote(text).lower()
    return [name for name in NAMES if name.lower() in plain]


def treatments_in(text: str) -> list[str]:
    """Words of treatments, drugs and specialties, also between the slashes and dashes of an address."""
    return list(forbidden_in(re.sub(r"chairtime|[^a-z]", " ", unquote(text).lower())))


def named(database: Database) -> None:
    """Every patient has a canary's given name and another's family name; there are so many that each canary is somebody's."""
    with database.transaction() as db:
        there = db.execute(select(PatientRow.id, PatientRow.site_id).order_by(PatientRow.id)).all()
        for n in range(len(there), len(NAMES) // 2):
            db.add(PatientRow(site_id=there[0][1], public_id=f"p_more{n}", code=f"M{n}", given_name="x", family_name="x", version=1))
        db.flush()
        for n, patient in enumerate(db.scalars(select(PatientRow.id).order_by(PatientRow.id))):
            given, family = NAMES[2 * n % len(NAMES)], NAMES[(2 * n + 1) % len(NAMES)]
            db.execute(update(PatientRow).where(PatientRow.id == patient).values(given_name=given, family_name=family))


def addresses_in(answer: Response) -> list[str]:
    """Where an answer leads to, without the place on a page, which no server is told: what stands in the log of a proxy."""
    is_page = "html" in answer.headers.get("content-type", "")
    places = re.findall(r'(?:href|src|action|hx-get|hx-post|formaction)="([^"]*)"', answer.text) if is_page else []
    return [unescape(each).partition("#")[0] for each in [*places, answer.headers.get("location", "")]]


@pytest.mark.parametrize("roles", [pytest.param((Role.ADMIN,), id="admin"), pytest.param(tuple(Role), id="all", marks=pytest.mark.soak)])
def test_after_a_request_of_every_kind_no_log_and_no_address_tells_a_name_or_a_treatment(
    world: TwoSites, heard: Heard, roles: tuple[Role, ...]
) -> None:
    named(world.database)
    answers: list[Response] = []
    world.client.event_hooks["response"].append(answers.append)
    for role in roles:
        ids = world.ids["main", DISCIPLINES.get(role, "tms")]
        for operation in OPERATIONS:
            if operation not in STREAMS:
                world.send(operation, ids, world.sign_in(role))
    world.client.event_hooks["response"].clear()
    health = "".join(world.client.get(path).text for path in HEALTH)

    pages = "".join(answer.text for answer in answers if answer.status_code == 200)
    assert len(named_in(pages)) > 10  # they were there to be told
    leads = sorted({address for answer in answers for address in addresses_in(answer)})
    assert [address for address in leads if named_in(address) or set(treatments_in(address)) - {"chair"}] == []
    assert [line for line in heard.lines if named_in(line) or treatments_in(line)] == []
    assert (named_in(health), treatments_in(health)) == ([], [])
    assert len(answers) > 300


@postgres_in_soak
def test_the_heads_of_mails_tell_no_name_and_no_treatment(database: Database) -> None:
    """One of every kind; the words themselves hold the given name, and that alone."""
    clinic = Clinic(database)
    for n, modality in enumerate(("esketamine", "ect", "tms", "ketamine")):
        contact = Contact(mail=f"a{n}@example.org", channel=Channel.MAIL, late_reminder=True, language="es" if n % 2 else "en")
        with database.transaction() as db:
            patient = clinic.patient(db, given=NAMES[2 * n], contact=contact)
            db.execute(update(PatientRow).where(PatientRow.id == patient).values(family_name=NAMES[2 * n + 1]))
            starts = [clinic.now + days * DAY for days in ((4, 5, 8) if n else (8, 9, 10, 11, 14))]
            first, second = clinic.course(db, patient, *starts, modality=modality)[:2]
        if n:
            clinic.turn(carriers=(clinic.box,))
            clinic.clock.step(HOUR)
            clinic.move(first, clinic.now + 4 * DAY + 2 * HOUR)
            clinic.clock.step(HOUR)
            clinic.cancel(second)
    with mail_server(Mails()) as mails:
        carrier = Mail(Server("127.0.0.1", mails.port, "visits@clinic.example", "none"), clinic.clock)
        while clinic.clock.now() < NOW + 15 * DAY:
            clinic.turn(carriers=(carrier, clinic.box))
            clinic.clock.step(2 * HOUR)

    assert {row.kind for row in clinic.messages("sent")} >= {
        "booked",
        "moved",
        "cancelled",
        "digest",
        "three_days",
        "day_before",
        "prepare",
    }
    for mail in mails.taken:
        head = "\n".join(f"{name}: {value}" for name, value in mail.items())
        whole = head + str(mail.get_payload(decode=True))
        assert (named_in(head), treatments_in(head), treatments_in(whole)) == ([], [], [])
        assert [name for name in named_in(whole) if NAMES.index(name) % 2] == []
