"""A clinic whose only treatment is watched for two hours, with any number of chairs and nurses, and the most that its day can hold."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from random import Random

import pytest

from courses.plans.possible.openings import Openings
from courses.plans.request import PatientHours
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import ClinicFile, read_clinic

WEDNESDAY = date(2026, 12, 2)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")

STEPS = [("check-in", 15), ("dosing", 15), ("observation", 120), ("discharge", 10)]
REQUIREMENTS = [
    {"capability": "chair", "turnover_minutes": 10},
    {"capability": "nurse", "steps": ["check-in"], "load": 2},
    {"capability": "nurse", "steps": ["dosing"], "load": 2},
    {"capability": "nurse", "steps": ["observation"]},
    {"capability": "nurse", "steps": ["discharge"]},
]


def staffed(n_chairs: int, *nurses: list[list[str]], capacity: int = 5, closes: str = "18:00") -> ClinicFile:
    """A clinic that opens at seven. Each nurse has these stretches every working day."""
    chairs = [{"id": f"chair-{n}", "kind": "chair", "capabilities": ["chair"]} for n in range(1, n_chairs + 1)]
    staff = [
        {
            "id": f"nurse-{n}",
            "kind": "staff",
            "capabilities": ["nurse"],
            "capacity": capacity,
            "hours": {day: stretches for day in WEEKDAYS},
        }
        for n, stretches in enumerate(nurses, start=1)
    ]
    document = {
        "clinic": {"timezone": "America/New_York", "hours": {day: [["07:00", closes]] for day in WEEKDAYS}},
        "resources": chairs + staff,
        "protocols": [
            {
                "id": "observed",
                "phases": [{"name": "all", "sessions": 1}],
                "session_templates": {
                    "visit": {"steps": [{"name": name, "minutes": minutes} for name, minutes in STEPS], "requirements": REQUIREMENTS}
                },
                "session_rules": [{"template": "visit"}],
            }
        ],
    }
    return read_clinic(json.dumps(document))


def busy_center() -> ClinicFile:
    """Twelve chairs and three nurses who watch five patients each, as in the benchmark's clinics of size M."""
    return staffed(12, *[[["08:00", "18:00"]]] * 3)


def any_roster(rng: Random) -> ClinicFile:
    """A few chairs and nurses, some of whom have a break."""
    nurses = []
    for _ in range(rng.randint(1, 2)):
        hour = rng.randint(11, 13)
        whole, broken = [["08:00", "17:00"]], [["08:00", f"{hour}:00"], [f"{hour}:30", "17:00"]]
        nurses.append(rng.choice([whole, broken]))
    return staffed(rng.randint(2, 6), *nurses, capacity=rng.randint(3, 5), closes=rng.choice(["16:00", "18:00"]))


def observed(clinic: ClinicFile) -> TreatmentProtocol:
    """Its treatment."""
    return clinic.protocols["observed"].protocol


def asked_at_random(seed: int, first: int = 480, last: int = 910) -> list[int]:
    """More patients than a day holds, each with the minute of the day that suits best."""
    rng = Random(seed)
    return [rng.randrange(first, last + 1, 5) for _ in range(200)]


def proven_most(clinic: ClinicFile, template: SessionTemplate, on: date) -> int:
    """The most visits that begin on a date, as a general solver proves it. Skips the test where it is not installed."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model", reason="needs the extra solver")
    calendar = Calendar(clinic.site, clinic.resources)
    model, loads, visits = cp_model.CpModel(), defaultdict(list), []
    for start in bits(Openings(calendar, PatientHours("")).starts(template, on)):
        visits.append(model.new_int_var(0, 100, ""))
        for demand in template.demands:
            seats = []
            for resource in calendar.pool(demand.requirement.capability):
                load = demand.requirement.load_on(resource.capacity)
                if calendar.starts(resource, on, demand.end - demand.begin, load) >> (start + demand.begin) & 1:
                    seats.append(model.new_int_var(0, resource.capacity, ""))
                    for minute in range(start + demand.begin, start + demand.end, 5):
                        loads[resource.id, minute].append(load * seats[-1])
            model.add(sum(seats) == demand.requirement.count * visits[-1])
    for (resource_id, _), there in loads.items():
        model.add(sum(there) <= calendar.resources[resource_id].capacity)
    model.maximize(sum(visits))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = 60
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return sum(int(solver.value(n)) for n in visits)
