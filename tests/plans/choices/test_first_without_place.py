"""The session that an unplaceable course names is the first without a place: those before it have one, and with it they have none."""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

import pytest

from tests.plans.checking import Planned
from tests.plans.every_way import EveryWay
from tests.plans.one_course import clinic, devices, gone, with_course
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.test_complete import planned_tiny
from tests.plans.tiny_clinics import DAYS, MONDAYS


def first_without_place(document: Document) -> int:
    """The same, every way having been tried with a slow search that knows nothing of the planner."""
    facts, (course,) = SiteFacts(document), document["courses"]
    last_day = MONDAYS[document["clinic"]["timezone"]] + timedelta(days=DAYS)

    def has_a_place(n_sessions: int) -> bool:
        every_way = EveryWay(facts, course)
        every_way.places = every_way.places[:n_sessions]
        return every_way.least(last_day) is not None

    return len(list(takewhile(has_a_place, range(1, 100)))) + 1


def proofs(seeds: range) -> tuple[int, int]:
    """Of the unplaceable courses of tiny clinics, each alone, how many there were, and how many name a session after the first."""
    named = []
    for seed in seeds:
        tiny = planned_tiny(seed)
        for course in tiny.document["courses"] if tiny else []:
            alone = Planned(tiny.document | {"courses": [course]}) if tiny else None
            if alone and (answer := alone.written["courses"][0])["status"] == "unplaceable":
                named.append(answer["reason"]["session"])
                assert named[-1] == first_without_place(alone.document), f"seed {seed}: {answer}"
    return len(named), sum(number > 1 for number in named)


def test_the_named_session_is_the_first_that_no_way_places() -> None:
    found, later = proofs(range(150))

    assert found > 100
    assert later > 40


@pytest.mark.soak
@pytest.mark.parametrize("thousand", range(1, 6))
def test_five_thousand_tiny_clinics(thousand: int) -> None:
    found, later = proofs(range(1000 * thousand, 1000 * thousand + 1000))

    assert found > 300
    assert later > 100


def reason(document: Document) -> Document:
    said: Document = Planned(document).written["courses"][0]["reason"]
    return said


def test_what_a_later_phase_cannot_do_is_not_blamed_on_the_phase_before() -> None:
    document = clinic(
        [{"name": "acute", "sessions": 10, "per_week": 5}, {"name": "after", "sessions": 2, "per_week": 5, "max_gap_days": 3}],
        resources=gone("2026-12-15T00:00"),
    )
    document = with_course(document, finish_on_or_before="2027-01-31")

    assert reason(document) == {"session": 11, "code": "no_capacity", "detail": "no device from 2026-12-15 to 2026-12-17"}


def test_a_resource_that_nobody_has_is_said_at_once_for_the_session_that_needs_it() -> None:
    document = clinic([{"name": "acute", "sessions": 36, "per_week": 5}], resources=devices(2))
    steps = [{"name": "all", "minutes": 30}]
    document["protocols"][0]["session_templates"]["last"] = {"steps": steps, "requirements": [{"capability": "laser"}]}
    document["protocols"][0]["session_rules"].insert(0, {"sessions": [36], "template": "last"})

    assert reason(document) == {
        "session": 36,
        "code": "unknown_capability",
        "detail": "no resource with the capability laser is at this site",
    }
