"""Plans over every change of the clock: nine stays nine, two hours are two hours, and the night of the change is used to the minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from tests.plans.checking import Planned
from tests.plans.every_way import EveryWay
from tests.plans.judge import judge
from tests.plans.site_facts import MINUTE, WEEKDAY_NAMES, Document, SiteFacts
from tests.summer_time.changes import CHANGES, Change, name_of


def every_day(*spans: tuple[str, str]) -> Document:
    """The same hours on all seven days."""
    return {day: [list(span) for span in spans] for day in WEEKDAY_NAMES}


def clinic(zone: str, hours: Document, phase: Document, template: Document, course: Document) -> Document:
    """A clinic with one chair and one patient, and one course of one phase."""
    rules = [{"template": "treatment"}]
    protocol = {"id": "any", "title": "Any", "modality": "any", "phases": [phase], "session_rules": rules}
    return {
        "clinic": {"timezone": zone, "granularity_minutes": 15, "hours": hours},
        "resources": [{"id": "chair", "kind": "chair", "capabilities": ["chair"]}],
        "protocols": [protocol | {"session_templates": {"treatment": template}}],
        "patients": [{"id": "p"}],
        "courses": [{"id": "c", "patient": "p", "protocol": "any"} | course],
    }


def observed(minutes: int, turnover: int = 0) -> Document:
    """A session with an observation of so many minutes and nothing else."""
    return {"steps": [{"name": "observation", "minutes": minutes}], "requirements": [{"capability": "chair", "turnover_minutes": turnover}]}


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_daily_course_at_nine_stays_at_nine_and_two_hours_are_two_hours(change: Change) -> None:
    zone, on, _ = change
    start = (on - timedelta(days=3)).isoformat()
    wish = {"start_on_or_after": start, "prefer": {"window": ["09:00", "09:00"]}}
    phase = {"name": "daily", "sessions": 7, "max_gap_days": 1}

    planned = Planned(clinic(zone, every_day(("00:00", "24:00")), phase, observed(120, 10), wish))

    sessions = planned.written["courses"][0]["sessions"]
    assert planned.faults() == []
    assert [session["start"][11:16] for session in sessions] == ["09:00"] * 7
    lengths = {datetime.fromisoformat(s["end"]) - datetime.fromisoformat(s["start"]) for s in sessions}
    assert lengths == {timedelta(minutes=120)}


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_session_in_the_night_of_the_change_lasts_its_real_minutes(change: Change) -> None:
    zone, on, _ = change
    only_then = {"start_on_or_after": on.isoformat(), "finish_on_or_before": on.isoformat()}
    hours = every_day(("00:00", "05:00"), ("22:00", "24:00"))

    planned = Planned(clinic(zone, hours, {"name": "night", "sessions": 1}, observed(120, 15), only_then))

    session = planned.written["courses"][0]["sessions"][0]
    assert planned.faults() == []
    assert datetime.fromisoformat(session["end"]) - datetime.fromisoformat(session["start"]) == timedelta(minutes=120)


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_chain_in_the_night_of_the_change_keeps_its_gaps_in_real_minutes(change: Change) -> None:
    zone, on, _ = change
    chain = {"name": "chain", "sessions": 4, "per_day": 4, "min_gap_minutes": 15, "max_gap_minutes": 30}
    only_then = {"start_on_or_after": on.isoformat(), "finish_on_or_before": on.isoformat()}

    planned = Planned(clinic(zone, every_day(("00:00", "05:00")), chain, observed(30), only_then))

    assert planned.faults() == []
    assert planned.written["courses"][0]["status"] == "planned"


def night(change: Change, rng: Random) -> Document:
    """A clinic by night on the day of a change, with hours, closures, absences and bookings drawn by chance around the change."""
    zone, on, _ = change
    facts = SiteFacts({"clinic": {"timezone": zone}, "protocols": [], "courses": []})

    def away() -> Document:
        since = facts.midnight(on) + rng.randrange(0, 300) * MINUTE
        ends = [moment.astimezone(facts.zone).isoformat(timespec="minutes") for moment in (since, since + rng.choice([5, 30, 75]) * MINUTE)]
        return {"start": ends[0], "end": ends[1]}

    def hours() -> Document:
        cuts = sorted(rng.sample(range(0, 21), rng.choice([2, 3, 4])))
        texts = [f"{cut // 4:02d}:{cut % 4 * 15:02d}" for cut in cuts]
        spans = list(pairwise(texts))
        return every_day(*(spans if len(spans) < 3 or rng.random() < 0.5 else [spans[0], spans[2]]))

    only_then = {"start_on_or_after": on.isoformat(), "finish_on_or_before": on.isoformat()}
    phase = rng.choice(
        [
            {"name": "one", "sessions": 1},
            {"name": "two", "sessions": 2, "min_gap_days": 0},
            {"name": "chain", "sessions": 3, "per_day": 3, "min_gap_minutes": 15, "max_gap_minutes": 45},
        ]
    )
    template = observed(rng.choice([15, 30, 45, 60, 120]) if phase["sessions"] == 1 else rng.choice([15, 30]), rng.choice([0, 0, 10, 30]))
    document = clinic(zone, hours(), phase, template, only_then)
    document["clinic"]["closures"] = [away() for _ in range(rng.choice([0, 0, 1]))]
    document["resources"][0]["unavailable"] = [away() for _ in range(rng.choice([0, 1]))]
    document["bookings"] = [{"resource": "chair", **away()} for _ in range(rng.choice([0, 1]))]
    document["patients"][0] |= {"available": hours()} if rng.random() < 0.5 else {"unavailable": [away()]}
    return document


def placed_as_every_way_says(change: Change, seed: int) -> bool:
    """Plans a night of a change, compares with trying everything, and says whether the course has a place."""
    document, on = night(change, Random(f"{name_of(change)} {seed}")), change[1]
    planned = Planned(document)
    facts = SiteFacts(document)

    placed = bool(planned.written["courses"][0]["status"] == "planned")

    assert judge(document, planned.written).faults == []
    assert placed == (EveryWay(facts, facts.courses["c"]).least(on) is not None)
    return placed


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_hours_closures_absences_and_bookings_on_the_night_of_a_change(change: Change) -> None:
    placed = [placed_as_every_way_says(change, seed) for seed in range(5)]

    assert len(placed) == 5


@pytest.mark.soak
@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_hundred_nights_of_a_change(change: Change) -> None:
    placed = [placed_as_every_way_says(change, seed) for seed in range(100, 200)]

    assert 10 < sum(placed) < 90


def test_a_zone_without_summer_time_has_no_day_of_another_length() -> None:
    facts = SiteFacts({"clinic": {"timezone": "America/Phoenix"}, "protocols": [], "courses": []})
    days = [date(2026, 1, 1) + timedelta(days=k) for k in range(5 * 365)]

    assert {facts.midnight(day + timedelta(days=1)) - facts.midnight(day) for day in days} == {timedelta(days=1)}
