"""Clinic files of a given size, filled to a given load: the instances of the planning benchmark.

S is one small practice, M a busy center, L a hospital service, XL a regional network's hub. The same arguments always give the same file.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from courses.protocols.located.yaml_text import Data
from scheduler.benchmarks.made_protocols import OTHER_VISITS, PROTOCOLS, STEP_MINUTES, Document, Visit, Wish

WEEK = ("mon", "tue", "wed", "thu", "fri")
SUITE_DAYS = ("mon", "wed", "fri")
STEPS_OF_DAY = 24 * 60 // STEP_MINUTES
TRIES = 40
"""How often a visit is tried to be placed before a date counts as full."""

Span = tuple[str, str]
Hours = Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each a clinic has."""

    devices: int
    operators: int
    chairs: int
    nurses: int
    suites: int
    bays: int
    psychiatrists: int
    therapists: int


SIZES = {
    "S": Size(2, 2, 3, 1, 0, 0, 1, 1),
    "M": Size(6, 6, 12, 3, 1, 4, 3, 4),
    "L": Size(16, 16, 30, 8, 2, 8, 8, 10),
    "XL": Size(60, 60, 120, 30, 6, 24, 25, 40),
}
HOLIDAYS = {
    "2026-12-25": "Christmas Day",
    "2027-01-01": "New Year's Day",
    "2027-01-18": "Martin Luther King Jr. Day",
    "2027-02-15": "Washington's Birthday",
    "2027-05-31": "Memorial Day",
}
LEADING = {"tms": "tms-device", "esketamine": "esketamine-chair", "ect": "ect-room", "psychotherapy": "consulting-room"}
"""The resource by which a kind of treatment counts as full."""
LIKE = {"chair": "esketamine-chair", "bay": "ect-bay", "consulting-room": "consulting-room"}
"""Chairs and bays are interchangeable; a device or a person that a patient is used to is not."""


@dataclass(frozen=True, slots=True)
class MadeResource:
    """A resource of a made clinic."""

    id: str
    kind: str
    capability: str
    capacity: int = 1
    hours: Hours | None = None

    def document(self) -> Document:
        """As the clinic file writes it."""
        data: Document = {"id": self.id, "kind": self.kind, "capabilities": [self.capability]}
        if self.capacity > 1:
            data["capacity"] = self.capacity
        if self.hours is not None:
            data["hours"] = hours_data(self.hours)
        return data


Pools = Mapping[str, Sequence[MadeResource]]
Room = dict[str, list[int]]
"""The free capacity of each resource on each step of a date."""
Part = tuple[MadeResource, int, int, int]
"""A resource, the steps of the date from and until, and the load."""


def made_clinic(size: str, load: float, courses: int, seed: int, days: int = 150) -> Document:
    """The clinic file of a size (S, M, L or XL), filled to `load` by other patients for so many days, with so many courses wanted."""
    rng = random.Random(f"{size}-{load}-{courses}-{seed}")
    first = date(2026, 11, 30) + timedelta(days=7 * rng.randrange(0, 8))
    resources = _resources(SIZES[size], rng)
    patients, wanted = _people(_mix(SIZES[size]), courses, first, rng)
    closures: list[Data] = [{"date": day, "reason": reason} for day, reason in HOLIDAYS.items()]
    return {
        "clinic": {
            "name": f"Synthetic {size}, load {load}, seed {seed}",
            "timezone": "America/New_York",
            "granularity_minutes": STEP_MINUTES,
            "hours": hours_data(every(WEEK, ("07:00", "18:00"))),
            "closures": closures,
        },
        "resources": [each.document() for each in resources],
        "protocols": [each.document() for each in PROTOCOLS],
        "patients": patients,
        "courses": wanted,
        "bookings": _bookings(resources, _dates(first, days), load, rng),
    }


def every(days: Collection[str], *spans: Span) -> Hours:
    """The same stretches on each of some weekdays."""
    return dict.fromkeys(days, spans)


def hours_data(hours: Hours) -> Document:
    """Hours as the clinic file writes them."""
    return {day: [[*span] for span in spans] for day, spans in hours.items()}


def _lunch(at: int) -> Hours:
    return every(WEEK, ("08:00", f"{at}:00"), (f"{at}:30", "17:00"))


def _several(n: int, kind: str, name: str, capability: str, capacity: int = 1) -> list[MadeResource]:
    return [MadeResource(f"{name}-{number}", kind, capability, capacity) for number in range(1, n + 1)]


def _resources(size: Size, rng: random.Random) -> list[MadeResource]:
    shifts = (every(WEEK, ("07:00", "15:00")), every(WEEK, ("10:00", "18:00")), _lunch(12))
    nursing = every(WEEK, ("08:00", "18:00"))
    found = _several(size.devices, "device", "tms", "tms-device")
    found += [MadeResource(f"operator-{n}", "staff", "tms-operator", hours=shifts[n % 3]) for n in range(1, size.operators + 1)]
    found += _several(size.chairs, "chair", "chair", "esketamine-chair")
    found += [MadeResource(f"nurse-{n}", "staff", "esketamine-nurse", 5, nursing) for n in range(1, size.nurses + 1)]
    for n in range(1, size.suites + 1):
        found += _suite(n)
    found += _several(size.bays, "room", "bay", "ect-bay")
    found += _several((size.bays + 1) // 2, "staff", "recovery-nurse", "recovery-nurse", 2)
    found += [
        MadeResource(f"psychiatrist-{n}", "staff", "psychiatrist", hours=_lunch(12 + n % 2)) for n in range(1, size.psychiatrists + 1)
    ]
    for n in range(1, size.therapists + 1):
        days = sorted(rng.sample(WEEK, 4), key=WEEK.index)
        hours = every(days, ("09:00", "12:00"), ("13:00", "18:00"))
        found += [MadeResource(f"therapist-{n}", "staff", "therapist", hours=hours)]
        found += [MadeResource(f"consulting-room-{n}", "room", "consulting-room")]
    return found


def _suite(n: int) -> list[MadeResource]:
    mornings = every(SUITE_DAYS, ("07:00", "12:00"))
    return [
        MadeResource(f"ect-{n}", "room", "ect-room"),
        MadeResource(f"anesthesia-{n}", "staff", "anesthesia", hours=mornings),
        MadeResource(f"ect-psychiatrist-{n}", "staff", "ect-psychiatrist", hours=mornings),
    ]


def _mix(size: Size) -> list[str]:
    often = {"tms-standard-36": 5, "tms-itbs-30": 2, "esketamine-trd": 5, "cbt-16": 2, "tms-accelerated": 1}
    if size.suites:
        often["ect-index-12"] = 2
    return [protocol for protocol, times in often.items() for _ in range(times)]


def _people(mix: Sequence[str], courses: int, first: date, rng: random.Random) -> tuple[list[Data], list[Data]]:
    patients: list[Data] = []
    wanted: list[Data] = []
    for n in range(1, courses + 1):
        protocol = rng.choice(mix)
        patients.append(_patient(n, protocol, first, rng))
        wanted.append(_course(n, protocol, first, rng))
    return patients, wanted


def _patient(n: int, protocol: str, first: date, rng: random.Random) -> Document:
    patient: Document = {"id": f"p-{n:04d}"}
    if protocol == "tms-accelerated" or protocol.startswith("ect"):
        return patient
    if rng.random() < 0.3:
        days = WEEK if protocol.startswith("tms") else rng.choice([WEEK, WEEK, WEEK[:4]])
        span = rng.choice([("07:00", "12:30"), ("11:00", "18:00"), ("09:00", "16:00")])
        patient["available"] = hours_data(every(days, span))
    if rng.random() < 0.25:
        away = first + timedelta(days=rng.randrange(5, 60))
        back = away + timedelta(days=rng.choice([1, 1, 2]))
        patient["unavailable"] = [{"start": f"{away}T00:00", "end": f"{back}T00:00"}]
    return patient


def _course(n: int, protocol: str, first: date, rng: random.Random) -> Document:
    starts = first + timedelta(days=rng.randrange(0, 21))
    course: Document = {"id": f"c-{n:04d}", "patient": f"p-{n:04d}", "protocol": protocol, "start_on_or_after": starts.isoformat()}
    if rng.random() < 0.7:
        at = rng.randrange(14, 32)
        course["prefer"] = {"window": [_half_hour(at), _half_hour(at + 3)]}
    if rng.random() < 0.2:
        course["priority"] = 3
    return course


def _half_hour(number: int) -> str:
    return f"{number // 2:02d}:{number % 2 * 30:02d}"


def _dates(first: date, days: int) -> list[tuple[date, float]]:
    """The open dates, each with how full it is beside the first: the far future is emptier."""
    dates = [(first + timedelta(days=offset), max(0.0, 1 - offset / (days * 1.2))) for offset in range(days)]
    return [(day, fade) for day, fade in dates if day.weekday() < len(WEEK) and day.isoformat() not in HOLIDAYS]


def _bookings(resources: Sequence[MadeResource], dates: Sequence[tuple[date, float]], load: float, rng: random.Random) -> list[Data]:
    """Visits of other patients, each holding all that it needs at once, until the busiest kind of resource is about `load` full."""
    pools: dict[str, list[MadeResource]] = {}
    for resource in resources:
        pools.setdefault(resource.capability, []).append(resource)
    held: list[Data] = []
    for day, fade in dates:
        room = {resource.id: _free(resource, day) for resource in resources}
        for modality, visit in OTHER_VISITS.items():
            leading = pools.get(LEADING[modality], [])
            wanted = load * fade * sum(sum(room[resource.id]) for resource in leading)
            held += [_booking(part, day) for part in _visits(visit, wanted, {each.id for each in leading}, pools, room, rng)]
    return held


def _visits(visit: Visit, wanted: float, leading: Collection[str], pools: Pools, room: Room, rng: random.Random) -> list[Part]:
    held: list[Part] = []
    done, misses = 0, 0
    while done < wanted and misses < TRIES:
        placed = _place(visit, 12 * 7 + rng.randrange(0, 12 * 11), pools, room, rng)
        if placed is None:
            misses += 1
            continue
        for resource, begin, finish, load in placed:
            for step in range(begin, finish):
                room[resource.id][step] -= load
            if resource.id in leading:
                done += finish - begin
        held += placed
    return held


def _free(resource: MadeResource, day: date) -> list[int]:
    free = [0] * STEPS_OF_DAY
    hours = every(WEEK, ("07:00", "18:00")) if resource.hours is None else resource.hours
    for opens, closes in hours.get(WEEK[day.weekday()], ()):
        for step in range(_step(opens), _step(closes)):
            free[step] = resource.capacity
    return free


def _place(visit: Visit, start: int, pools: Pools, room: Room, rng: random.Random) -> list[Part] | None:
    """The resources that hold one visit starting at a step of the date, or None where they are not all free."""
    offsets: dict[str, tuple[int, int]] = {}
    at = start
    for name, minutes in visit.steps.items():
        offsets[name] = (at, at + -(-minutes // STEP_MINUTES))
        at = offsets[name][1]
    placed: list[Part] = []
    for wish in visit.wishes:
        used = wish.steps or tuple(offsets)
        begin, finish = offsets[used[0]][0], offsets[used[-1]][1] + wish.turnover_minutes // STEP_MINUTES
        found = _seat(wish, (begin, finish), placed, pools, room, rng)
        if found is None:
            return None
        placed.append(found)
    return placed


def _seat(wish: Wish, time: tuple[int, int], placed: Sequence[Part], pools: Pools, room: Room, rng: random.Random) -> Part | None:
    begin, finish = time
    load = 1 if wish.load is None else wish.load
    choices = pools.get(wish.capability, [])
    for resource in rng.sample(choices, len(choices)):
        taken = sum(held for other, b, f, held in placed if other is resource and b < finish and begin < f)
        if finish <= STEPS_OF_DAY and all(free >= load + taken for free in room[resource.id][begin:finish]):
            return resource, begin, finish, load
    return None


def _booking(part: Part, day: date) -> Document:
    resource, begin, finish, load = part
    data: Document = {"resource": resource.id, "start": _stamp(day, begin), "end": _stamp(day, finish), "load": load}
    capability = LIKE.get(resource.id.rsplit("-", 1)[0])
    return data | {"capability": capability, "reseat": True} if capability else data


def _step(clock: str) -> int:
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) // STEP_MINUTES


def _stamp(day: date, step: int) -> str:
    return (datetime.combine(day, time()) + timedelta(minutes=STEP_MINUTES * step)).isoformat(timespec="minutes")
