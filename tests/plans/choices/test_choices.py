"""Choices keep every rule, each is the best at its aim, and its words say what it costs beside the recommended one."""

from __future__ import annotations

from datetime import date, timedelta

from courses.plans.offering.choices import Aim, Choice, weights_for
from courses.plans.plan import CoursePlan
from courses.plans.request import Weights
from tests.plans.choices.offered import Offered, offered_tiny
from tests.plans.every_way import EveryWay, Option
from tests.plans.ideal_dates import ideal_dates
from tests.plans.one_course import clinic, devices, with_course
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.tiny_clinics import DAYS, MONDAYS

STAY = {"capability": "device", "continuity": True}
WISHED = {"window": ["08:00", "08:30"]}


def by_aim(choices: tuple[Choice, ...]) -> dict[str, CoursePlan]:
    return {name: choice.plan for choice in choices for name in (choice.name, *choice.also)}


def total(plan: CoursePlan, weights: Weights) -> float:
    cost = plan.cost
    return (
        weights.delay_day * cost.delay
        + weights.outside_window * cost.outside
        + weights.spread_step * cost.spread
        + weights.change * cost.changes
    )


def least_delay(document: Document) -> float | None:
    """The least days of delay of all ways of placing the course, every one having been tried."""
    facts, (course,) = SiteFacts(document), document["courses"]
    every_way = EveryWay(facts, course)
    ideal = ideal_dates(every_way.places, date.fromisoformat(course["start_on_or_after"]), facts.is_open)

    def delay(at: int, day: date, _option: Option) -> float:
        return (day - ideal[at]).days if ideal else 0

    return every_way.least(MONDAYS[document["clinic"]["timezone"]] + timedelta(days=DAYS), delay)


def test_every_choice_keeps_every_rule_and_is_the_best_at_its_aim() -> None:
    several = 0
    for seed, offered in offered_tiny(range(120)):
        choices = offered.choices()
        several += len(choices) > 1
        plans = by_aim(choices)
        for choice in choices:
            assert offered.faults(choice.plan) == [], f"seed {seed}: {choice.name}"
            for aim in Aim:
                weights = weights_for(aim, offered.situation.weights)
                assert aim not in plans or total(plans[aim], weights) <= total(choice.plan, weights), f"seed {seed}: {aim}, {choice.name}"
        if choices:
            assert plans["earliest"].cost.delay == least_delay(offered.document), f"seed {seed}"
    assert several > 25


def one_device_until(minutes: int, days: int, *, more: int = 0) -> Document:
    """Daily sessions on one device that is taken from 08:00 on, for the first days; and so many devices more, at noon only."""
    document = with_course(clinic([{"name": "acute", "sessions": 5, "per_week": 5}], STAY, resources=devices(1 + more)), prefer=WISHED)
    for extra in document["resources"][1:]:
        extra["hours"] = {day: [["12:00", "13:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    until = f"{8 + minutes // 60:02d}:{minutes % 60:02d}"
    document["bookings"] = [
        {"resource": "device-1", "start": f"2026-12-0{day}T08:00", "end": f"2026-12-0{day}T{until}"} for day in range(1, 1 + days)
    ]
    return document


def test_words_say_what_a_choice_costs_beside_the_recommended_one() -> None:
    offered = Offered(one_device_until(120, 1))

    assert offered.named("recommended").words == (
        "starts 2026-12-01, ends 2026-12-07, 4 of 5 inside 08:00-08:30, 2 start times, no change of device or staff"
    )
    assert offered.named("best_times").words == (
        "starts 1 day later, ends 1 day later, all 5 inside 08:00-08:30, usually at 08:00, 1 start time instead of 2"
    )


def test_the_earliest_does_not_wait_for_the_wished_time_where_the_recommended_does() -> None:
    document = one_device_until(120, 1)
    document["protocols"][0]["phases"] = [{"name": "only", "sessions": 1}]

    offered = Offered(document)

    assert offered.named("recommended").words.startswith("starts 2026-12-02, ends 2026-12-02, inside 08:00-08:30")
    assert offered.named("earliest").words == "starts 1 day earlier, ends 1 day earlier, outside 08:00-08:30, usually at 10:00"
    assert offered.named("best_times") == offered.named("recommended")


def test_other_times_of_day_are_offered_for_a_course_without_a_wish_too() -> None:
    document = one_device_until(0, 0)
    del document["courses"][0]["prefer"]
    del document["bookings"]

    choices = Offered(document).choices()

    assert [(choice.name, choice.also) for choice in choices if not choice.name.startswith("at_")] == [
        ("recommended", ("earliest", "steadiest"))
    ]
    times = [choice for choice in choices if choice.name.startswith("at_")]
    assert len(times) == 2
    assert all(choice.words == f"usually at {choice.name.removeprefix('at_')}" for choice in times)
    assert len({choice.name for choice in choices}) == 3


def test_a_course_without_a_place_has_no_choices() -> None:
    assert Offered(with_course(one_device_until(0, 0), finish_on_or_before="2026-12-02")).choices() == ()


def test_the_same_course_is_offered_the_same_choices() -> None:
    for _, offered in offered_tiny(range(10)):
        assert offered.choices() == offered.choices()
