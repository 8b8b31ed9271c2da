"""What a date bears of visits that need a device and an operator at once: never less than what fits, and hardly more."""

from __future__ import annotations

import json
from datetime import date
from random import Random

import numpy as np
import pytest

from courses.plans.batch.packing import ANYONE
from courses.plans.batch.pairing import Kind, Pairing, added_up, is_paired, least_taken
from courses.plans.batch.scarcity import Bottlenecks, ScarcityPrices
from courses.plans.batch.uses import RESOURCE, Place, Use
from courses.plans.possible.openings import Openings
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.site_facts import Document

ON = date(2026, 11, 30)
"""A Monday."""
Visit = tuple[int, str, str]
"""A start, a device and an operator."""


def clinic(seed: int) -> Document:
    """Two devices and two operators, booked here and there, for visits of which the operator sees only the first part."""
    rng = Random(seed)
    resources = [{"id": f"{kind}-{n}", "kind": kind, "capabilities": [kind]} for kind in ("device", "staff") for n in (1, 2)]
    times = [f"{ON}T{9 + half // 2:02}:{half % 2 * 30:02}" for half in range(9)]
    bookings = []
    for resource in resources:
        for at in rng.sample(range(8), 3):
            bookings.append({"resource": resource["id"], "start": times[at], "end": times[at + 1]})
    requirements = [{"capability": "device", "turnover_minutes": rng.choice([0, 30])}, {"capability": "staff"}]
    steps = [{"name": "all", "minutes": rng.choice([30, 60])}]
    return {
        "clinic": {"timezone": "America/New_York", "granularity_minutes": 30, "hours": {"mon": [["09:00", "13:00"]]}},
        "resources": resources,
        "protocols": [
            {
                "id": "one",
                "title": "one",
                "modality": "any",
                "phases": [{"name": "phase", "sessions": 1, "per_week": 1}],
                "session_templates": {"visit": {"steps": steps, "requirements": requirements}},
                "session_rules": [{"template": "visit"}],
            }
        ],
        "patients": [{"id": "p"}],
        "courses": [{"id": "c", "patient": "p", "protocol": "one", "start_on_or_after": f"{ON}"}],
        "bookings": bookings,
    }


class Case:
    """A clinic's date, and every visit that it has room for."""

    def __init__(self, seed: int) -> None:
        file = read_clinic(json.dumps(clinic(seed)))
        against, self.protocol = file.as_planned_against(), file.requests[0].protocol
        self.template: SessionTemplate = self.protocol.templates["visit"]
        self.calendar = Calendar(against.site, against.resources, against.held)
        self.openings = Openings(self.calendar, ANYONE)
        found = Pairing(self.calendar, Kind(self.protocol, self.template), [ON]).bottlenecks()
        self.one = found[0] if found else None
        device, staff = self.template.demands
        self.visits: list[Visit] = [
            (start, one.id, other.id)
            for start in bits(self.openings.starts(self.template, ON))
            for one in self.calendar.pool("device")
            for other in self.calendar.pool("staff")
            if self.openings.resource_starts(device, one, ON) >> start & 1 and self.openings.resource_starts(staff, other, ON) >> start & 1
        ]

    def uses(self, visit: Visit) -> list[Use]:
        """What a visit takes."""
        start, *resources = visit
        pairs = zip(self.template.demands, resources, strict=True)
        return [Use(Place(RESOURCE, name, ON.toordinal()), start + demand.begin, start + demand.end, 1) for demand, name in pairs]

    def most(self, chosen: tuple[Visit, ...] = (), begin: int = 0) -> int:
        """How many visits fit at once, by trying all."""
        best = len(chosen)
        for at in range(begin, len(self.visits)):
            mine = self.uses(self.visits[at])
            taken = [use for visit in chosen for use in self.uses(visit)]
            if not any(use.place == other.place and use.begin < other.end and other.begin < use.end for use in mine for other in taken):
                best = max(best, self.most((*chosen, self.visits[at]), at + 1))
        return best


@pytest.mark.parametrize("seed", range(25))
def test_a_date_bears_what_fits_and_hardly_more(seed: int) -> None:
    case = Case(seed)
    most = case.most()

    assert (case.one is None) == (most == 0)
    if case.one is not None:
        bottlenecks = Bottlenecks()
        bottlenecks.add(case.one)
        taken = [float(bottlenecks.parts_of(case.uses(visit))[1].sum()) for visit in case.visits]
        assert most <= case.one.left <= most + 1
        assert min(taken) >= 1 - 1e-9
        assert least_taken(added_up(case.one), case.openings, case.template, ON) == pytest.approx(min(taken))


def test_its_price_is_what_visits_take_of_it() -> None:
    case = next(each for each in map(Case, range(25)) if each.one is not None)
    bottlenecks = Bottlenecks()
    assert case.one is not None
    bottlenecks.add(case.one)
    prices = ScarcityPrices(bottlenecks.priced([70.0]), case.calendar)

    for visit in case.visits:
        which, parts = bottlenecks.parts_of(case.uses(visit))
        assert set(which.tolist()) <= {0}
        assert prices.total(tuple(case.uses(visit))) == pytest.approx(70 * float(np.sum(parts)))


def test_one_resource_for_two_things_is_no_pair() -> None:
    document = clinic(0)
    for resource in document["resources"]:
        resource["capabilities"] = ["device", "staff"]
    file = read_clinic(json.dumps(document))
    against = file.as_planned_against()

    assert is_paired(Case(0).calendar, Case(0).template)
    assert not is_paired(Calendar(against.site, against.resources), file.requests[0].protocol.templates["visit"])
