"""One course is planned exactly: no plan that anybody or anything can find costs less, and none exists where the planner finds none."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

from courses.plans.plan import ClinicPlan
from courses.protocols.located.faults import FaultyDocument
from scheduler.clinic_file import plan_document, read_clinic
from tests.plans.checking import shared_faults
from tests.plans.exactness.comparing import Compared, compared, solved
from tests.plans.exactness.families import LIBRARY, Case, library_cases, made_cases, nasty_cases, tiny_cases
from tests.plans.exactness.nasty import NASTY
from tests.plans.exactness.optimum import least_cost
from tests.plans.judge import judge

SHORT = ["ketamine-iv-series-6", "ect-continuation-windows", "dbs-programming"]
TELLING = {"rivals": (9, 30), "turnover over two": (3, 86), "turnover into the next": (2, 3)}
"""Seeds of cases that a planner got wrong once."""
SIZES = ("S", "M")
LOADS = (0.5, 0.8, 0.95)


def readable(cases: Iterable[Case]) -> Iterator[Case]:
    """Those that a clinic may write: chance draws rules that no calendar could keep, too."""
    for case in cases:
        try:
            read_clinic(json.dumps(case.document))
        except FaultyDocument:
            continue
        yield case


@pytest.mark.parametrize("kind", NASTY)
def test_a_nasty_course_costs_what_the_best_of_all_ways_costs(kind: str) -> None:
    cases = nasty_cases(TELLING.get(kind, (0, 1)), kind)

    wrong = [str(found) for case in cases if not (found := compared(case)).sound]

    assert wrong == []


def test_a_tiny_course_costs_what_the_best_of_all_ways_costs() -> None:
    found = [compared(case) for case in readable(tiny_cases(range(30)))]

    assert [str(each) for each in found if not each.sound] == []
    assert sum(each.optimum is not None for each in found) > 5


@pytest.mark.parametrize("protocol", SHORT)
def test_a_course_of_the_library_costs_what_the_solver_proves(protocol: str) -> None:
    files = [file for file in LIBRARY if file.stem == protocol]
    found = [compared(case) for case in library_cases(range(2), files)]

    assert [str(each) for each in found if not each.sound or not each.proven_by] == []


@pytest.mark.parametrize("kind", NASTY)
def test_every_way_and_the_solver_know_the_same_optimum(kind: str) -> None:
    (case,) = nasty_cases(range(7, 8), kind)
    file = read_clinic(json.dumps(case.document))
    assert case.last_day is not None

    least, answer = least_cost(case.document, case.last_day), solved(file, seconds=20)

    assert answer.proven
    assert answer.cost == (None if least is None else pytest.approx(least))
    if answer.plan is not None:
        written = dict(plan_document(ClinicPlan((answer.plan,), answer.plan.cost.total * file.requests[0].priority), file.site.timezone))
        assert judge(case.document, written).faults + shared_faults(case.document, written) == []


def row(family: str, found: list[Compared]) -> str:
    """How many cases of a family were proven by whom, and how many the planner answered as well."""
    by_hand = sum(each.proven_by == "every way" for each in found)
    solver = sum(each.proven_by == "solver" for each in found)
    equal = sum(each.sound for each in found if each.proven_by)
    placed = sum(each.planned is not None for each in found)
    at_best = sum(each.sound for each in found if not each.proven_by)
    return f"{family:38} {len(found):>5} {placed:>6} {by_hand:>9} {solver:>6} {equal:>6} {len(found) - by_hand - solver:>10} {at_best:>15}"


@pytest.mark.soak
def test_more_than_five_hundred_courses_are_planned_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    made = chain.from_iterable(made_cases(size, load, range(1, 6)) for size in SIZES for load in LOADS)
    by_family: dict[str, list[Compared]] = defaultdict(list)
    for case in chain(readable(tiny_cases(range(100, 260))), nasty_cases(range(100, 112)), library_cases(range(2, 6)), made):
        by_family[case.family].append(compared(case, seconds=60))
    everything = [each for found in by_family.values() for each in found]
    with capsys.disabled():
        sys.stdout.write(f"\n{'family':38} cases placed every way solver  equal not proven best known then\n")
        sys.stdout.writelines(f"{row(family, found)}\n" for family, found in by_family.items())
        sys.stdout.write(f"{row('all', everything)}\n")

    assert [str(each) for each in everything if not each.sound] == []
    assert sum(bool(each.proven_by) for each in everything) > 500
