"""Which treatments are offered by template at the desk, and what is said to a patient who gets another time for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from courses.plans.best_plan import Situation
from courses.plans.offering.choices import Aim, Choice, choices
from courses.plans.offering.desk_prices import at_the_desk, is_watched
from courses.plans.possible.reasons import FILLING_DAY
from courses.plans.request import CourseRequest, PatientHours, Window
from courses.protocols.session_template import Step
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Calendar, Held
from scheduler.benchmarks.families import read
from scheduler.clinic_file import ClinicFile
from tests.plans.start_templates.observed_visits import WEDNESDAY, observed, staffed

CLINIC = staffed(2, [["08:00", "18:00"]])
WINDOW = Window(600, 630)


def offered(clinic: ClinicFile, *held: Held) -> dict[str, tuple[int, tuple[str, ...]]]:
    """By choice, the minute of the day that a patient is offered who would come from ten to half past, and why it is another."""
    calendar = Calendar(clinic.site, clinic.resources, held)
    request = CourseRequest("c", "p", observed(clinic), WEDNESDAY, WEDNESDAY, window=WINDOW)
    situation = at_the_desk(request, Situation(calendar, PatientHours("p"), clinic.weights), (), date(2026, 11, 23))
    found = choices(request, situation)
    assert isinstance(found, tuple)
    return {each.name: told(each, calendar) for each in found}


def told(choice: Choice, calendar: Calendar) -> tuple[int, tuple[str, ...]]:
    (session,) = choice.plan.sessions
    local = calendar.time.local(session.interval.starts_at)
    return local.hour * 60 + local.minute, tuple(missed.reason for missed in session.missed)


def test_on_an_empty_day_everybody_gets_the_time_wished_for() -> None:
    start, reasons = offered(CLINIC)[Aim.RECOMMENDED]

    assert WINDOW.holds(start)
    assert reasons == ()


def test_on_a_day_that_fills_another_time_is_offered_first_and_the_reason_is_told() -> None:
    booked = SiteTime(CLINIC.site.timezone).day(WEDNESDAY).interval(480, 650)

    found = offered(CLINIC, ("chair-1", booked, 1))

    start, reasons = found[Aim.RECOMMENDED]
    assert not WINDOW.holds(start)
    assert reasons == (FILLING_DAY,)
    assert WINDOW.holds(found[Aim.BEST_TIMES][0])


def test_long_visits_are_watched_by_somebody_who_watches_others_too() -> None:
    template = observed(CLINIC).template_of(1)
    calendar = Calendar(CLINIC.site, CLINIC.resources)
    alone = staffed(2, [["08:00", "18:00"]], capacity=1)
    steps = tuple(Step(step.name, 25 if step.name == "observation" else step.minutes) for step in template.steps)

    assert is_watched(template, calendar)
    assert not is_watched(template, Calendar(alone.site, alone.resources))
    assert not is_watched(replace(template, steps=steps), calendar)


def test_in_a_made_clinic_observed_visits_and_the_suite_are_and_nothing_else() -> None:
    file = read("M", 0.5, 0, 1, days=0)
    calendar = Calendar(file.site, file.resources)

    found = {key for key, each in file.protocols.items() if any(is_watched(t, calendar) for t in each.protocol.templates.values())}

    assert found == {"esketamine-trd", "ect-index-12"}
