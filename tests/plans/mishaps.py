"""What may happen to a tiny clinic after it was planned, drawn by chance over all kinds of disruption."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.plans.site_facts import MINUTE, Document, SiteFacts
from tests.plans.tiny_clinics import away


def mishaps(rng: Random, document: Document, plan: Document, first: date) -> Document:
    """A `now` within the plan's days, often in the middle of one, and one to four things that happened."""
    facts = SiteFacts(document)
    starts = sorted(facts.instant(session["start"]) for course in plan["courses"] for session in course.get("sessions", []))
    now = facts.midnight(first + timedelta(days=rng.randrange(6))) + rng.choice([0, 9 * 60, 9 * 60 + 50, 18 * 60]) * MINUTE
    if starts and rng.random() < 0.6:
        now = rng.choice(starts) + rng.choice([0, 1, 25, 70]) * MINUTE
    happened: list[Document] = []
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        kind = rng.choice(["resource_down", "closure", "patient_unavailable"])
        whose = {
            "resource_down": {"resource": rng.choice(document["resources"])["id"]},
            "closure": {},
            "patient_unavailable": {"patient": rng.choice(document["patients"])["id"]},
        }[kind]
        happened.append({"kind": kind, **whose, **away(rng, first)})
    for course in plan["courses"]:
        before = [s["number"] for s in course.get("sessions", []) if facts.instant(s["start"]) < now]
        if before and (rng.random() < 0.4 or not happened):
            happened.append({"kind": "missed", "course": course["id"], "session": before[-1]})
    return {"now": now.astimezone(facts.zone).isoformat(), "disruptions": happened}
