"""The application on a frozen clock, and a session in it that is charted over the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from fastapi import FastAPI
from httpx2 import Response

from courses import progressing
from courses.progressing import Moment
from rooms import queries as rooms_queries
from scheduler import admitting, signing_in
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.queries import KnownAccount
from scheduler.settings import Settings
from tests.api.clinic import Clinic, Json, daily
from tests.charts.ward import SHEET, adopt
from tests.courses.clinic import NOW
from tests.kept import World
from tests.signed_in import PASSPHRASE, QUICK, SignedIn, Staff

DEVICE = {"product": "Device", "lot": "A1", "units": 1}


@dataclass
class Charts:
    """`session` is Ana's first, `other` Ben's. Somebody with `roles` is signed in."""

    client: SignedIn
    database: Database
    clock: SettableClock
    session: str = ""
    other: str = ""
    _keys: count[int] = field(default_factory=lambda: count(1))

    def post(self, path: str, body: Json, *, key: str = "", session: str = "", **headers: str) -> Response:
        sent = {"Idempotency-Key": key or f"press-{next(self._keys)}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.client.post(f"/api/v1/sessions/{session or self.session}/{path}", json=body, headers=sent)

    def saved(self, *answers: Json, session: str = "") -> list[Json]:
        answer = self.post("entries", {"entries": list(answers)}, session=session)
        assert answer.status_code == 201, answer.text
        entries: list[Json] = answer.json()["entries"]
        return entries

    def chart(self, session: str = "") -> Json:
        return self._get(f"/api/v1/sessions/{session or self.session}/chart")

    def history(self, session: str = "") -> Json:
        return self._get(f"/api/v1/sessions/{session or self.session}/chart/history")

    def attend(self, *verbs: str) -> None:
        now = self.clock.now()
        with self.database.transaction() as db:
            progressing.attend(db, [Moment(each, verb, now) for verb in verbs for each in (self.session, self.other)], by="nurse")

    def pass_minutes(self, minutes: float) -> None:
        self.clock.step(timedelta(minutes=minutes))

    def person(self, *roles: Role, name: str) -> dict[str, str]:
        """The header by which somebody else is signed in."""
        with self.database.transaction() as db:
            sites = {known.public_id: set(roles) for known in rooms_queries.sites(db)}
            account = admitting.add_account(
                db,
                handle=name,
                given_name=name.title(),
                family_name="Person",
                roles=sites,
                password=PASSPHRASE,
                hasher=QUICK,
                now=self.clock.now(),
                new_id=self.clock.new_id,
            )
            opened = signing_in.open_login(
                db,
                account.id,
                strength=Strength.TWO_FACTORS,
                device="tablet",
                source="127.0.0.1",
                label="test",
                now=self.clock.now(),
                new_id=self.clock.new_id,
                new_secret=self.clock.new_secret,
            )
        return {"Authorization": f"Bearer {opened.token}"}

    def seen_by(self, person: dict[str, str], path: str) -> Response:
        return self.client.get(f"/api/v1/sessions/{self.session}/{path}", headers={**person, "Chairtime-Reason": "weekly%20review"})

    def _get(self, path: str) -> Json:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW, frozen=True)


@pytest.fixture
def app(database: Database, clock: SettableClock) -> FastAPI:
    return create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)


@dataclass(frozen=True)
class Made:
    """What a test knows of the ward that it begins with."""

    people: tuple[KnownAccount, KnownAccount]
    session: str
    other: str


WARDS: World[Made] = World()


def made(app: FastAPI, staff: Staff) -> Made:
    """A site with two patients who have arrived."""
    database = staff.database
    with SignedIn(app, staff) as client:
        clinic = Clinic(client)
        clinic.open_site()
        for device in ("tms-1", "tms-2"):
            clinic.resource(device)
        clinic.protocol(daily(4).replace("modality: tms", "modality: rest"))
        with database.transaction() as db:
            adopt(db, rooms_queries.site(db, clinic.site).id, SHEET.replace("modality: tms", "modality: rest"))
        session, other = (clinic.booked(given, start="2026-11-23")["sessions"][0]["id"] for given in ("Ana", "Ben"))
        with database.transaction() as db:
            progressing.attend(db, [Moment(each, "arrive", NOW) for each in (session, other)], by="nurse")
    return Made((staff.first, staff.second), session, other)


@pytest.fixture
def begun(app: FastAPI, database: Database, clock: SettableClock) -> Made:
    return WARDS.begin(database, lambda: made(app, Staff(database, clock)))


@pytest.fixture
def staff(database: Database, clock: SettableClock, begun: Made) -> Staff:
    return Staff(database, clock, there=begun.people)


@pytest.fixture
def charts(app: FastAPI, staff: Staff, clock: SettableClock, begun: Made) -> Iterator[Charts]:
    """Two patients who have arrived; whoever is signed in has every role."""
    with SignedIn(app, staff) as client:
        yield Charts(client, staff.database, clock, begun.session, begun.other)
