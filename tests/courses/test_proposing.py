"""A desk is offered choices while the caller waits: from one look at the free time, and with nobody held up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy

from courses import enrolling
from courses.plans.request import Window
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.database import Database
from tests.courses.clinic import SmallClinic, daily

NINE = Window(9 * 60, 9 * 60 + 10)


@contextmanager
def looks(db: Db) -> Iterator[list[str]]:
    """The statements that look up who holds the site's resources."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM booking" in statement and "hold_until" in statement:
            seen.append(statement)

    engine = db.get_bind().engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sqlalchemy.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def clinic(database: Database) -> SmallClinic:
    """Two courses at nine, so that a third cannot be there at once."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(6))
        for given in ("Ana", "Bo"):
            clinic.enrol(db, clinic.wish(clinic.patient(db, given), "daily", window=Window(9 * 60, 9 * 60)))
        clinic.patient(db, "Cleo")
    return clinic


def test_all_choices_are_planned_from_one_look_at_the_free_time(database: Database, clinic: SmallClinic) -> None:
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, "Dana"), "daily", window=NINE)

    with database.reading() as db, looks(db) as seen:
        offered = enrolling.propose_choices(db, wish, now=clinic.now)

    assert len(offered.choices) > 2
    assert len(seen) == 1


def test_choices_are_offered_while_somebody_writes(database: Database, clinic: SmallClinic) -> None:
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, "Dana"), "daily", window=NINE)

    with database.transaction() as writing:
        clinic.patient(writing, "Eve")
        with database.reading() as db:
            offered = enrolling.propose_choices(db, wish, now=clinic.now)

    assert offered.choices[0].name == "recommended"


def test_the_recommended_choice_is_what_propose_answers(database: Database, clinic: SmallClinic) -> None:
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, "Dana"), "daily", window=NINE)
        plan = clinic.plan(db, wish)
        offered = enrolling.propose_choices(db, wish, now=clinic.now)

    best = offered.choices[0].plan
    assert [(each.interval, each.seats) for each in best.sessions] == [(each.interval, each.seats) for each in plan.sessions]
    assert best.cost == plan.cost


def test_every_choice_can_be_booked(database: Database, clinic: SmallClinic) -> None:
    for number in range(3):
        with database.transaction() as db:
            wish = clinic.wish(clinic.patient(db, f"Dana {number}"), "daily", window=NINE)
            offered = enrolling.propose_choices(db, wish, now=clinic.now)
            course = clinic.enrol(db, wish, offered.choices[min(number, len(offered.choices) - 1)].plan)
        assert len(course.live) == 6


def test_where_there_is_no_place_the_first_session_and_what_would_help_are_told(database: Database, clinic: SmallClinic) -> None:
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, "Dana"), "daily", finish=date(2026, 12, 4))
        offered = enrolling.propose_choices(db, wish, now=clinic.now)

    assert offered.choices == ()
    assert offered.unplaceable is not None
    assert (offered.unplaceable.session, offered.words) == (6, "the rules leave no date for session 6 up to 2026-12-04")
    assert offered.relaxation is not None
    assert offered.relaxation.words == "Possible if the course may end on 2026-12-07, 3 days later than asked."


def test_a_start_that_is_past_is_refused(database: Database, clinic: SmallClinic) -> None:
    with database.transaction() as db:
        wish = clinic.wish(clinic.patient(db, "Dana"), "daily")
        past = replace(wish, start_on_or_after=clinic.now.date() - timedelta(days=1))
        with pytest.raises(Faulty, match="is past"):
            enrolling.propose_choices(db, past, now=clinic.now)
