"""A clinic that writes to its patients, and somebody who follows the link in a message: no sign-in, no script, a browser's cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select, update

from courses import queries
from courses.patients.contact import Channel, Contact, Opted
from courses.queries import reaching as looks
from courses.reaching import Agreement, record_consent, record_contact
from courses.records import PatientRow, SessionRow, VisitAnswerRow
from rooms import queries as rooms_queries
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.linking import Links, LinkWanted
from scheduler.records.links import LinkEventRow, VisitLinkRow
from scheduler.records.messages import MessageReplyRow, MessagingRow
from scheduler.settings import Settings
from tests.api.clinic import Clinic
from tests.signed_in import SignedIn, Staff

ADDRESS = "https://clinic.example"
BORN = {"month": "5", "day": "17", "year": "1980"}
"""When every patient of the clinic was born."""
FORM = re.compile(r'<form method="post" action="([^"]*)">(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def protocol(modality: str, sessions: int = 3) -> str:
    """Half-hour sessions on a device, two a week."""
    return f"""
id: {modality}
title: Sessions
modality: {modality}
phases: [{{name: acute, sessions: {sessions}, per_week: 2, min_gap_days: 2}}]
session_templates:
  visit:
    steps: [{{name: treatment, minutes: 30}}]
    requirements: [{{capability: stimulator, turnover_minutes: 5}}]
session_rules: [{{template: visit}}]
"""


@dataclass
class Told:
    """Somebody with a course, and the key of the link to its first visit."""

    patient: str
    course: str
    session: str
    key: str = ""


@dataclass
class World:
    """The application as it is reached by https, its clinic, and a browser of a stranger."""

    database: Database
    clock: SettableClock
    app: FastAPI = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        settings = Settings(database_url=self.database.url, public_address=ADDRESS, password_rounds=1, password_memory_kib=32)
        self.app = create_app(settings, self.clock, self.database)
        self.browser = TestClient(self.app, base_url=ADDRESS, follow_redirects=False)
        self.browser.__enter__()
        self.links = Links(ADDRESS, self.clock)
        self.staff = SignedIn(self.app, Staff(self.database, self.clock))
        self.staff.__enter__()
        self.clinic = Clinic(self.staff)
        self.clinic.open_site()
        self.clinic.resource("tms-1")
        self.clinic.resource("tms-2")
        for modality in ("tms", "esketamine"):
            self.clinic.protocol(protocol(modality), modality)
        with self.database.transaction() as db:
            self.site = rooms_queries.site(db, self.clinic.site).id
            db.add(MessagingRow(site_id=self.site, label="Linden Clinic", phone="+12125550100", opens=480, closes=1200, version=1))

    def close(self) -> None:
        """Give everything back."""
        self.browser.__exit__()
        self.staff.__exit__()

    def told(self, given: str = "Ana", modality: str = "tms", start: str = "2026-11-30", *, contact: Contact | None = None) -> Told:
        """A patient with a course, who was sent the link to the first visit."""
        clinic, self.made = self.clinic, self.made + 1
        who = {"given_name": given, "family_name": f"Lopez {self.made}", "born_on": "1980-05-17"}
        patient = clinic.made(f"/sites/{clinic.site}/patients", who)
        course = clinic.book(clinic.plan(clinic.wish(patient, modality, start))).json()
        made = Told(course["patient"]["id"], course["id"], course["sessions"][0]["id"])
        with self.database.transaction() as db:
            how = contact or Contact(phone=f"+1212{queries.patient(db, made.patient).id:07d}")
            record_contact(db, made.patient, how, by="desk", now=self.clock.now())
            for channel, address in ((Channel.SMS, how.phone), (Channel.MAIL, how.mail)):
                if address:
                    record_consent(db, made.patient, Agreement(channel, address, Opted.IN, "said so"), by="desk", now=self.clock.now())
        made.key = self.given(made)
        return made

    def given(self, told: Told) -> str:
        """One more key of somebody's link, as a message brings it."""
        with self.database.transaction() as db:
            row = db.scalars(select(SessionRow).where(SessionRow.public_id == told.session)).one()
            contact = looks.contact(db, row.patient_id)
            assert contact is not None
            assert row.starts_at is not None
            whose = (contact.channel, contact.address(contact.channel), contact.number)
            wanted = LinkWanted(self.site, row.patient_id, row.course_id, row.id, row.starts_at, *whose)
            return self.links.give(db, wanted, by="message").rpartition("/")[2]

    def get(self, told: Told | str, part: str = "", **query: str) -> Response:
        """A page."""
        return self.browser.get(f"/v/{told if isinstance(told, str) else told.key}{part}", params=query)

    def forms(self, page: Response) -> dict[str, dict[str, str]]:
        """The forms of a page by the last part of where they go, with what they carry."""
        found = FORM.findall(page.text)
        return {action.rpartition("/")[2]: {name: unescape(value) for name, value in FIELD.findall(inside)} for action, inside in found}

    def press(self, told: Told, part: str, on: str = "", **typed: str) -> Response:
        """Press the button of a form on a page, and look where it leads."""
        carried = self.forms(self.get(told, on))[part]
        answer = self.browser.post(f"/v/{told.key}/{part}", data=carried | {"do": "yes"} | typed)
        return self.browser.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def prove(self, told: Told, **wrong: str) -> Response:
        """Type the birth date."""
        return self.press(told, "birth-date", **(BORN | wrong))

    def forget(self) -> None:
        """Another browser."""
        self.browser.cookies.clear()

    def row(self, told: Told) -> SessionRow:
        """The session as it stands."""
        with self.database.reading() as db:
            return db.scalars(select(SessionRow).where(SessionRow.public_id == told.session)).one()

    def answers(self, told: Told) -> list[str]:
        """What was answered about the visit, in order."""
        with self.database.reading() as db:
            asked = select(VisitAnswerRow.answer).join(SessionRow, SessionRow.id == VisitAnswerRow.session_id)
            return list(db.scalars(asked.where(SessionRow.public_id == told.session).order_by(VisitAnswerRow.id)))

    def inbox(self, told: Told) -> list[str]:
        """What waits for a person."""
        with self.database.reading() as db:
            asked = select(MessageReplyRow.body).join(PatientRow, PatientRow.id == MessageReplyRow.patient_id)
            waits = (PatientRow.public_id == told.patient, MessageReplyRow.closed_at.is_(None))
            return list(db.scalars(asked.where(*waits).order_by(MessageReplyRow.id)))

    def done(self, told: Told) -> list[str]:
        """What was done by somebody's links."""
        with self.database.reading() as db:
            asked = select(LinkEventRow.what).join(VisitLinkRow, VisitLinkRow.id == LinkEventRow.link_id)
            asked = asked.join(PatientRow, PatientRow.id == VisitLinkRow.patient_id).where(PatientRow.public_id == told.patient)
            return list(db.scalars(asked.order_by(LinkEventRow.id)))

    def before(self, told: Told, by: timedelta) -> datetime:
        """Put the clock so long before the visit."""
        starts_at = self.row(told).starts_at
        assert starts_at is not None
        self.clock.set(starts_at - by)
        return starts_at

    def when(self, told: Told, *, long: bool = True) -> str:
        """The time of the visit as it is written to patients, or to the desk."""
        starts_at = self.row(told).starts_at
        assert starts_at is not None
        local = starts_at.astimezone(ZoneInfo("America/New_York"))
        if long:
            return f"{local:%A, %B} {local.day}, {local.hour % 12 or 12}:{local:%M} {local:%p}"
        return f"{local:%a, %b} {local.day}, {local:%H:%M}"

    def forget_birth(self, told: Told) -> None:
        """A patient whose birth date nobody knows."""
        with self.database.transaction() as db:
            db.execute(update(PatientRow).where(PatientRow.public_id == told.patient).values(born_on=None))
