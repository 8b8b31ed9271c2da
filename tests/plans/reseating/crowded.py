"""Tiny clinics so full that it matters who sits where, with bookings that may be given to others."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random

from courses.plans.batch import Clinic, plan_clinic
from courses.plans.plan import ClinicPlan
from courses.plans.reseating import reseat_clinic
from courses.protocols.located.faults import FaultyDocument
from scheduler.clinic_file import ClinicFile, plan_document, read_clinic
from tests.plans.checking import shared_faults
from tests.plans.judge import judge
from tests.plans.one_course import clinic
from tests.plans.site_facts import Document, SiteFacts, touches
from tests.plans.tiny_clinics import DAYS, MONDAYS, tiny_clinic


class Reseated:
    """A clinic document planned with every booking fixed, and then with those that may be re-seated."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.file: ClinicFile = read_clinic(json.dumps(document))
        self.clinic: Clinic = self.file.as_planned_against()
        self.fixed: ClinicPlan = plan_clinic(self.clinic, self.file.requests)
        self.plan: ClinicPlan = reseat_clinic(self.clinic, self.file.requests, self.fixed)
        self.written: Document = dict(plan_document(self.plan, self.file.site.timezone))

    def faults(self) -> list[str]:
        """What either judge finds broken."""
        return judge(self.document, self.written).faults + shared_faults(self.document, self.written)


def pool_clinic(rng: Random, *, n_courses: int, most_movable: int) -> Document:
    """A few devices open for three hours on the days of one week, nearly full of short bookings, and courses that must be over in it."""
    hours = [{"08:00": "11:00"}, {"08:00": "11:00"}, {"08:00": "10:30"}, {"08:30": "11:00"}]
    resources: list[Document] = [
        {"id": f"device-{n}", "kind": "device", "capabilities": ["device"], "capacity": rng.choice([1, 1, 1, 2])}
        | {"hours": {day: [*map(list, rng.choice(hours).items())] for day in ("mon", "tue", "wed")}}
        for n in range(rng.randint(2, 4))
    ]
    wish = {"capability": "device", "continuity": rng.random() < 0.3, "turnover_minutes": rng.choice([0, 0, 15])}
    phase = {"name": "only", "sessions": rng.randint(1, 3), "per_week": 3}
    document = clinic([phase], wish, resources=resources, minutes=rng.choice([45, 60]))
    document["clinic"] |= {"granularity_minutes": 15, "hours": {day: [["08:00", "11:00"]] for day in ("mon", "tue", "wed")}}
    document["patients"] = [{"id": f"p-{n}"} for n in range(2)]
    wanted = {
        "protocol": "any",
        "start_on_or_after": "2026-11-30",
        "finish_on_or_before": "2026-12-02",
        "prefer": {"window": ["09:00", "09:45"]},
    }
    document["courses"] = [{"id": f"c-{n}", "patient": f"p-{n % 2}", "priority": 1 + n % 3, **wanted} for n in range(n_courses)]
    document["bookings"] = []
    _crowd(rng, document, rng.randint(25, 45), MONDAYS["America/New_York"], 3)
    _let_move(rng, document, most_movable)
    return document


def crowded_clinic(rng: Random, most_movable: int, n_more: int = 25) -> Document | None:
    """A tiny clinic with more bookings, most of which may be re-seated; None where chance drew what no clinic may write."""
    document = tiny_clinic(rng)
    try:
        read_clinic(json.dumps(document))
    except FaultyDocument:
        return None
    _crowd(rng, document, n_more, MONDAYS[document["clinic"]["timezone"]], DAYS - 2)
    _let_move(rng, document, most_movable)
    return document


def _let_move(rng: Random, document: Document, most: int) -> None:
    able = {each["id"]: each["capabilities"] for each in document["resources"]}
    for booking in rng.sample(document["bookings"], min(most, len(document["bookings"]))):
        booking |= {"capability": rng.choice(able[booking["resource"]]), "reseat": True}


def _crowd(rng: Random, document: Document, n_more: int, first: date, n_days: int) -> None:
    facts = SiteFacts(document)
    for _ in range(n_more):
        day = first + timedelta(days=rng.randrange(n_days))
        minute, resource = rng.randrange(8 * 60, 13 * 60, 15), rng.choice(document["resources"])
        end = minute + rng.choice([30, 45, 60, 90])
        times = {"start": f"{day}T{minute // 60:02d}:{minute % 60:02d}", "end": f"{day}T{end // 60:02d}:{end % 60:02d}"}
        booking = {"resource": resource["id"], "load": rng.choice([1, 1, resource["capacity"]]), **times}
        stretch = facts.stretch(booking)
        beside = [b for b in document["bookings"] if b["resource"] == resource["id"] and touches(facts.stretch(b), stretch)]
        inside = facts.within(facts.hours_of(resource["id"]), *stretch)
        if inside and sum(b["load"] for b in beside) + booking["load"] <= resource["capacity"]:
            document["bookings"].append(booking)
