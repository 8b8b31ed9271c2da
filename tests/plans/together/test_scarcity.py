"""Bottlenecks: where weighted uses go beyond what is left, and what they cost at prices."""

from __future__ import annotations

import json
from datetime import date
from random import Random

import pytest

from courses.plans.batch.packing import covered, islands
from courses.plans.batch.scarcity import Bottleneck, Bottlenecks, ScarcityPrices, crowds_of, overfilled
from courses.plans.batch.together import parts_of
from courses.plans.batch.uses import PATIENT, POOL, RESOURCE, Place, Room, Use
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.together.few_courses import FIRST, few_courses

DEVICE = Place(RESOURCE, "device-1", FIRST.toordinal())
PERSON = Place(PATIENT, "p-1", FIRST.toordinal())


@pytest.fixture
def calendar() -> Calendar:
    clinic = read_clinic(json.dumps(few_courses(Random(0)))).as_planned_against()
    return Calendar(clinic.site, clinic.resources)


@pytest.fixture
def room(calendar: Calendar) -> Room:
    document = few_courses(Random(0))
    document["bookings"] = [{"resource": "device-1", "start": f"{FIRST}T09:00", "end": f"{FIRST}T09:30"}]
    file = read_clinic(json.dumps(document))
    return Room(file.as_planned_against(), calendar, file.requests)


def at(place: Place, begin: int, end: int) -> Use:
    return Use(place, begin, end, 1)


def test_what_is_booked_is_not_left(room: Room) -> None:
    left = room.left(DEVICE)

    assert [left[minute] for minute in (539, 540, 569, 570)] == [1, 0, 0, 1]


def test_two_at_once_are_a_bottleneck_for_as_long_as_both_last(room: Room) -> None:
    uses = [(at(DEVICE, 600, 660), 1.0), (at(DEVICE, 630, 690), 1.0)]

    assert overfilled(room, crowds_of(uses))[0] == Bottleneck(DEVICE, 630, 660, 1.0)


def test_more_than_a_date_bears_is_a_bottleneck_of_the_whole_date(room: Room) -> None:
    two = [at(DEVICE, 570, 630), at(DEVICE, 600, 660)]
    whole = Bottleneck(DEVICE, 0, 1440, 90 / 1440)

    assert whole in overfilled(room, crowds_of([(use, 1.0) for use in two]))
    assert overfilled(room, crowds_of([(use, 0.5) for use in two])) == []


def test_only_whole_visits_count_for_what_a_stretch_bears() -> None:
    begins = {30: 1 << 540 | 1 << 550 | 1 << 575 | 1 << 640, 60: 1 << 640}

    assert islands(begins) == [(540, 605, 60), (640, 700, 60)]
    assert [begin for begin in (539, 540, 569, 604, 605, 639, 640, 699, 700) if covered(begins) >> begin & 1] == [540, 569, 604, 640, 699]


def test_a_pool_bears_what_its_members_bear_while_they_are_open_and_free_for_long_enough() -> None:
    document = few_courses(Random(0))
    document["clinic"]["hours"] = {"mon": [["09:00", "11:00"]]}
    two = [{"id": f"device-{n}", "kind": "device", "capabilities": ["device"]} for n in (1, 2)]
    document["resources"] = [*two, document["resources"][-1]]
    document["bookings"] = [{"resource": "device-1", "start": f"{FIRST}T09:20", "end": f"{FIRST}T10:00"}]
    file = read_clinic(json.dumps(document))
    clinic = file.as_planned_against()
    room, pool = Room(clinic, Calendar(clinic.site, clinic.resources), file.requests), Place(POOL, "device", FIRST.toordinal())

    left = room.left(pool)

    assert [left[minute] for minute in (539, 545, 570, 610, 659, 660)] == [0, 1, 1, 2, 2, 0]
    assert room.stretches(pool)[-1] == (0, 1440, 60 + 120)


def test_parts_of_a_clinic_share_neither_resource_nor_patient() -> None:
    document = few_courses(Random(0))
    apart = {"id": "room", "kind": "room", "capabilities": ["room"]}
    document["resources"].append(apart)
    third = json.loads(json.dumps(document["protocols"][0])) | {"id": "third"}
    third["session_templates"]["visit"]["requirements"] = [{"capability": "room"}]
    document["protocols"].append(third)
    course = {"start_on_or_after": FIRST.isoformat()}
    wanted = [("p-1", "one"), ("p-2", "third"), ("p-2", "other"), ("p-3", "third"), ("p-4", "third")]
    document["patients"] = [{"id": f"p-{n}"} for n in (1, 2, 3, 4)]
    document["courses"] = [
        {"id": f"c-{n}", "patient": patient, "protocol": protocol, **course} for n, (patient, protocol) in enumerate(wanted)
    ]
    file = read_clinic(json.dumps(document))

    assert parts_of(file.resources, file.requests) == [[0, 1, 2, 3, 4]]
    alone = [request for request in file.requests if request.id != "c-1"]
    assert parts_of(file.resources, alone) == [[0, 1], [2, 3]]


def test_two_after_each_other_are_none(room: Room) -> None:
    assert overfilled(room, crowds_of([(at(DEVICE, 600, 630), 1.0), (at(DEVICE, 630, 690), 1.0)])) == []


def test_halves_make_a_whole_and_more_is_too_much(room: Room) -> None:
    halves = [(at(PERSON, 600, 660), 0.5), (at(PERSON, 600, 660), 0.5)]

    assert overfilled(room, crowds_of(halves)) == []
    assert overfilled(room, crowds_of([*halves, (at(PERSON, 640, 700), 0.1)])) == [Bottleneck(PERSON, 640, 660, 1.0)]


def test_prices_are_per_minute_and_load_and_scaled(calendar: Calendar) -> None:
    bottlenecks = Bottlenecks()
    assert bottlenecks.add(Bottleneck(DEVICE, 600, 620, 1.0))
    assert not bottlenecks.add(Bottleneck(DEVICE, 600, 620, 1.0))
    prices = ScarcityPrices(bottlenecks.priced([40.0]), calendar)

    sums = prices.at(0.5).of_resource("device-1", FIRST)

    assert sums is not None
    assert sums[610] - sums[590] == 10
    assert prices.total((Use(DEVICE, 610, 700, 3),)) == 60
    which, parts = bottlenecks.parts_of((Use(DEVICE, 610, 700, 3),))
    assert (which.tolist(), parts.tolist()) == ([0], [1.5])
    assert prices.of_resource("device-1", date(2027, 1, 1)) is None
    assert prices.of_patient("p-1", FIRST) is None
