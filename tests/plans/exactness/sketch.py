"""A small invented clinic with one course, drawn by chance around what a case is about; small enough for every way to be tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from tests.plans.site_facts import Document, SiteFacts, touches
from tests.plans.tiny_clinics import WEEK

NEW_YORK = ("America/New_York", date(2026, 11, 30))


def clock(minutes: int) -> str:
    """`09:30` for 570."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def daily(spans: list[tuple[int, int]], days: list[str]) -> Document:
    """The same stretches on some weekdays."""
    return {day: [[clock(a), clock(b)] for a, b in spans] for day in days}


def requirement(capability: str, **more: object) -> Document:
    """A requirement as the clinic file writes it."""
    return {"capability": capability, **more}


def template(*minutes: int, requirements: list[Document]) -> Document:
    """A session of steps `s0`, `s1` and so on."""
    return {"steps": [{"name": f"s{k}", "minutes": length} for k, length in enumerate(minutes)], "requirements": requirements}


@dataclass
class Sketch:
    """What a case says of its clinic; all else is drawn. `span` is how many days from the Monday on the course may take."""

    rng: Random
    phases: list[Document]
    templates: dict[str, Document]
    pools: dict[str, int]
    """How many resources there are of each capability."""
    rules: list[Document] = field(default_factory=list)
    capacity: int = 1
    span: int = 12
    grid: int = 30
    opens: int = 9 * 60
    closes: int = 13 * 60
    where: tuple[str, date] = NEW_YORK
    open_on: list[str] = field(default_factory=lambda: WEEK[:5])
    load: float = 0.35
    """The share of each resource's time that is booked already, about."""
    named: str = "protocol"

    def document(self) -> Document:
        """The clinic file."""
        zone, first = self.where
        resources = [
            {"id": f"{capability}-{n}", "kind": "staff", "capabilities": [capability], "capacity": self.capacity}
            for capability, many in self.pools.items()
            for n in range(1, many + 1)
        ]
        after = first + timedelta(days=self.span)
        found: Document = {
            "clinic": {
                "timezone": zone,
                "granularity_minutes": self.grid,
                "hours": daily([(self.opens, self.closes)], self.open_on),
                "closures": [],
            },
            "resources": resources,
            "protocols": [
                {
                    "id": self.named,
                    "phases": self.phases,
                    "session_templates": self.templates,
                    "session_rules": [*self.rules, {"template": next(iter(self.templates))}],
                }
            ],
            "patients": [{"id": "p", "unavailable": [{"start": f"{after}T00:00", "end": "2031-01-01T00:00"}]}],
            "courses": [{"id": "c", "patient": "p", "protocol": self.named, "start_on_or_after": first.isoformat()}],
            "bookings": [],
        }
        self._some_hours(found)
        found["bookings"] = self._booked(found)
        if self.rng.random() < 0.6:
            begins = self.rng.randrange(self.opens, self.closes, 30)
            found["courses"][0]["prefer"] = {"window": [clock(begins), clock(begins + self.rng.choice([0, 30, 60]))]}
        return found

    def _some_hours(self, document: Document) -> None:
        """Some resources come later, leave earlier or have a break."""
        for resource in document["resources"]:
            middle = (self.opens + self.closes) // 2
            shapes = [
                [(self.opens + 60, self.closes)],
                [(self.opens, self.closes - 60)],
                [(self.opens, middle), (middle + 20, self.closes)],
            ]
            if self.rng.random() < 0.4:
                resource["hours"] = daily(self.rng.choice(shapes), self.open_on)

    def _booked(self, document: Document) -> list[Document]:
        """Bookings that are there already, within each resource's capacity."""
        facts, first = SiteFacts(document), self.where[1]
        kept: list[Document] = []
        for resource in document["resources"]:
            for offset in range(self.span):
                day = first + timedelta(days=offset)
                mine: list[Document] = []
                for _ in range(round(self.load * (self.closes - self.opens) / 50 + self.rng.random() - 0.5)):
                    begins = self.rng.randrange(self.opens, self.closes - 20, 5)
                    ends = begins + self.rng.choice([20, 35, 60, 90])
                    weight = self.rng.randint(1, resource["capacity"])
                    held = {"resource": resource["id"], "start": f"{day}T{clock(begins)}", "end": f"{day}T{clock(ends)}", "load": weight}
                    if any(facts.local(facts.instant(held[end])) != datetime.fromisoformat(held[end]) for end in ("start", "end")):
                        continue  # a time that the clock skips
                    beside = [each["load"] for each in mine if touches(facts.stretch(each), facts.stretch(held))]
                    if sum(beside) + weight <= resource["capacity"]:
                        mine.append(held)
                kept += mine
        return kept
