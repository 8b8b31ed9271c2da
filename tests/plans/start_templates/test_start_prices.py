"""What starts off the template cost, on days that fill and on others."""

from datetime import date

import pytest

from courses.plans.prices import Minutes
from courses.plans.start_templates import StartPrices, StartTemplates
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Held
from scheduler.clinic_file import ClinicFile
from tests.plans.start_templates.observed_visits import WEDNESDAY, observed, staffed

CLINIC = staffed(1, [["08:00", "18:00"]])
"""One chair: its template has visits at 08:00, 11:35 and 15:10."""
ON_TEMPLATE = (480, 695, 910)


def visit_at(minute: int, on: date = WEDNESDAY) -> Held:
    return "chair-1", SiteTime(CLINIC.site.timezone).day(on).interval(minute, minute + 170), 1


def prices_of(clinic: ClinicFile, *held: Held, will_fill: float = 0) -> Minutes | None:
    prices = StartPrices(
        clinic.as_planned_against(), observed(clinic), StartTemplates(clinic.site, clinic.resources), lambda _on: will_fill
    )
    prices.take(held)
    return prices.of_start("visit", WEDNESDAY)


def test_an_empty_day_has_no_prices() -> None:
    assert prices_of(CLINIC) is None


def test_a_day_that_will_fill_costs_a_day_of_delay_off_the_template() -> None:
    prices = prices_of(CLINIC, will_fill=1)

    assert prices is not None
    assert [minute for minute in range(1440) if prices[minute] == 0] == [*ON_TEMPLATE]
    assert prices[600] == CLINIC.weights.delay_day


def test_the_more_is_booked_the_dearer_the_rest_and_a_place_that_is_taken_is_none() -> None:
    prices = prices_of(CLINIC, visit_at(480), visit_at(480, date(2026, 12, 3)))

    assert prices is not None
    assert [minute for minute in range(1440) if prices[minute] == 0] == [695, 910]
    assert prices[480] == prices[600] == pytest.approx(CLINIC.weights.delay_day / 3)


def test_bookings_of_another_length_are_no_visits() -> None:
    day = SiteTime(CLINIC.site.timezone).day(WEDNESDAY)

    assert prices_of(CLINIC, ("chair-1", day.interval(480, 540), 1), ("nurse-1", day.interval(480, 650), 1)) is None


def test_a_day_on_which_the_clinic_is_closed_has_no_prices() -> None:
    prices = StartPrices(CLINIC.as_planned_against(), observed(CLINIC), StartTemplates(CLINIC.site, CLINIC.resources), lambda _on: 1)

    assert prices.of_start("visit", date(2026, 12, 5)) is None
    assert prices.of_resource("chair-1", WEDNESDAY) is None
