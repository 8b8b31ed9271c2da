"""Cases made to be nasty, each a maker of small clinics around one thing that a planner easily gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from tests.plans.exactness.sketch import Sketch, clock, daily, requirement, template
from tests.plans.site_facts import Document
from tests.plans.tiny_clinics import WEEK

Maker = Callable[[Random], Document]
DAILY: Document = {"name": "daily", "sessions": 5, "per_week": 5, "max_gap_days": 4}


def one_resource(rng: Random) -> Document:
    """One device for everything."""
    treatment = template(30, requirements=[requirement("a", turnover_minutes=rng.choice([0, 10, 30]), continuity=True)])
    return Sketch(rng, [DAILY], {"t": treatment}, {"a": 1}, load=0.5).document()


def holidays_in_the_taper(rng: Random) -> Document:
    """Closed days where the taper has few to choose from."""
    phases = [{"name": "acute", "sessions": 2, "per_week": 4}, {"name": "taper", "weekly": [2, 1], "max_gap_days": rng.choice([6, 8])}]
    found = Sketch(rng, phases, {"t": template(30, requirements=[requirement("a")])}, {"a": 2}, span=20).document()
    for _ in range(rng.randint(1, 4)):
        day = date(2026, 11, 30) + timedelta(days=rng.randrange(18))
        part = {"start": f"{day}T09:00", "end": f"{day}T12:10"}
        found["clinic"]["closures"].append(rng.choice([{"date": day.isoformat()}, part]))
    return found


def two_mornings_a_week(rng: Random) -> Document:
    """A patient who can come on two mornings."""
    phases = [{"name": "weekly", "sessions": 4, "per_week": 2, "max_gap_days": rng.choice([7, 9])}]
    found = Sketch(
        rng, phases, {"t": template(40, requirements=[requirement("a"), requirement("b")])}, {"a": 2, "b": 2}, span=20
    ).document()
    found["patients"][0]["available"] = daily([(9 * 60 + 10, 12 * 60)], rng.sample(WEEK[:5], 2))
    return found


def capacity_shared_by_three_steps(rng: Random) -> Document:
    """A nurse who is one patient's in one step, one of several in another, and wanted again with turnover in a third."""
    steps = [
        requirement("a", steps=["s0"], load=rng.choice([2, "all"])),
        requirement("a", steps=["s1"], load=1, continuity=True),
        requirement("a", steps=["s2"], load=2, turnover_minutes=rng.choice([0, 15])),
    ]
    return Sketch(rng, [DAILY], {"t": template(15, 40, 10, requirements=steps)}, {"a": 2}, capacity=3, load=0.5).document()


def rivals(rng: Random) -> Document:
    """Two requirements that draw on one pool at the same time, with continuity."""
    needs = [requirement("a", continuity=True), requirement("a", steps=["s1"], load=rng.choice([1, "all"]), continuity=rng.random() < 0.5)]
    rng.shuffle(needs)
    return Sketch(rng, [DAILY], {"t": template(20, 20, requirements=needs)}, {"a": 3}, capacity=rng.choice([1, 2])).document()


def three_continuities(rng: Random) -> Document:
    """Continuity over three capabilities together."""
    needs = [requirement(name, continuity=True) for name in "abc"]
    return Sketch(rng, [DAILY | {"sessions": 4}], {"t": template(30, requirements=needs)}, {"a": 2, "b": 2, "c": 2}, load=0.45).document()


def two_with_continuity(rng: Random) -> Document:
    """Two of three at once, with continuity of the pair."""
    needs = [requirement("a", count=2, continuity=True), requirement("b", load=0)]
    return Sketch(rng, [DAILY], {"t": template(30, requirements=needs)}, {"a": 4, "b": 1}, load=0.45).document()


def same_capability_in_two_steps(rng: Random) -> Document:
    """One capability asked for twice with continuity, in different steps: the two may be one person or two."""
    needs = [requirement("a", steps=["s0"], continuity=True), requirement("a", steps=["s1"], continuity=True)]
    other = template(30, requirements=[requirement("a", continuity=True)])
    rules = [{"every": rng.choice([2, 3]), "template": "other"}]
    return Sketch(rng, [DAILY], {"t": template(20, 20, requirements=needs), "other": other}, {"a": 3}, rules=rules, load=0.5).document()


def turnover_into_the_next(rng: Random) -> Document:
    """Several sessions a day, the turnover of one reaching into the next."""
    phases = [{"name": "many", "sessions": 4, "per_day": 2, "min_gap_minutes": 10, "max_gap_minutes": rng.choice([30, 60])}]
    needs = [requirement("a", turnover_minutes=rng.choice([20, 45]), continuity=rng.random() < 0.5)]
    return Sketch(rng, phases, {"t": template(20, requirements=needs)}, {"a": rng.choice([1, 2, 3])}, load=0.25).document()


def turnover_over_two(rng: Random) -> Document:
    """Three sessions a day, the turnover of one reaching over the next into the one after it; shared capacity; another kind first."""
    phases = [{"name": "many", "sessions": 5, "per_day": 3, "min_gap_minutes": 0, "max_gap_minutes": rng.choice([20, 40])}]
    needs = [requirement("a", turnover_minutes=rng.choice([30, 70]), continuity=True, load=rng.choice([1, 1, "all"]))]
    needs += [requirement("b", turnover_minutes=rng.choice([0, 30]), continuity=rng.random() < 0.5)]
    first = template(20, 10, requirements=[requirement("a", count=rng.choice([1, 2]), steps=["s0"], turnover_minutes=40), *needs[1:]])
    rules: list[Document] = [{"sessions": [1, 4], "template": "first"}]
    pools = {"a": 3, "b": 2}
    return Sketch(
        rng, phases, {"t": template(20, requirements=needs), "first": first}, pools, rules, rng.choice([1, 2]), load=0.2
    ).document()


def twice_on_a_date(rng: Random) -> Document:
    """One session a day by the rules, and yet two on a date, since no gap of days is asked for; turnover lies between them."""
    phases = [{"name": "any", "sessions": 4, "min_gap_days": 0, "per_7_days": rng.choice([3, 4]), "max_gap_days": 6}]
    needs = [requirement("a", turnover_minutes=rng.choice([0, 40]), continuity=True)]
    return Sketch(rng, phases, {"t": template(30, requirements=needs)}, {"a": 2}, load=0.5).document()


def accelerated(rng: Random) -> Document:
    """Three sessions a day with continuity, after a phase whose last date the first may share."""
    phases: list[Document] = [{"name": "many", "sessions": 5, "per_day": 3, "min_gap_minutes": 10, "max_gap_minutes": 40}]
    if rng.random() < 0.5:
        phases[0]["min_gap_days"] = 0
        phases.insert(0, {"name": "first", "sessions": 1})
    needs = [requirement("a", continuity=True), requirement("b", continuity=rng.random() < 0.5)]
    return Sketch(rng, phases, {"t": template(20, requirements=needs)}, {"a": 2, "b": 2}, load=0.25).document()


def busy_elsewhere(rng: Random) -> Document:
    """A patient whose other visits take pieces out of most days."""
    found = Sketch(rng, [DAILY], {"t": template(30, requirements=[requirement("a", continuity=True)])}, {"a": 2}).document()
    for offset in range(12):
        day, begins = date(2026, 11, 30) + timedelta(days=offset), rng.randrange(9 * 60, 12 * 60, 5)
        away = {"start": f"{day}T{clock(begins)}", "end": f"{day}T{clock(begins + rng.choice([30, 90, 180]))}"}
        found["patients"][0]["unavailable"].append(away)
    return found


def seven_days(rng: Random) -> Document:
    """So many in any seven days, over a week's end and a phase's."""
    per_7 = rng.choice([2, 3])
    phases = [
        {"name": "first", "sessions": 3, "per_week": 3, "per_7_days": per_7, "min_gap_days": rng.choice([1, 2]), "max_gap_days": 6},
        {"name": "then", "sessions": 2, "per_7_days": rng.choice([1, 2]), "max_gap_days": rng.choice([7, 9])},
    ]
    return Sketch(rng, phases, {"t": template(30, requirements=[requirement("a")])}, {"a": 2}, span=18).document()


def windows(rng: Random) -> Document:
    """Sessions in windows of days after the phase before."""
    phases = [{"name": "first", "sessions": rng.choice([1, 2])}, {"name": "then", "windows": [[2, 4], [6, 9], [9, 13]], "min_gap_days": 2}]
    if rng.random() < 0.3:
        del phases[0]
    return Sketch(
        rng, phases, {"t": template(30, requirements=[requirement("a", continuity=True)])}, {"a": 2}, span=18, load=0.5
    ).document()


def changed_clock(rng: Random) -> Document:
    """The clock is changed on a Sunday that is worked, on a working Friday, or by half an hour."""
    sunday, friday = ("Europe/Berlin", date(2027, 3, 22)), ("Africa/Cairo", date(2027, 4, 26))
    back, half = ("America/New_York", date(2026, 10, 26)), ("Australia/Lord_Howe", date(2027, 3, 29))
    where, opens = rng.choice([(sunday, 0), (friday, 0), (back, 0), (half, 0), (back, 9 * 60), (friday, 9 * 60)])
    needs = [requirement("a", continuity=rng.random() < 0.5)]
    phase = {"name": "daily", "sessions": 4, "per_week": 6, "max_gap_days": 2}
    sketch = Sketch(rng, [phase], {"t": template(45, requirements=needs)}, {"a": 2}, span=10, open_on=WEEK, where=where)
    sketch.opens, sketch.closes = opens, opens + 5 * 60
    return sketch.document()


def odd_grid(rng: Random) -> Document:
    """A grid that no hour is a multiple of."""
    needs = [requirement("a", continuity=True), requirement("b")]
    sketch = Sketch(rng, [DAILY], {"t": template(rng.choice([13, 29]), requirements=needs)}, {"a": 2, "b": 2})
    sketch.grid = rng.choice([7, 11, 25, 45, 50])
    return sketch.document()


def odd_weights(rng: Random) -> Document:
    """Fractions and zeros in the objective."""
    found = Sketch(rng, [DAILY], {"t": template(30, requirements=[requirement("a", continuity=True)])}, {"a": 2}, load=0.5).document()
    choices = {"delay_day": [0.25, 3, 10], "outside_window": [0, 1.5, 40], "spread_step": [0, 0.1, 2.5], "change": [0, 0.3, 12.75]}
    found["objective"] = {name: rng.choice(of) for name, of in choices.items()}
    return found


def compressed(rng: Random) -> Document:
    """A deadline that leaves hardly more dates than sessions; the site is closed on some that a resource works."""
    needs = [requirement("a", continuity=True)]
    found = Sketch(rng, [DAILY], {"t": template(30, requirements=needs)}, {"a": 2}, load=0.55).document()
    found["courses"][0] |= {"finish_on_or_before": f"2026-12-0{rng.randint(4, 9)}", "priority": rng.choice([1, 3, 2.5])}
    if rng.random() < 0.4:
        found["resources"][0]["hours"] = daily([(9 * 60, 11 * 60)], WEEK)
    if rng.random() < 0.4:
        found["courses"][0]["start_on_or_before"] = "2026-12-01"
    return found


NASTY: dict[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        one_resource,
        holidays_in_the_taper,
        two_mornings_a_week,
        capacity_shared_by_three_steps,
        rivals,
        three_continuities,
        two_with_continuity,
        same_capability_in_two_steps,
        turnover_into_the_next,
        turnover_over_two,
        twice_on_a_date,
        accelerated,
        busy_elsewhere,
        seven_days,
        windows,
        changed_clock,
        odd_grid,
        odd_weights,
        compressed,
    )
}
