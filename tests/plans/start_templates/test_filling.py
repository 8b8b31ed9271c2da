"""Patients ask for a day one after another: with the template first, it holds nearly all that it can, not far from the times asked for."""

from dataclasses import replace

from courses.plans.start_templates import Filled, fill_a_day
from rooms.availability.hours import SiteTime
from scheduler.clinic_file import ClinicFile
from tests.plans.start_templates.observed_visits import WEDNESDAY, asked_at_random, busy_center, observed, staffed

MOST = 36
"""What a busy center's day can hold: test_templates proves it."""
SEEDS = range(4)


def filled(clinic: ClinicFile, seed: int, *, templates: bool) -> Filled:
    return fill_a_day(clinic.as_planned_against(), observed(clinic), WEDNESDAY, asked_at_random(seed), templates=templates)


def test_a_day_fills_with_its_template_at_most_fifty_minutes_from_the_time_asked_for() -> None:
    days = [filled(busy_center(), seed, templates=True) for seed in SEEDS]

    assert min(day.n for day in days) >= 0.97 * MOST
    assert sum(day.minutes_from_asked for day in days) / len(days) <= 50


def test_free_choice_leaves_a_fifth_of_the_day_empty() -> None:
    days = [filled(busy_center(), seed, templates=False) for seed in SEEDS]

    assert max(day.n for day in days) < 0.85 * MOST


def test_nobody_fits_beside_what_is_booked_for_the_whole_day() -> None:
    clinic = staffed(1, [["08:00", "18:00"]])
    whole_day = SiteTime(clinic.site.timezone).day(WEDNESDAY).whole
    full = replace(clinic.as_planned_against(), held=[("chair-1", whole_day, 1)])

    assert fill_a_day(full, observed(clinic), WEDNESDAY, [600], templates=True) == Filled(0, 0)


def test_who_asks_first_gets_the_time_asked_for_without_a_template() -> None:
    assert fill_a_day(busy_center().as_planned_against(), observed(busy_center()), WEDNESDAY, [615, 615], templates=False) == Filled(2, 0)
