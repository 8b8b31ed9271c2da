"""A random run of calls, joined with the trail by the ids of the requests: one event for each change and for each look at a patient."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from httpx2 import Response

from scheduler.app import create_app
from scheduler.auditing import Notary, check
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.api.clinic import Clinic, Json, daily
from tests.audit.trail import NOW, events
from tests.signed_in import SignedIn, Staff

PATIENT = re.compile(r'"p_[a-z0-9]{16}"')
OF_SOMEBODY = re.compile(r"/(patients|courses|sessions)/\w+_")
NOT_THERE = "0000000000000000"
REFUSED = {403, 404}


@dataclass
class Busy:
    """Somebody who does this and that, and remembers what there is."""

    clinic: Clinic
    chance: Random
    clock: SettableClock
    patients: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    bodies: list[tuple[str, Json, str]] = field(default_factory=list)
    done: int = 0

    def some(self, kind: str) -> str:
        """The id of something that is there, or now and then of nothing."""
        known = {"p": self.patients, "c": self.courses, "s": self.sessions}[kind]
        return f"{kind}_{NOT_THERE}" if not known or self.chance.random() < 0.1 else self.chance.choice(known)

    def look(self) -> Response:
        site = self.clinic.site
        paths = ["/sites", f"/sites/{site}/resources", f"/sites/{site}/patients", f"/sites/{site}/courses", f"/sites/{site}/board"]
        own = [f"/patients/{self.some('p')}", f"/courses/{self.some('c')}", f"/courses/{self.some('c')}/history"]
        visits = [f"/sessions/{self.some('s')}", f"/sessions/{self.some('s')}/consequences", f"/sites/{site}/waiting"]
        path = self.chance.choice([*paths, *own, *visits, f"/sites/{site}/waiting-list"])
        return self.clinic.get(path, **({"name": "p"} if path.endswith("/patients") else {}))

    def register(self) -> Response:
        self.done += 1
        body = {"given_name": f"Given{self.done}", "family_name": f"Family{self.done}", "born_on": "1980-05-17"}
        return self.created(f"/sites/{self.clinic.site}/patients", body, self.patients)

    def created(self, path: str, body: Json, known: list[str]) -> Response:
        key = f"key-{self.chance.random()}"
        self.bodies.append((path, body, key))
        answer = self.clinic.create(path, body, key=key)
        if answer.status_code == 201:
            known.append(answer.json()["id"])
        return answer

    def book(self) -> Response:
        wish = self.clinic.wish({"id": self.some("p")})
        return self.clinic.client.post(f"/api/v1/sites/{self.clinic.site}/plans", json=wish)

    def accept(self) -> Response:
        answer = self.book()
        if answer.status_code != 200 or len(self.courses) > 12:
            return answer
        booked = self.created(f"/sites/{self.clinic.site}/courses", answer.json(), self.courses)
        if booked.status_code == 201:
            self.sessions += [each["id"] for each in booked.json()["sessions"]]
        return booked

    def repeat(self) -> Response:
        if not self.bodies:
            return self.look()
        path, body, key = self.chance.choice(self.bodies)
        return self.clinic.create(path, body, key=key)

    def change(self) -> Response:
        session, course, version = self.some("s"), self.some("c"), self.chance.choice([1, 1, 2, 3, 4, 5])
        verb = self.chance.choice(["cancel", "miss", "move", "hold", "resume", "stop"])
        body: Json = {"starts_at": f"2026-12-{self.chance.randrange(1, 18):02}T{self.chance.randrange(8, 16):02}:00"}
        path = f"/sessions/{session}/{verb}" if verb in {"cancel", "miss", "move"} else f"/courses/{course}/{verb}"
        return self.clinic.change(path, body if verb == "move" else {"reason": "so it was wished"}, version)

    def note(self) -> Response:
        day = self.chance.randrange(1, 28)
        away = {"starts_at": f"2027-01-{day:02}T08:00", "ends_at": f"2027-01-{day:02}T12:00", "reason": "travels"}
        return self.clinic.create(f"/patients/{self.some('p')}/absences", away)

    def rename(self) -> Response:
        return self.clinic.change(
            f"/sites/{self.clinic.site}/resources/tms-1",
            {"name": f"Device {self.chance.random()}"},
            self.chance.randrange(1, 9),
            method="PATCH",
        )


def expected(answer: Response) -> Counter[str]:
    """What the trail must say of a call: a look, a change, a refusal, or nothing."""
    if answer.status_code in REFUSED:
        return Counter(["denied"])
    if answer.status_code >= 400:
        return Counter()
    shows_somebody = bool(PATIENT.search(answer.text) or OF_SOMEBODY.search(answer.request.url.path))
    if "Idempotency-Replayed" in answer.headers:
        return Counter()  # the answer that was told when it was first given
    if answer.request.method == "GET" or answer.request.url.path.endswith("/plans"):
        return Counter(["look"]) if shows_somebody else Counter()
    return Counter(["change"])


def told(event: Json) -> str:
    if event["outcome"] == "denied":
        return "denied"
    return "look" if event["diff"] is None else "change"


@pytest.mark.parametrize(
    ("database_kind", "calls"),
    [("sqlite", 150), pytest.param("sqlite", 2000, marks=pytest.mark.soak), pytest.param("postgresql", 2000, marks=pytest.mark.soak)],
)
def test_each_call_has_exactly_its_event(database: Database, calls: int) -> None:
    clock, chance = SettableClock(NOW, frozen=True), Random(7)
    app = create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)
    with SignedIn(app, Staff(database, clock)) as client:
        clinic = Clinic(client)
        clinic.open_site()
        clinic.resource("tms-1")
        clinic.protocol(daily(4))
        busy = Busy(clinic, chance, clock)
        wrong: list[tuple[str, str, int, Counter[str], Counter[str]]] = []
        heard: dict[str, Response] = {}
        client.event_hooks["response"].append(lambda answer: heard.update({answer.headers["x-request-id"]: answer}))
        acts: list[Callable[[], Response]] = [busy.look] * 5 + [busy.register, busy.accept, busy.repeat, busy.change, busy.change]
        for _ in range(calls):
            clock.step(timedelta(seconds=1))
            chance.choice([*acts, busy.note, busy.rename])()
    said: dict[str, Counter[str]] = {}
    for event in events(database):
        said.setdefault(event["request_id"], Counter())[told(event)] += 1
    for request_id, answer in heard.items():
        if (there := said.get(request_id, Counter())) != expected(answer):
            wrong.append((answer.request.method, answer.request.url.path, answer.status_code, expected(answer), there))
    whole = Counter(kind for answer in heard.values() for kind in expected(answer).elements())
    print(f"{len(heard)} calls: {dict(whole)}; {len(wrong)} told wrongly")  # noqa: T201

    assert wrong[:9] == []
    assert len(heard) >= calls
    assert min(whole[kind] for kind in ("look", "change", "denied")) >= calls / 50
    assert check(database, Notary(None, frozenset(), None, ""), now=clock.now()).findings == ()
