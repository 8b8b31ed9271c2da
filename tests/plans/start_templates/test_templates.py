"""Templates of start times: as many visits as the roster bears, and never one more than it does."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from courses.plans.start_templates import StartTemplate, StartTemplates
from rooms.availability.hours import WeeklyHours
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import ClinicFile
from tests.plans.start_templates.observed_visits import WEDNESDAY, any_roster, busy_center, observed, proven_most, staffed


def template_of(clinic: ClinicFile, on: date = WEDNESDAY) -> StartTemplate:
    return StartTemplates(clinic.site, clinic.resources).of(observed(clinic).template_of(1), on)


def assert_bearable(clinic: ClinicFile, template: StartTemplate, on: date = WEDNESDAY) -> None:
    """Books every place of a template, each on its own resources."""
    calendar = Calendar(clinic.site, clinic.resources)
    day, demands = calendar.day(on), {demand.index: demand for demand in observed(clinic).template_of(1).demands}
    for place in template.places:
        for index, resources in place.seats.items():
            demand = demands[index]
            begin, end = place.clock + demand.begin, place.clock + demand.end
            for name in resources:
                load = demand.requirement.load_on(calendar.resources[name].capacity)
                assert calendar.bears(calendar.resources[name], on, (begin, end, load)), f"{name} at {place.clock}"
                calendar.take(name, day.interval(begin, end), load)


def test_a_busy_center_has_a_place_for_three_visits_in_each_chair() -> None:
    clinic = busy_center()

    template = template_of(clinic)

    assert len(template.places) == template.at_most == 36
    assert_bearable(clinic, template)


@pytest.mark.parametrize("seed", range(12))
def test_no_choice_of_starts_holds_more_than_the_template(seed: int) -> None:
    clinic = any_roster(Random(seed))

    template = template_of(clinic)

    assert_bearable(clinic, template)
    assert len(template.places) == proven_most(clinic, observed(clinic).template_of(1), WEDNESDAY) <= template.at_most


def test_the_breaks_of_nurses_cost_the_center_six_places() -> None:
    clinic = staffed(
        12, *([["08:00", begin], [end, "18:00"]] for begin, end in (("11:30", "12:00"), ("12:00", "12:30"), ("12:30", "13:00")))
    )

    assert len(template_of(clinic).places) == proven_most(clinic, observed(clinic).template_of(1), WEDNESDAY) == 30


def test_places_lie_evenly_where_the_roster_leaves_a_choice() -> None:
    template = template_of(staffed(1, [["08:00", "18:00"]]))

    assert template.clocks == (480, 695, 910)


def test_leave_and_closures_do_not_change_a_weekday() -> None:
    clinic = busy_center()
    known = StartTemplates(clinic.site, clinic.resources)
    kind = observed(clinic).template_of(1)

    assert known.of(kind, WEDNESDAY) is known.of(kind, WEDNESDAY + timedelta(days=7))
    assert known.of(kind, WEDNESDAY + timedelta(days=3)).places == ()


def test_a_template_speaks_of_the_clock_on_the_wall() -> None:
    ordinary = staffed(1, [["08:00", "18:00"]])
    site = replace(ordinary.site, hours=WeeklyHours.of({"sun": [("07:00", "18:00")]}))
    resources = [replace(each, hours=each.hours and WeeklyHours.of({"sun": [("08:00", "18:00")]})) for each in ordinary.resources]
    clock_is_put_back_on = date(2026, 11, 1)

    template = StartTemplates(site, resources).of(observed(ordinary).template_of(1), clock_is_put_back_on)

    assert template.clocks == template_of(ordinary).clocks


def test_a_large_roster_is_searched_for_in_parts_at_no_loss() -> None:
    clinic = staffed(36, *[[["08:00", "18:00"]]] * 9)

    template = template_of(clinic)

    assert len(template.places) == template.at_most == 108
    assert len({name for place in template.places for name in place.seats[0]}) == 36
    assert_bearable(clinic, template)
