"""The families of random single-course cases: tiny clinics, nasty ones, the protocols of the library, and the benchmark's clinics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import yaml

import courses.library
from tests.plans.checking import shared_module
from tests.plans.exactness.nasty import NASTY
from tests.plans.exactness.sketch import Sketch
from tests.plans.site_facts import Document
from tests.plans.tiny_clinics import DAYS, MONDAYS, WEEK, tiny_clinic

WEIGHTS: dict[str, list[float]] = {
    "delay_day": [0, 0.5, 2, 10],
    "outside_window": [0, 15, 40],
    "spread_step": [0, 0.5, 1, 4],
    "change": [0, 3, 30],
}
LIBRARY = sorted(Path(courses.library.__path__[0]).glob("*.yaml"))


@dataclass(frozen=True)
class Case:
    """A clinic file with one course. With `last_day` it is small enough for every way to be tried, and nothing can be later."""

    family: str
    name: str
    document: Document
    last_day: date | None = None


def tiny_cases(seeds: range) -> Iterator[Case]:
    """Clinics drawn over all rules of the clinic file, their first course."""
    for seed in seeds:
        document = tiny_clinic(Random(seed))
        document["courses"] = document["courses"][:1]
        yield Case("tiny", f"tiny_clinic(Random({seed}))", document, MONDAYS[document["clinic"]["timezone"]] + timedelta(days=DAYS))


def nasty_cases(seeds: Sequence[int], name: str = "") -> Iterator[Case]:
    """Small clinics around one nasty thing each."""
    for kind in [name] if name else list(NASTY):
        for seed in seeds:
            document = NASTY[kind](Random(f"{kind} {seed}"))
            last_day = date.fromisoformat(document["patients"][0]["unavailable"][0]["start"][:10])
            yield Case(f"nasty: {kind}", f'NASTY["{kind}"](Random("{kind} {seed}"))', document, last_day)


def library_cases(seeds: range, files: list[Path] | None = None) -> Iterator[Case]:
    """Each protocol of the library in a small invented clinic."""
    for file in LIBRARY if files is None else files:
        for seed in seeds:
            yield Case("library", f"library_clinic({file.stem!r}, {seed})", library_clinic(file.stem, seed))


def library_clinic(protocol: str, seed: int) -> Document:
    """A clinic with a few of all that a protocol of the library asks for, open for some weeks longer than it takes."""
    written = _protocol(protocol)
    rng = Random(f"{protocol} {seed}")
    templates = written["session_templates"].values()
    wanted = sorted({each["capability"] for template in templates for each in template["requirements"]})
    length = max(sum(step["minutes"] for step in template["steps"]) for template in templates)
    pools = {name: rng.choice([1, 2, 2, 3]) for name in wanted}
    sketch = Sketch(rng, written["phases"], written["session_templates"], pools, named=protocol)
    sketch.grid, sketch.capacity, sketch.load = rng.choice([10, 15, 30]), rng.choice([1, 2]), rng.choice([0.1, 0.3, 0.5])
    sketch.opens, sketch.closes = 8 * 60, 8 * 60 + max(9 * 60, length + 60)
    if any("per_day" in phase for phase in written["phases"]):
        sketch.closes, sketch.load = 8 * 60 + 13 * 60, 0.05
    sketch.span = _days_of(written) + rng.choice([10, 25])
    sketch.open_on = WEEK if any("weekdays" in phase for phase in written["phases"]) else WEEK[: rng.choice([5, 5, 6])]
    document = sketch.document()
    document["protocols"] = [written]
    if rng.random() < 0.4:
        document["objective"] = {name: rng.choice(of) for name, of in WEIGHTS.items()}
    return document


@cache
def _protocol(name: str) -> Document:
    written: Document = yaml.safe_load(next(file for file in LIBRARY if file.stem == name).read_text())
    return written


def _days_of(protocol: Document) -> int:
    """About how many days a protocol takes, closed days left out."""
    days = 0
    for phase in protocol["phases"]:
        if "windows" in phase:
            days += phase["windows"][-1][1]
        elif "weekly" in phase:
            days += 7 * len(phase["weekly"])
        else:
            each = max(phase.get("min_gap_days", 1), 7 / phase.get("per_week", 5 * phase.get("per_day", 1)))
            days += round(phase["sessions"] * each)
    return days


def made_cases(size: str, load: float, seeds: range, each: int = 2) -> Iterator[Case]:
    """Single courses of the benchmark's clinics; all bookings stay where they are."""
    maker: Callable[..., Document] = shared_module("make_clinic").clinic_file
    for seed in seeds:
        document = maker(size, load, 12, seed)
        for booking in document["bookings"]:
            booking.pop("reseat", None)
        for course in Random(seed).sample(document["courses"], each):
            name = f"make_clinic {size} {load} 12 {seed}: {course['id']} ({course['protocol']})"
            yield Case(f"made: {size} {load}", name, document | {"courses": [course]})
