"""The clinic file, its plans and disruptions: what is read, what is written, and that the two agree."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from courses.library import protocol_files
from courses.plans.batch import plan_clinic
from courses.plans.plan import ClinicPlan, Cost, CoursePlan, MissedWish, PlannedSession, Reseat, Seat, Unplaceable
from courses.plans.repair import Missed, PatientUnavailable, ResourceDown, SiteClosed
from courses.plans.request import Authorization, PatientHours, Weights, Window
from courses.protocols.located.yaml_text import DUMPER, Data, read_yaml
from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.resources.resource import Absence, Kind, Resource
from scheduler.clinic_file import (
    ClinicFile,
    HeldBooking,
    Person,
    clinic_schema,
    document_text,
    open_clinic,
    open_disruptions,
    plan_document,
    read_clinic,
    read_plan,
    write_clinic,
)
from tests.clinic_files import DISRUPTIONS, SMALL, format_tool


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(start: str, end: str) -> Interval:
    return Interval(utc(start), utc(end))


@pytest.fixture(scope="module")
def small() -> ClinicFile:
    return open_clinic(SMALL)


def test_a_site_is_read_with_its_hours_and_closures_in_its_own_time(small: ClinicFile) -> None:
    site = small.site

    assert (site.id, site.name) == ("riverside-interventional-psychiatry", "Riverside Interventional Psychiatry")
    assert (site.timezone, site.granularity_minutes) == ("America/New_York", 5)
    assert site.hours == WeeklyHours((((420, 1080),),) * 5 + ((), ()))
    assert site.closures == (
        Closure(between("2026-11-26T05:00", "2026-11-27T05:00"), "Thanksgiving"),
        Closure(between("2026-12-25T05:00", "2026-12-26T05:00"), "Christmas Day"),
        Closure(between("2026-12-24T17:00", "2026-12-24T23:00")),
    )


def test_resources_keep_their_order_capacity_and_absences(small: ClinicFile) -> None:
    nurse = next(resource for resource in small.resources if resource.id == "nurse-1")

    assert [resource.id for resource in small.resources][:3] == ["tms-1", "rest-1", "operator-1"]
    assert nurse == Resource(
        "nurse-1",
        Kind.STAFF,
        frozenset({"esketamine-nurse"}),
        capacity=4,
        absences=(Absence(between("2026-12-03T17:00", "2026-12-03T23:00"), "training"),),
    )


def test_patients_and_the_courses_wanted_for_them_are_read(small: ClinicFile) -> None:
    ana = small.requests[0]

    assert small.patients[0] == PatientHours("ana")
    assert small.patients[2] == PatientHours("cho", None, (between("2026-12-07T05:00", "2026-12-09T05:00"),))
    assert (ana.id, ana.patient, ana.start_on_or_after) == ("ana-tms", "ana", date(2026, 11, 23))
    assert ana.protocol is small.protocols["tms-standard-36"].protocol
    assert ana.window == Window(540, 600)
    assert ana.authorization == Authorization(36, date(2026, 11, 1), date(2027, 1, 15))
    assert small.requests[2].priority == 2


def test_bookings_that_are_there_are_read_with_what_may_be_done_with_them(small: ClinicFile) -> None:
    assert small.bookings == (
        HeldBooking(0, "chair-1", between("2026-12-01T13:00", "2026-12-01T15:40"), 1, "esketamine-chair", reseat=True),
    )


def test_the_usual_weights_hold_where_the_file_gives_none(small: ClinicFile) -> None:
    heavier = read_clinic(SMALL.read_text() + "objective: {delay_day: 1.5, change: 7}\n")

    assert small.weights == Weights(10, 15, 1, 3)
    assert heavier.weights == Weights(1.5, 15, 1, 7)


def test_a_plan_before_decides_on_which_chair_a_booking_is(small: ClinicFile) -> None:
    against = small.as_planned_against([Reseat(0, "chair-2")])

    assert against.held == (("chair-2", between("2026-12-01T13:00", "2026-12-01T15:40"), 1),)


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_clinic_that_is_written_reads_the_same(small: ClinicFile, ending: str) -> None:
    text = document_text(write_clinic(small), f"copy.{ending}")

    assert read_clinic(text, f"copy.{ending}") == small


def test_what_our_own_keys_add_survives_too() -> None:
    more = "  - {id: eve, given_name: Eve, family_name: Example, born_on: 1990-02-03, unavailable: [{date: 2026-12-08, reason: away}]}\n"
    text = SMALL.read_text().replace("  - {id: ana}\n", "  - {id: ana}\n" + more).replace("{id: tms-1,", "{id: tms-1, name: Blue room,")
    text += "  - {resource: tms-1, start: 2026-12-02T09:00:20, end: 2026-12-02T09:29:40, load: 0, course: old, session: 3}\n"
    clinic = read_clinic(text)

    assert clinic.people == {"eve": Person("Eve", "Example", date(1990, 2, 3))}
    assert clinic.resources[0].title == "Blue room"
    assert clinic.bookings[1] == HeldBooking(1, "tms-1", between("2026-12-02T14:00", "2026-12-02T14:30"), 0, course="old", session=3)
    assert read_clinic(document_text(write_clinic(clinic), "copy.yaml")) == clinic


def test_a_time_with_its_own_offset_is_taken_at_its_word() -> None:
    text = SMALL.read_text().replace(
        "start: 2026-12-01T08:00, end: 2026-12-01T10:40", "start: 2026-12-01T13:00Z, end: 2026-12-01T17:40+02:00"
    )

    assert read_clinic(text).bookings[0].interval == between("2026-12-01T13:00", "2026-12-01T15:40")


def test_aliases_and_merges_of_yaml_are_written_out() -> None:
    text = """
    clinic: {timezone: UTC, hours: &week {mon: [["08:00", "12:00"]]}}
    resources:
      - &chair {id: chair-1, kind: chair, capabilities: [chair], hours: *week}
      - {<<: *chair, id: chair-2}
    """

    clinic = read_clinic(text)

    assert [resource.id for resource in clinic.resources] == ["chair-1", "chair-2"]
    assert clinic.resources[1].hours == clinic.site.hours == WeeklyHours((((480, 720),),) + ((),) * 6)


def test_a_capability_that_nobody_has_is_a_warning_at_its_line() -> None:
    text = SMALL.read_text().replace("capabilities: [anesthesia]", "capabilities: [anaesthesia]")

    (warning,) = read_clinic(text, "clinic.yaml").warnings

    line = next(number for number, each in enumerate(text.splitlines(), 1) if "capability: anesthesia" in each)
    assert (warning.file, warning.line) == ("clinic.yaml", line)
    assert warning.field == "protocols[3].session_templates.treatment.requirements[2].capability"
    assert "no resource has 'anesthesia'" in warning.message


PLAN = ClinicPlan(
    (
        CoursePlan(
            "dbt",
            (
                PlannedSession(
                    1,
                    "group",
                    "group",
                    between("2026-12-03T20:00", "2026-12-03T21:45"),
                    (Seat(0, "dbt-group", "dbt-group-1", between("2026-12-03T20:00", "2026-12-03T21:45"), 1),),
                    authorized=False,
                    missed=(MissedWish("window", "the group meets at 15:00"),),
                ),
            ),
            Cost(2, 1, 0, 0, 35),
            moved=(1,),
        ),
        Unplaceable("tms", 3, "no_capacity", "no operator from 2026-12-07 to 2026-12-18", alone=True),
    ),
    35,
    (Reseat(0, "chair-2"),),
)
PLANNED: dict[str, Data] = {
    "courses": [
        {
            "id": "dbt",
            "status": "planned",
            "cost": {"delay": 2, "outside": 1, "spread": 0, "changes": 0, "total": 35},
            "sessions": [
                {
                    "number": 1,
                    "phase": "group",
                    "template": "group",
                    "start": "2026-12-03T15:00-05:00",
                    "end": "2026-12-03T16:45-05:00",
                    "authorized": False,
                    "bookings": [
                        {
                            "requirement": 0,
                            "resource": "dbt-group-1",
                            "start": "2026-12-03T15:00-05:00",
                            "end": "2026-12-03T16:45-05:00",
                            "load": 1,
                        }
                    ],
                    "missed": [{"wish": "window", "reason": "the group meets at 15:00"}],
                }
            ],
            "moved": [1],
        },
        {
            "id": "tms",
            "status": "unplaceable",
            "reason": {"session": 3, "code": "no_capacity", "detail": "no operator from 2026-12-07 to 2026-12-18", "proof": "alone"},
        },
    ],
    "objective": 35,
    "reseated": [{"booking": 0, "resource": "chair-2"}],
}


def clinic_of_the_plan() -> ClinicFile:
    text = SMALL.read_text().replace("sessions: 24, per_week: 1", "sessions: 1, per_week: 1")
    return read_clinic(text.replace("id: ana-dbt", "id: dbt").replace("id: ana-tms", "id: tms"))


def test_a_plan_is_written_in_the_output_shape_with_the_sites_offset() -> None:
    assert plan_document(PLAN, "America/New_York") == PLANNED


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_plan_that_is_written_reads_the_same(ending: str) -> None:
    text = document_text(PLANNED, f"plan.{ending}")

    assert read_plan(text, clinic_of_the_plan(), f"plan.{ending}") == PLAN


def test_disruptions_of_all_four_kinds_are_read(small: ClinicFile) -> None:
    disruptions = open_disruptions(DISRUPTIONS, small)

    assert disruptions.now == utc("2026-12-02T23:00")
    assert disruptions.happened == (
        ResourceDown("tms-1", between("2026-12-03T12:00", "2026-12-05T05:00")),
        SiteClosed(between("2026-12-09T05:00", "2026-12-10T05:00"), "snow"),
        PatientUnavailable("ben", between("2026-12-14T05:00", "2026-12-16T05:00")),
        Missed("cho-ect", 2),
    )


def test_the_formats_own_checker_accepts_a_plan_that_we_wrote(small: ClinicFile, tmp_path: Path) -> None:
    checker = format_tool("check_plan.py")
    plan = plan_clinic(small.as_planned_against(), small.requests)
    written = tmp_path / "plan.yaml"
    written.write_text(document_text(plan_document(plan, small.site.timezone), "plan.yaml"))

    verdict = subprocess.run([sys.executable, checker, SMALL, written], capture_output=True, text=True, check=False)

    assert json.loads(verdict.stdout.splitlines()[-1])["broken"] == 0, verdict.stdout
    assert read_plan(written.read_bytes(), small, "plan.yaml") == plan


@pytest.mark.parametrize("size", ["S", "M"])
def test_a_clinic_of_the_benchmark_reads_writes_and_fits_the_schema(size: str) -> None:
    text = made(size)

    clinic = read_clinic(text, "clinic.json")

    assert (len(clinic.requests), len(clinic.bookings)) == (30, len(json.loads(text)["bookings"]))
    assert read_clinic(document_text(write_clinic(clinic), "clinic.json"), "clinic.json") == clinic
    assert read_clinic(yaml.dump(json.loads(text), Dumper=DUMPER), "clinic.yaml") == clinic
    jsonschema_rs.validate(clinic_schema(), json.loads(text))


def made(size: str) -> str:
    command = [sys.executable, str(format_tool("make_clinic.py")), "--size", size, "--load", "0.3", "--courses", "30"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_example_fits_the_schema_as_it_is_and_as_we_write_it(small: ClinicFile) -> None:
    jsonschema_rs.validate(clinic_schema(), read_yaml(SMALL.read_text(), "small.yaml"))
    jsonschema_rs.validate(clinic_schema(), write_clinic(small))


@pytest.mark.parametrize("file", protocol_files(), ids=lambda file: file.name)
def test_a_protocol_of_the_library_fits_the_schema(file: Path) -> None:
    document: Data = {"clinic": {"timezone": "UTC"}, "protocols": [read_yaml(file.read_text(), file.name)]}

    jsonschema_rs.validate(clinic_schema(), document)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("per_week: 5", "per_weak: 5"),
        ("sessions: 30, per_week: 5", "per_week: 5"),
        ("kind: device", "kind: machine"),
        ("start_on_or_after: 2026-11-23", "start_on_or_after: tomorrow"),
        ("timezone: America/New_York", "zone: America/New_York"),
        (", capability: esketamine-chair, reseat: true", ", reseat: true"),
    ],
)
def test_the_schema_refuses_what_reading_refuses(old: str, new: str) -> None:
    text = SMALL.read_text()
    assert old in text

    assert not jsonschema_rs.is_valid(clinic_schema(), read_yaml(text.replace(old, new, 1), "small.yaml"))
