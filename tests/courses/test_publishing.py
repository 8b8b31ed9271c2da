"""A protocol is published as numbered versions that never change."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy.exc import IntegrityError

from courses import publishing, queries
from courses.errors import CodeTaken, Unknown
from courses.library import protocol_files
from courses.protocols.located.faults import FaultyDocument
from courses.protocols.version import RetiredProtocol
from scheduler.database import Database
from tests.courses.clinic import SmallClinic, daily


def test_another_text_is_the_next_version_and_the_same_text_the_same(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)

        one, same, two = (clinic.protocol(db, "daily", daily(n)) for n in (3, 3, 5))
        known = queries.versions_of(db, "daily", site_id=clinic.site_id)
        back = clinic.protocol(db, "daily", daily(3))

    assert (one.number, same.number, two.number, back.number) == (1, 1, 2, 3)
    assert [(each.version.number, each.version.status) for each in known] == [(1, "retired"), (2, "active")]
    assert one.protocol_id == two.protocol_id


def test_a_faulty_document_is_refused_at_its_line_and_nothing_is_published(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        with pytest.raises(FaultyDocument, match=r"daily\.yaml, line 4, phases"):
            clinic.protocol(db, "daily", daily(0))
        assert queries.protocols(db, clinic.site_id) == ()


@pytest.mark.parametrize("change", [
    "UPDATE protocol_version SET document = 'other'",
    "UPDATE protocol_version SET number = 9",
    "UPDATE protocol_version SET status = 'draft'",
    "DELETE FROM protocol_version",
])  # fmt: skip
def test_a_published_version_never_changes_whoever_tries(database: Database, change: str) -> None:
    with database.transaction() as db:
        SmallClinic().build(db).protocol(db, "daily", daily(3))

    with pytest.raises(IntegrityError), database.transaction() as db:
        db.execute(sqlalchemy.text(change))


def test_a_retired_protocol_may_be_published_again(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        (retired,) = publishing.retire(db, "main", "daily")
        with pytest.raises(RetiredProtocol):
            queries.protocol_version(db, "daily", site_id=clinic.site_id)
        again = clinic.protocol(db, "daily", daily(3))

    assert (retired.status, again.status, again.number) == ("retired", "active", 2)


def test_a_clinic_copies_a_protocol_and_edits_the_copy(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-payer-20-plus-5")
        copy = publishing.copy_protocol(db, "main", "tms-payer-20-plus-5", "ours", by="Dr. Reed", now=clinic.now, new_id=clinic.new_id)
        edited = clinic.protocol(db, "ours", copy.text.replace("sessions: 20", "sessions: 18"))
        source = queries.protocol_version(db, "tms-payer-20-plus-5", site_id=clinic.site_id).version
        with pytest.raises(CodeTaken):
            publishing.copy_protocol(db, "main", "tms-payer-20-plus-5", "ours", by="Dr. Reed", now=clinic.now, new_id=clinic.new_id)
        with pytest.raises(Unknown):
            publishing.copy_protocol(db, "main", "nothing", "mine", by="Dr. Reed", now=clinic.now, new_id=clinic.new_id)

    assert (copy.protocol.id, copy.protocol.phases, copy.origin) == ("ours", source.protocol.phases, "tms-payer-20-plus-5")
    assert copy.document.extension == source.document.extension
    assert (edited.number, edited.protocol.n_sessions, source.protocol.n_sessions) == (2, 23, 25)
    assert any(not fact.agrees for fact in edited.document.facts)  # the source no longer speaks for the number that was edited


def test_the_library_is_loaded_once_and_an_edited_protocol_stays(database: Database) -> None:
    files = protocol_files()
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "cbt-16", daily(3))

        loaded = publishing.load_library(db, "main", files, by="setup", now=clinic.now, new_id=clinic.new_id)
        again = publishing.load_library(db, "main", files, by="setup", now=clinic.now, new_id=clinic.new_id)
        kept = queries.protocol_version(db, "cbt-16", site_id=clinic.site_id).version

    assert [version.code for version in loaded] == [file.name.removesuffix(".yaml") for file in files if file.name != "cbt-16.yaml"]
    assert again == ()
    assert kept.protocol.n_sessions == 3
