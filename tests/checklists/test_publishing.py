"""A checklist is published as numbered versions that never change; a session is charted by those of its day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from courses import publishing
from courses.checklists.version import FromThePast, SameQuestion
from courses.errors import Unknown
from courses.library import library
from courses.protocols.located.faults import FaultyDocument
from courses.queries import checklists as queries
from courses.records import SessionChecklistRow, SessionRow
from rooms.base import Db
from scheduler.database import Database
from tests.courses.clinic import NOW, SmallClinic, daily

TODAY = date(2026, 11, 23)
DAILY = """\
id: daily
title: Daily
used_for:
  - {modality: other}
items:
  - {code: felt, words: "How it was", kind: text}
"""


def publish(db: Db, clinic: SmallClinic, text: str = DAILY, *, code: str = "daily", from_on: date | None = None) -> int:
    made = publishing.publish_checklist(db, clinic.site, code, text, by="Ada", now=NOW, new_id=clinic.new_id, from_on=from_on)
    return made.number


def test_another_text_is_the_next_version_and_the_same_text_the_same(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)

        numbers = [publish(db, clinic, text) for text in (DAILY, DAILY, DAILY.replace("Daily", "Other"), DAILY)]

        assert numbers == [1, 1, 2, 3]
        assert [each.version.from_on for each in queries.versions_of_checklist(db, "daily", site_id=clinic.site_id)] == [TODAY] * 3


def test_a_faulty_document_is_refused_at_its_line(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        with pytest.raises(FaultyDocument, match=r"daily\.yaml, line 6, items\[0\]\.kind"):
            publish(db, clinic, DAILY.replace("kind: text", "kind: txt"))
        assert queries.checklists(db, clinic.site_id) == ()


def test_nothing_is_in_force_from_a_day_that_is_over(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        with pytest.raises(FromThePast):
            publish(db, clinic, from_on=TODAY - timedelta(days=1))


def test_a_code_is_asked_by_one_checklist_of_a_session_only(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        publish(db, clinic)

        with pytest.raises(SameQuestion, match="felt"):
            publish(db, clinic, DAILY.replace("id: daily", "id: second"), code="second")
        publish(db, clinic, DAILY.replace("id: daily", "id: second").replace("modality: other", "modality: ect"), code="second")


@pytest.mark.parametrize("change", [
    "UPDATE checklist_version SET document = 'other'",
    "UPDATE checklist_version SET from_on = '2020-01-01'",
    "UPDATE checklist_version SET status = 'draft'",
    "DELETE FROM checklist_version",
])  # fmt: skip
def test_a_published_version_never_changes_whoever_tries(database: Database, change: str) -> None:
    with database.transaction() as db:
        publish(db, SmallClinic().build(db))

    with pytest.raises(IntegrityError), database.transaction() as db:
        db.execute(sqlalchemy.text(change))


def test_a_site_takes_over_what_it_has_not_and_keeps_what_it_edited(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        own = library()["evaluation"].replace("Evaluation or", "Our evaluation or")
        publish(db, clinic, own, code="evaluation")

        taken = publishing.adopt_checklists(db, clinic.site, library(), by="Ada", now=NOW, new_id=clinic.new_id)
        again = publishing.adopt_checklists(db, clinic.site, library(), by="Ada", now=NOW, new_id=clinic.new_id)

        assert [each.code for each in taken] == [code for code in library() if code != "evaluation"]
        assert again == ()
        kept = {each.version.code: each.version for each in queries.checklists(db, clinic.site_id)}
        assert (kept["evaluation"].text, kept["evaluation"].origin) == (own, None)
        assert kept["ect"].origin == "ect"


def test_a_session_is_charted_by_the_version_of_its_day_until_it_is_opened_and_then_by_that(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily"))
        publish(db, clinic)
        publish(db, clinic, DAILY.replace("Daily", "From the second session on"), from_on=date(2026, 12, 1))
        first, second, third = db.scalars(
            select(SessionRow).where(SessionRow.public_id.in_([each.id for each in course.sessions])).order_by(SessionRow.number)
        )

        def numbers(row: SessionRow) -> list[int]:
            return [each.version.number for each in queries.checklists_for(db, row)]

        assert [numbers(each) for each in (first, second, third)] == [[1], [2], [2]]
        assert not queries.checklists_of(db, [second.id])[second.id].is_open

        (two,) = queries.checklists_for(db, second)
        db.execute(insert(SessionChecklistRow).values(session_id=second.id, checklist_version_id=two.id, pinned_at=NOW))
        publishing.retire_checklist(db, clinic.site, "daily")

        assert [numbers(each) for each in (first, second, third)] == [[], [2], []]
        assert queries.checklists_of(db, [second.id])[second.id].is_open


def test_an_unknown_checklist_is_not_retired(database: Database) -> None:
    with database.transaction() as db, pytest.raises(Unknown):
        publishing.retire_checklist(db, SmallClinic().build(db).site, "no")
