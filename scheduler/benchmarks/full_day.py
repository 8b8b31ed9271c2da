"""How full a day gets when patients ask one after another: with free choice of the start, and with a template of starts."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date

from courses.plans.batch import Clinic
from courses.plans.start_templates import StartTemplates, fill_a_day
from courses.protocols.protocol import TreatmentProtocol
from scheduler.benchmarks.families import read
from scheduler.benchmarks.measuring import Say, Stopwatch

DAYS = {"an esketamine day": ("esketamine-trd", 7 * 60, 18 * 60), "an ECT morning": ("ect-index-12", 7 * 60, 12 * 60)}
"""The protocol, and the minutes of the day between which patients ask for a start."""
WEDNESDAY = date(2026, 12, 2)
GRID = 5
ASKS_FOR_EACH_PLACE = 3


@dataclass(frozen=True)
class DayFigures:
    """One kind of day, empty at first; means over the seeds. No choice of starts holds more than `at_most` visits."""

    day: str
    at_most: int
    free: float
    with_template: float
    free_minutes_from_asked: float
    template_minutes_from_asked: float
    template_found_in_seconds: float


def full_days(sizes: list[str], seeds: int, say: Say) -> list[DayFigures]:
    """Measures each kind of day at each size of clinic that offers it."""
    found = []
    for size in sizes:
        file = read(size, 0.5, 0, 1, days=0)
        clinic = replace(file.as_planned_against(), held=())
        for name, (protocol, opens, closes) in DAYS.items():
            wanted = file.protocols[protocol].protocol
            offered = {capability for resource in clinic.resources for capability in resource.capabilities}
            if all(demand.requirement.capability in offered for demand in wanted.template_of(1).demands):
                say(f"{size}: {name}")
                found.append(_measured(f"{size}, {name}", clinic, wanted, (opens, closes), seeds))
    return found


def _measured(name: str, clinic: Clinic, protocol: TreatmentProtocol, asked: tuple[int, int], seeds: int) -> DayFigures:
    template, watch = protocol.template_of(1), Stopwatch()
    with watch.once():
        at_most = StartTemplates(clinic.site, clinic.resources).of(template, WEDNESDAY).at_most
    latest = asked[1] - template.minutes
    fills = []
    for seed in range(1, seeds + 1):
        rng = random.Random(f"{name}-{seed}")
        wishes = [rng.randrange(asked[0], latest + 1, GRID) for _ in range(ASKS_FOR_EACH_PLACE * at_most)]
        fills.append([fill_a_day(clinic, protocol, WEDNESDAY, wishes, templates=templates) for templates in (False, True)])
    free, filled = zip(*fills, strict=True)
    return DayFigures(
        day=name,
        at_most=at_most,
        free=sum(each.n for each in free) / seeds,
        with_template=sum(each.n for each in filled) / seeds,
        free_minutes_from_asked=sum(each.minutes_from_asked for each in free) / seeds,
        template_minutes_from_asked=sum(each.minutes_from_asked for each in filled) / seeds,
        template_found_in_seconds=watch.cpu[0] / 1000,
    )
