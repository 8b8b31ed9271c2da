"""A calendar that looks only where it is asked answers just as one that took in everything."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random

from courses.plans.repair.day_by_day import DayByDay
from courses.protocols.located.faults import FaultyDocument
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.tiny_clinics import DAYS, MONDAYS, tiny_clinic


def test_it_answers_as_a_whole_calendar_does() -> None:
    asked = 0
    for seed in range(60):
        rng = Random(f"day by day {seed}")
        document = tiny_clinic(rng)
        try:
            clinic = read_clinic(json.dumps(document)).as_planned_against()
        except FaultyDocument:
            continue
        whole = Calendar(clinic.site, clinic.resources, clinic.held)
        lazy = DayByDay(clinic.site, clinic.resources, clinic.held)
        days = [MONDAYS[document["clinic"]["timezone"]] + timedelta(days=n) for n in range(DAYS)]
        for on in rng.sample(days, len(days)):
            asked += compare(rng, whole, lazy, on)
    assert asked > 40


def compare(rng: Random, whole: Calendar, lazy: DayByDay, on: date) -> int:
    """Ask both the same questions of a date; how many had an answer that bookings narrow."""
    narrowed = 0
    for resource in whole.resources.values():
        minutes, load = rng.choice([10, 30, 60]), rng.choice([1, resource.capacity])
        found = whole.starts(resource, on, minutes, load)
        assert lazy.starts(resource, on, minutes, load) == found
        assert lazy.likeness(resource, on, (0, 1440)) == whole.likeness(resource, on, (0, 1440))
        narrowed += found != whole.starts(resource, on, minutes, 0)
    return narrowed


def test_what_was_held_can_be_given_back_unseen() -> None:
    document = tiny_clinic(Random("given back"))
    clinic = read_clinic(json.dumps(document)).as_planned_against()
    assert clinic.held
    lazy = DayByDay(clinic.site, clinic.resources, clinic.held)
    for held in clinic.held:
        lazy.give_back(*held)
    empty = Calendar(clinic.site, clinic.resources)

    for resource, interval, _ in clinic.held:
        on = lazy.time.date_of(interval.starts_at)
        there = lazy.resources[resource]
        assert lazy.starts(there, on, 10, 1) == empty.starts(there, on, 10, 1)
