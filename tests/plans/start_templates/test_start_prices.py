"""What starts off the template cost: on days that fill, on days that are empty, and on days that are beyond help."""

from __future__ import annotations

from datetime import date

import pytest

from courses.plans.pricing.prices import Minutes
from courses.plans.request import Window
from courses.plans.start_templates import StartPrices, StartTemplates
from courses.plans.start_templates.pricing import AT_EQUAL_WISHES
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Calendar, Held
from scheduler.clinic_file import ClinicFile
from tests.plans.start_templates.observed_visits import WEDNESDAY, observed, staffed

CLINIC = staffed(2, [["08:00", "18:00"]])
"""Two chairs and a nurse: the template has three visits in each."""
DEAR = CLINIC.weights.outside_window + CLINIC.weights.delay_day


def visit_at(minute: int, chair: int = 1, on: date = WEDNESDAY) -> Held:
    return f"chair-{chair}", SiteTime(CLINIC.site.timezone).day(on).interval(minute, minute + 170), 1


def start_prices(clinic: ClinicFile, *held: Held, window: Window | None = None) -> StartPrices:
    calendar = Calendar(clinic.site, clinic.resources, held)
    return StartPrices(calendar, observed(clinic).templates, StartTemplates(clinic.site, clinic.resources), clinic.weights, window)


def prices_of(clinic: ClinicFile, *held: Held, window: Window | None = None) -> Minutes:
    prices = start_prices(clinic, *held, window=window).of_start("visit", WEDNESDAY)
    assert prices is not None
    return prices


def places() -> list[tuple[int, str]]:
    template = StartTemplates(CLINIC.site, CLINIC.resources).of(observed(CLINIC).template_of(1), WEDNESDAY)
    return [(place.clock, place.seats[0][0]) for place in template.places]


def free_of_charge(prices: Minutes) -> list[int]:
    return [minute for minute in range(1440) if prices[minute] == 0]


def test_on_an_empty_day_the_template_only_comes_first_where_the_patient_does_not_mind() -> None:
    prices = prices_of(CLINIC)

    assert free_of_charge(prices) == sorted({clock for clock, _ in places()})
    assert max(prices) == AT_EQUAL_WISHES < CLINIC.weights.spread_step


def test_on_a_day_that_fills_a_start_off_the_template_costs_a_missed_window_and_a_day() -> None:
    (clock, chair), *others = places()

    prices = prices_of(CLINIC, visit_at(clock, int(chair[-1])))

    assert free_of_charge(prices) == sorted({other for other, _ in others})
    assert max(prices) == DEAR


def test_a_day_whose_template_is_broken_is_left_alone() -> None:
    prices = prices_of(CLINIC, visit_at(600, 1), visit_at(600, 2))

    assert max(prices) == AT_EQUAL_WISHES


@pytest.mark.soak
def test_of_starts_that_are_alike_otherwise_the_nearest_to_the_wish_costs_least() -> None:
    prices = prices_of(CLINIC, window=Window(570, 630))
    off = [minute for minute in range(480, 900, 5) if minute not in {clock for clock, _ in places()}]

    assert min(off, key=lambda minute: prices[minute]) == min(off, key=lambda minute: abs(minute - 600))


def test_a_place_comes_with_its_own_resources_while_it_is_open() -> None:
    clock, chair = places()[0]
    alone = staffed(1, [["08:00", "18:00"]])

    assert start_prices(CLINIC).seats_first("visit", WEDNESDAY, clock)[0] == (chair,)
    assert start_prices(CLINIC).seats_first("visit", WEDNESDAY, clock + 1) == {}
    assert start_prices(alone, visit_at(480)).seats_first("visit", WEDNESDAY, 480) == {}


@pytest.mark.parametrize(("template", "on"), [("visit", date(2026, 12, 5)), ("talk", WEDNESDAY)])
def test_nothing_is_priced_without_a_template(template: str, on: date) -> None:
    prices = start_prices(CLINIC)

    assert prices.of_start(template, on) is None
    assert prices.of_resource("chair-1", on) is prices.of_patient("p", on) is None
