"""What stands in a form: all that was written down, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from courses.checklists.entry import Answer, DeviceAnswer
from courses.checklists.item import ANY, Bands, Item, ItemKind
from courses.checklists.notation import read_checklist
from courses.library import library
from courses.owed.adverse import AdverseEvent, EventStatus
from courses.owed.enrollment import Enrollment, Setting
from courses.owed.fields import ANSWERED, FIELDS
from courses.owed.form import Given, Sources, filled, minutes_watched, record_digest
from courses.owed.instructions import written_out
from courses.patients.patient import Patient
from rooms.availability.hours import SiteTime

HERE = SiteTime("America/New_York")
DOSE = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""10:00 in New York."""
ANA = Patient("p_1", "17", "Ana", "Lopez", date(1980, 5, 17))
BANDS = Bands(ANY, ANY, ANY)


def given(field: str, value: Answer, minutes: float = 0, *, kind: ItemKind | None = None, unit: str = "", code: str = "") -> Given:
    kind = kind or (
        ItemKind.DEVICE if isinstance(value, DeviceAnswer) else ItemKind.NUMBER if isinstance(value, int | float) else ItemKind.CHOICE
    )
    choices, bands = ("yes", "no") if kind is ItemKind.CHOICE else (), BANDS if kind is ItemKind.NUMBER else None
    item = Item(code or field, "Asked", kind, unit=unit, bands=bands, choices=choices, form_field=field)
    return Given(item, value, DOSE + timedelta(minutes=minutes), f"e_{code or field}{minutes:g}")


DEVICES = tuple(given("lot", DeviceAnswer("Spray 28 mg", "A1", 1), minutes, code="device") for minutes in (0, 5, 10))
WHOLE = Sources(
    ANA,
    DEVICES,
    HERE,
    Setting("Main Street Clinic", "1 Main Street", "", "Albany", "NY", "12207", "555-0100", "watch@example.org"),
    Enrollment("en_1", "p_1", 1, "p", "E-9", date(2026, 1, 1), None, None, "Maria", "F"),
    treated_before=True,
    monitor="Nora Reed",
    first_dose=DOSE,
    last_dose=DOSE + timedelta(minutes=10),
    released_at=DOSE + timedelta(minutes=141, seconds=59),
)


def text_of(sources: Sources, field: str) -> str:
    return next(answer.text for answer in filled(sources) if answer.field.code == field)


def test_of_an_empty_record_nothing_is_made_up() -> None:
    empty = Sources(Patient("p_1", "17"), (), HERE)
    answers = filled(empty)
    assert [answer.text for answer in answers] == [""] * len(FIELDS)
    assert {answer.field.code for answer in answers if answer.is_missing} == {field.code for field in FIELDS if field.required}


def test_patient_setting_and_session_come_from_what_is_kept() -> None:
    told = {answer.field.code: answer.text for answer in filled(WHOLE) if answer.text}
    assert told == {
        "first_name": "Ana",
        "middle_name": "Maria",
        "last_name": "Lopez",
        "birth_date": "1980-05-17",
        "sex": "F",
        "first_treatment": "no",
        "enrolled": "yes, E-9",
        "monitor_name": "Nora Reed",
        "monitor_telephone": "555-0100",
        "monitor_email": "watch@example.org",
        "setting_name": "Main Street Clinic",
        "setting_address": "1 Main Street",
        "setting_city": "Albany",
        "setting_state": "NY",
        "setting_postal_code": "12207",
        "session_date": "2026-11-20",
        "dose": "3 × Spray 28 mg",
        "lot": "A1",
        "total_minutes": "141",
        "serious_adverse_event": "none was noted",
    }


def test_what_was_ordered_is_not_what_was_given() -> None:
    """84 mg were ordered, and the session was broken off after the first device."""
    ordered = given("dose", "84 mg", -5, kind=ItemKind.TEXT)
    assert text_of(replace(WHOLE, given=[ordered, DEVICES[0]]), "dose") == "1 × Spray 28 mg (ordered: 84 mg)"
    assert text_of(replace(WHOLE, given=[ordered]), "dose") == ""


def test_minutes_are_counted_from_the_first_device_and_elapse() -> None:
    """The clock goes back at 2:00 on November 1, 2026: three hours by the wall are four."""
    first = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    across = replace(WHOLE, first_dose=first, last_dose=first + timedelta(minutes=10), released_at=datetime(2026, 11, 1, 8, 30, tzinfo=UTC))
    assert f"{HERE.local(first):%H:%M}" == "00:30"
    assert minutes_watched(across) == 240
    assert minutes_watched(replace(WHOLE, released_at=None)) is None


def test_each_pressure_goes_where_its_time_belongs() -> None:
    def read(systolic: int, diastolic: int, minutes: float) -> list[Given]:
        return [given("pressure", value, minutes, code=code) for code, value in (("systolic", systolic), ("diastolic", diastolic))]

    sources = replace(
        WHOLE, given=[*DEVICES, *read(118, 76, -20), *read(122, 78, -5), *read(140, 88, 48), *read(150, 90, 55), *read(128, 80, 135)]
    )
    assert [text_of(sources, f"pressure_{when}") for when in ("before", "at_40", "after")] == ["122/78", "140/88", "128/80"]
    only_late = replace(WHOLE, given=[*DEVICES, *read(128, 80, 135)])
    assert [text_of(only_late, f"pressure_{when}") for when in ("before", "at_40", "after")] == ["", "", "128/80"]


def test_what_was_ever_there_was_there() -> None:
    readings = [given("sedation", value, minutes) for value, minutes in (("no", -5), ("yes", 30), ("yes", 60), ("no", 90))]
    sources = replace(WHOLE, given=readings)
    assert [text_of(sources, f"sedation{what}") for what in ("", "_onset", "_resolved")] == ["yes", "10:30", "11:30"]
    assert [text_of(replace(WHOLE, given=readings[:1]), f"sedation{what}") for what in ("", "_onset")] == ["no", ""]


def test_what_is_judged_again_is_what_was_judged_last() -> None:
    readings = [given("vitals_acceptable_before", value, minutes) for value, minutes in (("no", -30), ("yes", -5))]
    assert text_of(replace(WHOLE, given=readings), "vitals_acceptable_before") == "yes"


def test_every_saturation_is_told_with_its_time() -> None:
    readings = [given("oximetry", value, minutes, unit="%") for value, minutes in ((97, -5), (97, 40))]
    assert text_of(replace(WHOLE, given=readings), "oximetry") == "97 % at 09:55; 97 % at 10:40"


def test_a_serious_event_that_was_noted_outweighs_a_no() -> None:
    event = AdverseEvent(
        "ae_1", "s_1", "syncope", True, DOSE, None, "Fainted on rising.", EventStatus.TO_REPORT, None, None, "", DOSE, "Nora Reed"
    )
    sources = replace(WHOLE, given=[given("serious_adverse_event", "no", 130)], events=[event])
    assert text_of(sources, "serious_adverse_event") == "yes"
    assert text_of(sources, "serious_adverse_events") == "Fainting at 2026-11-20 10:00: Fainted on rising."
    assert record_digest(sources) != record_digest(replace(sources, events=()))


@pytest.mark.parametrize("more", [given("note", "calm", 3, kind=ItemKind.TEXT), given("pressure", 120, 4)])
def test_any_change_of_the_record_changes_its_digest(more: Given) -> None:
    assert record_digest(replace(WHOLE, given=[*DEVICES, more])) != record_digest(WHOLE)
    assert record_digest(replace(WHOLE, given=DEVICES[::-1])) == record_digest(WHOLE)


def test_what_shipped_checklists_name_is_a_field() -> None:
    named = {item.form_field for name, text in library().items() for item in read_checklist(text, name).items}
    assert named - {""} <= ANSWERED


def test_every_required_field_has_somebody_who_fills_it_in() -> None:
    """By the shipped checklist for the program, or from what is kept of patient, site and session."""
    lists = [read_checklist(text, name) for name, text in library().items()]
    asked = {item.form_field for each in lists if each.program for item in each.items}
    told = {answer.field.code for answer in filled(WHOLE) if answer.text}
    pressure = {"pressure_before", "pressure_at_40", "pressure_after"} if "pressure" in asked else set()
    assert {field.code for field in FIELDS if field.required} <= asked | told | pressure


def test_a_ban_ends_at_an_instant() -> None:
    """24 hours over the night on which the clock goes forward end an hour later by the wall; the next day is the next day."""
    left = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
    words = ("Do not drive before {24 h}.", "Not until {next day}.", "Drink enough.")
    assert written_out(words, HERE, left) == (
        "Do not drive before Sunday, March 8, 2026, 16:00.",
        "Not until Sunday, March 8, 2026.",
        "Drink enough.",
    )
    assert written_out(words, HERE, None)[0] == "Do not drive before 24 hours after you leave."
