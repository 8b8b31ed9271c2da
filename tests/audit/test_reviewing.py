"""Twelve patterns of snooping are on the week's list, work is not, and an auditor who did none of it signs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rooms.errors import Faulty, Unknown
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.access.unusual import Kind, Named
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.reviewing import NotOver, OwnAccess, Review, Unjudged, Verdict, judge, sign, week_of, weekly_review
from scheduler.settings import Settings
from tests.audit.snooping import MONDAY, NEXT_MONDAY, Ward, look, person, snoop, ward_of, work
from tests.audit.trail import events

AUDITOR = Author(AuthorKind.STAFF, "a_auditor", roles=frozenset({Role.AUDITOR}))
WEEK_ON = week_of(MONDAY.date())


@pytest.fixture
def ward(database: Database) -> Ward:
    clock = SettableClock(MONDAY - timedelta(days=10), frozen=True)
    app = create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)
    ward = ward_of(app, database, clock)
    for family, given in [("Lopez", "Ana"), ("García-Núñez", "Eva"), ("Selfe", "Sam"), ("Famous", "Fay"), ("Watched", "Wim")]:
        ward.patient(family, given)
    return ward


def reviewed(database: Database, ward: Ward) -> Review:
    with database.reading() as db:
        return weekly_review(db, ward.site_id, MONDAY.date(), now=NEXT_MONDAY)


def test_twelve_patterns_of_snooping_are_on_the_list(database: Database, ward: Ward) -> None:
    made = database.run(lambda db: snoop(db, ward))

    listed = {(each.flag.actor, each.flag.kind) for each in reviewed(database, ward).judged}

    assert len(made) == 12
    assert {pattern: who for pattern, who in made.items() if who not in listed} == {}


def test_work_is_not_on_the_list(database: Database, ward: Ward) -> None:
    database.run(lambda db: work(db, ward))

    assert reviewed(database, ward).judged == ()


def test_another_week_and_another_site_have_lists_of_their_own(database: Database, ward: Ward) -> None:
    database.run(lambda db: snoop(db, ward))

    with database.reading() as db:
        before = weekly_review(db, ward.site_id, MONDAY.date() - timedelta(days=7), now=NEXT_MONDAY)
        office = weekly_review(db, ward.site_id - 1, MONDAY.date(), now=NEXT_MONDAY)

    assert (before.judged, office.judged) == ((), ())


def test_a_week_is_judged_and_signed_by_somebody_else(database: Database, ward: Ward) -> None:
    database.run(lambda db: snoop(db, ward))
    review = reviewed(database, ward)
    with pytest.raises(NotOver), database.transaction() as db:
        sign(db, AUDITOR, ward.site_id, WEEK_ON, now=MONDAY + timedelta(days=6))
    with pytest.raises(Unjudged), database.transaction() as db:
        sign(db, AUDITOR, ward.site_id, WEEK_ON, now=NEXT_MONDAY)
    for each in review.judged:
        verdict = "escalated" if each.flag.kind is Kind.BREAK_GLASS else "accepted"
        with database.transaction() as db:
            judge(db, AUDITOR, ward.site_id, WEEK_ON, Verdict(each.id, verdict, "asked the supervisor"), now=NEXT_MONDAY)

    signed = database.run(lambda db: sign(db, AUDITOR, ward.site_id, WEEK_ON, now=NEXT_MONDAY))

    assert (signed.signed_by, signed.signed_at, signed.is_as_signed, signed.open) == ("a_auditor", NEXT_MONDAY, True, ())
    assert {each.verdict for each in signed.judged} == {"accepted", "escalated"}
    told = [each for each in events(database) if each["action"] == "audit.review"]
    assert [each["diff"]["verdict"] for each in told].count("signed") == 1
    assert len(told) == len(review.judged) + 1


def test_who_is_on_the_list_neither_judges_it_nor_signs(database: Database, ward: Ward) -> None:
    def peep(*, as_auditor: bool) -> None:
        with database.transaction() as db:
            who = person(db, "a_auditor", "Audra", "Peep") if as_auditor else person(db, "a_other", "Otto", "Peep")
            look(db, ward, who, [ward.patients["Famous"]])

    peep(as_auditor=True)
    peep(as_auditor=False)
    own = next(each for each in reviewed(database, ward).judged if each.flag.actor == "a_auditor")

    with pytest.raises(OwnAccess), database.transaction() as db:
        judge(db, AUDITOR, ward.site_id, WEEK_ON, Verdict(own.id, "accepted", "was nothing"), now=NEXT_MONDAY)
    with pytest.raises(OwnAccess), database.transaction() as db:
        sign(db, AUDITOR, ward.site_id, WEEK_ON, now=NEXT_MONDAY)


def test_what_comes_late_is_seen_after_the_signature(database: Database, ward: Ward) -> None:
    database.run(lambda db: sign(db, AUDITOR, ward.site_id, WEEK_ON, now=NEXT_MONDAY))

    database.run(lambda db: look(db, ward, person(db, "a_late", "Lea", "Late"), [ward.patients["Famous"]]))

    review = reviewed(database, ward)
    assert (review.signed_by, review.is_as_signed, len(review.open)) == ("a_auditor", False, 1)


def test_a_verdict_needs_a_word_and_something_on_the_list(database: Database, ward: Ward) -> None:
    database.run(lambda db: snoop(db, ward))
    flag = reviewed(database, ward).judged[0].id
    for said, error in [
        (Verdict(flag, "forgiven", "a long note"), Faulty),
        (Verdict(flag, "accepted", "  ok "), Faulty),
        (Verdict("0" * 32, "accepted", "a long note"), Unknown),
    ]:
        with pytest.raises(error), database.transaction() as db:
            judge(db, AUDITOR, ward.site_id, WEEK_ON, said, now=NEXT_MONDAY)


@pytest.mark.parametrize(
    ("one", "other", "shares", "same"),
    [
        (Named("Ana", "Lopez"), Named("Bea", "LÓPEZ"), True, False),
        (Named("Ana", "Lopez"), Named("Ána Maria", "García-Lopez"), True, True),
        (Named("Ana", "Lopez"), Named("Ana", "Lopezz"), False, False),
        (Named("A", "B"), Named("A", "B"), False, False),
        (Named("", ""), Named("", ""), False, False),
    ],
)
def test_names_are_compared_as_people_do(one: Named, other: Named, *, shares: bool, same: bool) -> None:
    assert (one.shares_family_name(other), one.may_be(other)) == (shares, same)
