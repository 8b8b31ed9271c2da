"""Clinics so small that every plan can be tried, drawn by chance over all rules of the clinic file."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from tests.plans.site_facts import WEEKDAY_NAMES, Document, SiteFacts, touches

MONDAYS = {"America/New_York": date(2026, 11, 30), "Europe/Berlin": date(2027, 3, 22), "Australia/Lord_Howe": date(2027, 3, 29)}
"""Where tiny clinics are, and the Monday on which their time begins; in two of them the clock changes in the first week."""
DAYS = 11
WEEK = list(WEEKDAY_NAMES)


def tiny_clinic(rng: Random, *, sessions: int = 5) -> Document:
    """A clinic, its bookings and one to three courses that are over within eleven days, or else have no place."""
    zone = rng.choice(["America/New_York"] * 4 + ["Europe/Berlin", "Australia/Lord_Howe"])
    first, grid = MONDAYS[zone], rng.choice([15, 20, 30, 60])
    hours = _hours(rng, rng.choice([WEEK[:5], WEEK[:5], WEEK, WEEK[:3] + WEEK[5:]]))
    resources = [_resource(rng, first, n) for n in range(1, rng.randint(3, 5))]
    n_courses = rng.choice([1, 1, 2, 3])
    protocols = [_protocol(rng, f"protocol-{n}", sessions if n_courses == 1 else min(sessions, 4)) for n in (1, 2)]
    document: Document = {
        "clinic": {
            "timezone": zone,
            "granularity_minutes": grid,
            "hours": hours,
            "closures": [away(rng, first) for _ in range(rng.choice([0, 0, 1, 2]))],
        },
        "resources": resources,
        "protocols": protocols,
        "patients": [_patient(rng, first, n) for n in (1, 2)],
        "courses": [_course(rng, first, n) for n in range(1, n_courses + 1)],
    }
    document["bookings"] = _bookings(rng, first, document)
    if rng.random() < 0.2:
        document["objective"] = {
            "delay_day": rng.choice([0, 1, 10]),
            "outside_window": rng.choice([0, 5, 40]),
            "change": rng.choice([0, 20]),
        }
    return document


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _hours(rng: Random, days: list[str]) -> Document:
    shape = rng.choice(["one", "one", "touching", "apart", "night", "whole"])
    opens = 60 * rng.randint(8, 10)
    spans = {
        "one": [(opens, opens + rng.choice([90, 150, 240]))],
        "touching": [(opens, opens + 70), (opens + 70, opens + 180)],
        "apart": [(opens, opens + 80), (opens + 110, opens + 230)],
        "night": [(0, rng.choice([150, 240])), (22 * 60, 24 * 60)],
        "whole": [(0, 24 * 60)] if rng.random() < 0.3 else [(opens, opens + 200)],
    }[shape]
    return {day: [[_time(a), _time(b)] for a, b in spans] for day in days if rng.random() < 0.93}


def _moment(rng: Random, first: date) -> tuple[date, int]:
    return first + timedelta(days=rng.randrange(DAYS)), rng.choice([0, 60 * rng.randint(0, 23), rng.randrange(7 * 60, 14 * 60)])


def away(rng: Random, first: date) -> Document:
    """A time at which somebody or something cannot be had."""
    if rng.random() < 0.4:
        return {"date": (first + timedelta(days=rng.randrange(DAYS))).isoformat()}
    day, minute = _moment(rng, first)
    if day.weekday() == 6 and minute < 240:
        minute = 9 * 60 + 7  # a time that the clock skips is no time to be away from
    length = rng.choice([30, 60, 95, 300, 1440, 2000])
    until = day + timedelta(days=(minute + length) // 1440)
    end = (minute + length) % 1440
    if until.weekday() == 6 and end < 240:
        end = 300
    return {"start": f"{day}T{_time(minute)}", "end": f"{until}T{_time(end)}"}


def _resource(rng: Random, first: date, number: int) -> Document:
    found: Document = {
        "id": f"r-{number}",
        "kind": "staff",
        "capabilities": ["a", *(c for c in "bc" if rng.random() < 0.8)] if number == 1 else rng.sample("abc", rng.randint(1, 2)),
        "capacity": rng.choice([1, 1, 2, 3]),
        "unavailable": [away(rng, first) for _ in range(rng.choice([0, 0, 1, 2]))],
    }
    if rng.random() < 0.3:
        found["hours"] = _hours(rng, rng.choice([WEEK, WEEK[:5], WEEK[2:]]))
    return found


def _protocol(rng: Random, key: str, sessions: int) -> Document:
    phases: list[Document] = []
    left = rng.randint(1, sessions)
    while left:
        n = rng.randint(1, left)
        phases.append({"name": f"phase-{len(phases)}"} | _phase(rng, n))
        left -= n
    templates = {name: _template(rng) for name in ("first", "other")}
    rules: list[Document] = [{"sessions": [1], "template": "first"}, {"every": 3, "template": "first"}]
    return {
        "id": key,
        "title": key,
        "modality": "any",
        "phases": phases,
        "session_templates": templates,
        "session_rules": [*rng.sample(rules, rng.choice([0, 1])), {"template": "other"}],
    }


def _phase(rng: Random, n: int) -> Document:
    kind = rng.choice(["week", "week", "blocks", "windows", "day"])
    phase: Document = {"sessions": n}
    if kind == "week":
        phase |= {"per_week": rng.randint(1, 4)}
    elif kind == "blocks":
        sizes = [n] if n == 1 or rng.random() < 0.3 else [rng.randint(1, n - 1)]
        phase = {"weekly": sizes if sum(sizes) == n else [*sizes, n - sum(sizes)]}
    elif kind == "windows":
        phase = {"windows": [[begin := k * 2 + rng.randint(0, 2), begin + rng.randint(0, 2)] for k in range(n)]}
    else:
        least = rng.choice([0, 10, 30])
        phase |= {"per_day": rng.randint(2, 3), "min_gap_minutes": least, "max_gap_minutes": least + rng.choice([0, 30, 60])}
    if kind != "day" and rng.random() < 0.4:
        phase["min_gap_days"] = rng.choice([0, 0, 2, 3])
    if rng.random() < 0.3:
        phase["max_gap_days"] = rng.choice([2, 3, 4])
    if rng.random() < 0.25:
        phase["per_7_days"] = rng.randint(1, 3)
    if rng.random() < 0.2:
        phase["weekdays"] = rng.sample(WEEK[:6], 3)
    return phase


def _template(rng: Random) -> Document:
    steps = [{"name": f"step-{k}", "minutes": rng.choice([10, 15, 20, 30, 40, 60])} for k in range(rng.randint(1, 3))]
    return {"steps": steps, "requirements": [_requirement(rng, len(steps)) for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))]}


def _requirement(rng: Random, n_steps: int) -> Document:
    found: Document = {"capability": rng.choice("aaabbc"), "load": rng.choice([1, 1, 1, 1, "all", 0, 2])}
    if rng.random() < 0.4:
        begin = rng.randrange(n_steps)
        found["steps"] = [f"step-{k}" for k in range(begin, rng.randint(begin, n_steps - 1) + 1)]
    if rng.random() < 0.3:
        found["turnover_minutes"] = rng.choice([5, 10, 30, 45])
    if rng.random() < 0.12:
        found["count"] = 2
    if rng.random() < 0.3:
        found["continuity"] = True
    return found


def _patient(rng: Random, first: date, number: int) -> Document:
    found: Document = {"id": f"p-{number}", "unavailable": [away(rng, first) for _ in range(rng.choice([0, 0, 1]))]}
    found["unavailable"].append({"start": f"{first + timedelta(days=DAYS)}T00:00", "end": "2031-01-01T00:00"})
    if rng.random() < 0.25:
        found["available"] = _hours(rng, WEEK)
    return found


def _course(rng: Random, first: date, number: int) -> Document:
    start = first + timedelta(days=rng.choice([0, 0, 1, 3]))
    found: Document = {
        "id": f"c-{number}",
        "patient": rng.choice(["p-1", "p-1", "p-2"]),
        "protocol": rng.choice(["protocol-1", "protocol-2"]),
        "start_on_or_after": start.isoformat(),
        "priority": rng.choice([1, 1, 3]),
    }
    if rng.random() < 0.25:
        found["start_on_or_before"] = (start + timedelta(days=rng.randint(0, 4))).isoformat()
    if rng.random() < 0.35:
        found["finish_on_or_before"] = (start + timedelta(days=rng.randint(1, 9))).isoformat()
    if rng.random() < 0.4:
        found["prefer"] = {"window": ["08:30", "09:30"]}
    if rng.random() < 0.2:
        dates = {"valid_from": start.isoformat(), "valid_until": (start + timedelta(days=3)).isoformat()}
        found["authorization"] = {"sessions": rng.randint(0, 4)} | dates
    return found


def _bookings(rng: Random, first: date, document: Document) -> list[Document]:
    """Bookings that are there already, some off the grid and some over midnight, none in the way of another."""
    facts, kept = SiteFacts(document), []
    on: dict[str, list[Document]] = defaultdict(list)
    for _ in range(rng.choice([0, 2, 5, 9])):
        resource = rng.choice(document["resources"])
        booking = {"resource": resource["id"], "load": rng.choice([1, 1, resource["capacity"], 0]), **_booked_time(rng, first)}
        beside = [b for b in on[resource["id"]] if touches(facts.stretch(b), facts.stretch(booking))]
        if sum(b["load"] for b in beside) + booking["load"] <= resource["capacity"]:
            on[resource["id"]].append(booking)
            kept.append(booking)
    return kept


def _booked_time(rng: Random, first: date) -> Document:
    day = first + timedelta(days=rng.randrange(DAYS - 2))
    if rng.random() < 0.15 and day.weekday() < 5:
        return {"start": f"{day}T23:10", "end": f"{day + timedelta(days=1)}T00:40"}
    minute = rng.randrange(8 * 60, 12 * 60)
    return {"start": f"{day}T{_time(minute)}", "end": f"{day}T{_time(minute + rng.choice([10, 33, 60, 120]))}"}
