"""Clinics with two or three courses that want the same little time, so small that all their plans can be tried together."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.plans.site_facts import Document

FIRST = date(2026, 11, 30)
"""A Monday."""


def few_courses(rng: Random) -> Document:
    """A clinic that is open for two hours on each of a few days, one or two devices, and perhaps a nurse for two."""
    n_days = rng.choice([3, 4, 5])
    devices = [{"id": f"device-{n}", "kind": "device", "capabilities": ["device"]} for n in range(1, rng.choice([2, 2, 3]))]
    nurse: Document = {"id": "nurse", "kind": "staff", "capabilities": ["nurse"], "capacity": 2}
    n_courses = rng.choice([2, 3, 3])
    shut = {"start": f"{FIRST + timedelta(days=n_days)}T00:00", "end": "2031-01-01T00:00"}
    return {
        "clinic": {
            "timezone": "America/New_York",
            "granularity_minutes": 30,
            "hours": {day: [["09:00", rng.choice(["10:30", "11:00"])]] for day in ("mon", "tue", "wed", "thu", "fri")},
        },
        "resources": [*devices, nurse],
        "protocols": [_protocol(rng, "one"), _protocol(rng, "other")],
        "patients": [{"id": f"p-{n}", "unavailable": [shut]} for n in (1, 2)],
        "courses": [_course(rng, n) for n in range(1, n_courses + 1)],
        "bookings": [{"resource": "device-1", "start": f"{FIRST}T09:00", "end": f"{FIRST}T09:30"}] if rng.random() < 0.4 else [],
    }


def _protocol(rng: Random, key: str) -> Document:
    phase: Document = {"name": "phase", "sessions": rng.choice([1, 2, 2, 3]), "per_week": 5}
    if rng.random() < 0.3:
        phase["max_gap_days"] = 2
    device: Document = {"capability": "device", "turnover_minutes": rng.choice([0, 0, 30]), "continuity": rng.random() < 0.5}
    nurse: Document = {"capability": "nurse", "load": rng.choice([0, 1, 1, "all"])}
    return {
        "id": key,
        "title": key,
        "modality": "any",
        "phases": [phase],
        "session_templates": {"visit": {"steps": [{"name": "all", "minutes": rng.choice([30, 30, 60])}], "requirements": [device, nurse]}},
        "session_rules": [{"template": "visit"}],
    }


def _course(rng: Random, number: int) -> Document:
    found: Document = {
        "id": f"c-{number}",
        "patient": rng.choice(["p-1", "p-2"]),
        "protocol": rng.choice(["one", "other"]),
        "start_on_or_after": (FIRST + timedelta(days=rng.choice([0, 0, 1]))).isoformat(),
        "priority": rng.choice([1, 1, 2, 3]),
    }
    if rng.random() < 0.4:
        found["prefer"] = {"window": ["09:30", "10:00"]}
    return found
