"""An urgent protocol reserves room: at the desk, others are offered a later date, and the urgent patient the room that they left."""

from __future__ import annotations

from datetime import date

import pytest

from courses import enrolling
from courses.plans.ongoing.outdated import PlanOutdated
from rooms.base import Db
from scheduler.database import Database
from tests.courses.clinic import SmallClinic, starts

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)


def one_visit(code: str, reserve: str = "") -> str:
    """A protocol of one visit of two hours: the only chair holds four of them a day."""
    return f"""
id: {code}
phases: [{{name: all, sessions: 1}}]
session_templates:
  visit:
    steps: [{{name: visit, minutes: 120}}]
    requirements: [{{capability: chair}}]
session_rules: [{{template: visit}}]
{reserve}
"""


def clinic_with(db: Db, reserve: str) -> SmallClinic:
    clinic = SmallClinic().build(db, {"chair-1": ("chair", 1, ("chair",))})
    clinic.protocol(db, "regular", one_visit("regular"))
    clinic.protocol(db, "urgent", one_visit("urgent", reserve))
    return clinic


def first_date(database: Database, clinic: SmallClinic, protocol: str) -> date:
    """The date that somebody new is offered, and books."""
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, clinic.new_id("Ana ")), protocol)
        return starts(clinic.enrol(db, wish))[0].date()


@pytest.mark.parametrize(
    ("reserve", "dates", "urgent"),
    [
        ("", [MONDAY, MONDAY, MONDAY, MONDAY, TUESDAY], TUESDAY),
        ("reserve: {share: 0.5, until_days: 0}", [MONDAY, MONDAY, TUESDAY, TUESDAY, WEDNESDAY], MONDAY),
        ("reserve: {share: 0.5, until_days: 7}", [MONDAY, MONDAY, MONDAY, MONDAY, TUESDAY], TUESDAY),
    ],
)
def test_others_leave_the_reserved_half_and_the_urgent_take_it(database: Database, reserve: str, dates: list[date], urgent: date) -> None:
    with database.transaction() as db:
        clinic = clinic_with(db, reserve)

    assert [first_date(database, clinic, "regular") for _ in dates] == dates
    assert first_date(database, clinic, "urgent") == urgent


def test_every_choice_and_the_plan_offered_anew_leave_it_too(database: Database) -> None:
    with database.transaction() as db:
        clinic = clinic_with(db, "reserve: {share: 0.5, until_days: 0}")
        wish = clinic.wish(clinic.patient(db), "regular")
    with database.reading() as db:
        shown = clinic.plan(db, wish)
    for _ in range(2):
        first_date(database, clinic, "regular")

    with database.reading() as db:
        offered = enrolling.propose_choices(db, wish, now=clinic.now)
    with pytest.raises(PlanOutdated) as caught, database.transaction() as db:
        clinic.enrol(db, wish, shown)

    for plan in (offered.choices[0].plan, clinic.offered_anew(database, caught.value)):
        assert plan.sessions[0].interval.starts_at.date() == TUESDAY
