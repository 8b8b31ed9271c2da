"""A monitoring form and the record of a session on paper: what stands, what is open, and everything that was ever written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from courses import charting, signing
from courses.checklists.entry import Person
from courses.checklists.writing import Amended, Answered, TakenBack
from courses.owed.form import FormStatus, MonitoringForm, Sources, filled, record_digest
from courses.patients.patient import Patient
from rooms.availability.hours import SiteTime
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.printing.frame import Paper
from scheduler.printing.monitoring import form_pdf
from scheduler.printing.pack import pack_pdf
from scheduler.printing.sheet import sheet_pdf
from scheduler.settings import Settings
from tests.audit.trail import events
from tests.charts.ward import Ward, at
from tests.courses.clinic import NOW, SmallClinic, daily
from tests.printing.made import CHECKLIST, ORIGIN, pack
from tests.printing.reading import pages_of
from tests.printing.test_watches import dose
from tests.signed_in import SignedIn, Staff

RUBEN = Person("a_ruben", "Ruben", "")
TIME = SiteTime("America/New_York")
DOSED = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def form() -> MonitoringForm:
    patient = Patient("p_1", "MR-100", "Zofia", "Łukaszewicz", date(1980, 5, 17))
    sources = Sources(patient, (), TIME, first_dose=DOSED, released_at=DOSED + timedelta(minutes=90), monitor="Nora Blackwood")
    return MonitoringForm(
        "f_1",
        "s_1",
        3,
        "program",
        "Harbor",
        patient,
        date(2026, 11, 23),
        DOSED + timedelta(days=7),
        FormStatus.OWED,
        filled(sources),
        record_digest(sources),
        total_minutes=90,
        least_minutes=120,
    )


def text_of(written: bytes) -> str:
    return " ".join(pages_of(written))


def test_form_holds_what_is_known_and_leaves_room_for_what_is_not() -> None:
    known = form()
    text = text_of(form_pdf(known, ORIGIN, Paper.LETTER, TIME))

    assert "Zofia Łukaszewicz, born 1980-05-17, session 3" in text
    assert "First and last name of who did the monitoring * Nora Blackwood" in text
    assert "Total minutes from the first device to the end of monitoring * 90" in text
    assert "Sedation * missing:" in text
    assert "90 minutes were watched, fewer than 120." in text
    assert f"Record {known.digest[:12]}" in text


def test_long_answer_of_a_form_is_not_cut() -> None:
    known = form()
    told = " ".join(f"word{n}" for n in range(250))
    answers = tuple(replace(each, text=told) if each.field.code == "serious_adverse_events" else each for each in known.answers)
    text = text_of(form_pdf(replace(known, answers=answers), ORIGIN, Paper.LETTER, TIME))

    assert set(told.split()) <= set(text.split())


def test_empty_form_is_in_the_pack_where_a_program_asks_for_one() -> None:
    sheet = replace(CHECKLIST, program="program")
    with_program = text_of(pack_pdf(replace(pack(), checklists=((sheet, "version 1"),)), Paper.LETTER))

    assert "Empty monitoring form" in with_program
    assert "Respiratory depression *" in with_program
    assert "Empty monitoring form" not in text_of(pack_pdf(pack(), Paper.LETTER))


@pytest.fixture
def ward(database: Database) -> Ward:
    ward = Ward(database).open()
    dose(ward)
    with database.transaction() as db:
        (reading,) = charting.record(db, ward.session, [Answered("systolic", 128)], ward.press(20)).entries
        charting.amend(db, ward.session, reading.id, Amended(138, "misread", "a slip of the finger"), ward.press(22))
        (wrong,) = charting.record(db, ward.session, [Answered("note", "was Ben")], ward.press(23)).entries
        taken = TakenBack("wrong_patient", "it was Ben", RUBEN)
        charting.retract(db, ward.session, wrong.id, taken, ward.press(24))
    return ward


def printed(ward: Ward) -> str:
    return text_of(sheet_pdf(ward.chart(), ORIGIN, Paper.LETTER))


def test_record_holds_what_stands_what_stood_and_why(ward: Ward) -> None:
    text = printed(ward)

    assert "Ana Lopez, born 1980-05-17" in text
    assert "Systolic pressure limits 90 to 140 mmHg 138 mmHg amended 08:20 Nora, nurse" in text
    for entry in ward.chart().entries:
        assert entry.id in text
    assert "misread: a slip of the finger" in text
    assert "128 mmHg" in text
    assert "1 x Device, lot A1" in text
    assert "Not signed yet" in text
    assert "I watched this patient" in text


def test_what_is_another_patients_is_not_printed(ward: Ward) -> None:
    text = printed(ward)

    assert "was Ben" not in text.replace("it was Ben", "")
    assert "another patient's, not printed" in text
    assert "Nora, nurse with Ruben" in text


def test_signature_is_printed_with_what_it_binds_to_and_whether_it_stands(ward: Ward) -> None:
    digest = ward.chart().digest("watched")
    with ward.database.transaction() as db:
        signing.sign(db, ward.session, "watched", digest, ward.press(130))
    assert f"I watched this patient Nora, nurse 2026-11-23 10:10 EST {digest[:12]} stands" in printed(ward)

    with ward.database.transaction() as db:
        charting.record(db, ward.session, [Answered("systolic", 120)], ward.press(131))
    assert f"{digest[:12]} amended since: sign again" in printed(ward)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_pages_give_both_and_the_trail_is_told(ward: Ward, database: Database) -> None:
    clock = SettableClock(at(140), frozen=True)
    with SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database),
        Staff(database, clock, office=False),
    ) as client:
        record = client.get(f"/sessions/{ward.session}/sheet/paper")

    assert record.headers["content-type"] == "application/pdf"
    assert "138 mmHg" in text_of(record.content)
    (told,) = [each for each in events(database) if each["action"] == "GET /sessions/{session}/sheet/paper"]
    assert told["category"] == "checklist"
    assert len(told["patients"]) == 1


def test_long_text_is_printed_whole(ward: Ward) -> None:
    text = " ".join(f"word{n}" for n in range(230))
    with ward.database.transaction() as db:
        charting.record(db, ward.session, [Answered("note", text)], ward.press(40))
    whole = printed(ward)

    assert all(f"word{n} " in whole or f"word{n}" in whole.split() for n in range(230))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_appointments_for_the_patient_tell_when_and_not_what_for(database: Database) -> None:
    clinic = SmallClinic()
    with database.transaction() as db:
        clinic.build(db)
        clinic.protocol(db, "daily", daily(4))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily", date(2026, 11, 23)))
    clock = SettableClock(NOW + timedelta(days=1, hours=12), frozen=True)
    with SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database),
        Staff(database, clock, office=False),
    ) as client:
        (page,) = pages_of(client.get(f"/courses/{course.id}/paper").content)

    assert "Ana Lopez" in page
    assert "Tuesday, November 24" not in page
    assert "Wednesday, November 25, 2026" in page
    assert "Thursday, November 26, 2026" in page
    assert "daily" not in page.casefold()
    assert "1980" not in page
