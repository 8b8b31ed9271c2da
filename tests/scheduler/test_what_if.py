"""`whatif`: the same demand at the clinic as it is and as it might be."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.scheduler.command import chairtime

CLINIC = """\
clinic:
  name: Riverside
  timezone: America/New_York
  hours: {mon: [["08:00", "10:00"]], tue: [["08:00", "10:00"]], wed: [["08:00", "10:00"]]}
resources:
  - {id: coil-1, kind: device, capabilities: [coil]}
  - {id: operator-1, kind: staff, capabilities: [operator], capacity: 2}
protocols:
  - id: series
    phases: [{name: series, sessions: 2, per_week: 2}]
    session_templates:
      visit:
        steps: [{name: visit, minutes: 60}]
        requirements: [{capability: coil}, {capability: operator}]
    session_rules: [{template: visit}]
patients: [{id: p-1}, {id: p-2}, {id: p-3}, {id: p-4}]
courses:
  - {id: c-1, patient: p-1, protocol: series, start_on_or_after: 2026-11-30, prefer: {window: ["08:00", "08:30"]}}
  - {id: c-2, patient: p-2, protocol: series, start_on_or_after: 2026-11-30, prefer: {window: ["08:00", "08:30"]}}
  - {id: c-3, patient: p-3, protocol: series, start_on_or_after: 2026-11-30}
  - {id: c-4, patient: p-4, protocol: series, start_on_or_after: 2026-11-30, finish_on_or_before: 2026-12-01}
bookings:
  - {resource: coil-1, start: 2026-12-02T08:00, end: 2026-12-02T10:00}
"""
"""Two hours on each of three days: on Monday and Tuesday there is room for two courses, and on Wednesday for nobody."""

ONE_VISIT = """\
id: series
phases: [{name: series, sessions: 1}]
session_templates:
  visit:
    steps: [{name: visit, minutes: 60}]
    requirements: [{capability: coil}, {capability: operator}]
session_rules: [{template: visit}]
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    file = tmp_path / "clinic.yaml"
    file.write_text(CLINIC)
    return file


def tried(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    """What the command tells a machine."""
    assert chairtime("whatif", *arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_second_coil_shortens_the_wait_and_places_the_course_with_a_deadline(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, clinic, "--add", "device:coil=1")

    before, after = told["scenarios"]
    assert (before["name"], before["without_place"], before["wait_days_mean"], before["wait_days_p90"]) == ("as it is", 1, 7 / 3, 7)
    assert (before["in_window"], before["delay_days_mean"]) == (0.5, 7 / 3)
    assert (after["name"], after["without_place"], after["wait_days_mean"], after["in_window"]) == ("1 coil more", 0, 0, 1)
    assert told["answers"] == ["1 coil more: 1 course more finds a place and patients wait 0.0 instead of 2.3 days for the first session."]


def test_use_is_what_is_booked_of_the_open_time(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, clinic, "--add", "device:coil")

    before, after = told["scenarios"]
    days, per_day = 4 * 3 + 1, 120
    assert (told["used_from"], told["used_until"]) == ("2026-11-30", "2026-12-28")
    assert before["used"] == pytest.approx({"coil": (6 * 60 + 120) / (days * per_day), "operator": 6 * 60 / (days * per_day * 2)})
    assert after["used"] == pytest.approx({"coil": (8 * 60 + 120) / (days * per_day * 2), "operator": 8 * 60 / (days * per_day * 2)})


def test_what_makes_no_difference_is_said_to_make_none(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, clinic, "--add", "staff:operator=3")

    assert told["answers"] == ["3 operator more: next to nothing changes; what is in use most today is coil, 31 % of its time."]


@pytest.mark.parametrize(
    ("change", "without_place"),
    [
        (["--remove", "coil-1"], 4),
        (["--hours", "clinic=mon-wed:08:00-12:00"], 0),
        (["--hours", "coil-1=mon:08:00-09:00,tue:09:00-10:00"], 1),
        (["--close", "2026-12-01"], 1),
        (["--close", "2026-12-01", "--close", "2026-11-30", "--add", "device:coil=5"], 1),
    ],
    ids=["no coil", "longer days", "shorter days", "a closed day", "a closed week"],
)
def test_every_change_is_planned_with(clinic: Path, change: list[str], without_place: int, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, clinic, *change)

    assert told["scenarios"][1]["without_place"] == without_place
    assert told["scenarios"][0]["without_place"] == 1


def test_a_protocol_of_one_visit_places_everybody(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = clinic.with_name("one-visit.yaml")
    other.write_text(ONE_VISIT)

    told = tried(capsys, clinic, "--protocol", other)

    assert (told["scenarios"][1]["name"], told["scenarios"][1]["without_place"]) == ("series as in one-visit.yaml", 0)


def test_scenarios_stand_side_by_side_and_the_best_is_named(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two, long = "two coils: add device:coil=1; add staff:operator=1", "long days: hours clinic=mon-wed:08:00-11:00"

    assert chairtime("whatif", clinic, "--remove", "coil-1", "--scenario", two, "--scenario", long) == 0

    told = capsys.readouterr()
    assert "as it is" in told.out
    assert [line.partition(":")[0] for line in told.out.splitlines()[-4:-1]] == ["without coil-1", "two coils", "long days"]
    assert told.out.splitlines()[-1] == "The clinic does best with this: two coils."
    assert told.err == "without coil-1: 1 booking of today on what is not there any more are left out.\n"


def test_waits_are_drawn(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = clinic.with_name("coil.svg")

    tried(capsys, clinic, "--add", "device:coil=1", "--plot", picture)

    words = " ".join(ElementTree.parse(picture).getroot().itertext())  # noqa: S314  our own text
    assert "What if: waiting at Riverside" in words
    assert "1 coil more: wait for the first session, mean 0" in words


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--add: nothing is to be tried; name a change by --add, --remove, --hours, --close, --protocol or --scenario"),
        (["--add", "coil"], "--add: 'coil' says not what to add; write it as device:tms-device=1"),
        (["--add", "machine:coil=1"], "--add: 'machine' is no kind of resource; use chair, device, room, staff"),
        (["--add", "device:coli=1"], "--add: there is no capability 'coli' here; did you mean coil?"),
        (["--add", "device:coil=0"], "--add: 0 more cannot be added; use 1 to 1000"),
        (["--remove", "coil-2"], "--remove: there is no resource 'coil-2' here; did you mean coil-1?"),
        (["--remove", "coil-1", "--remove", "coil-1"], "--remove: there is no resource 'coil-1' here; use operator-1"),
        (["--hours", "coil-1"], "--hours: '' is no stretch of a week; write it as coil-1=mon-thu:07:00-19:00,fri:08:00-12:00"),
        (["--hours", "coil-1=fri-mon:08:00-10:00"], "--hours: fri-mon runs backwards through the week; a week begins on Monday"),
        (["--hours", "coil-1=mon:10:00-08:00"], "--hours: hours.mon: 10:00 to 08:00 is no stretch of a day: it must open before it closes"),
        (["--close", "Christmas"], "--close: 'Christmas' is no date; write it as 2026-12-24"),
        (
            ["--scenario", "add device:coil=1"],
            "--scenario: 'coil=1' is no change; write it as \"two coils: add device:tms-device=2; remove tms-1\", with "
            "add, remove, hours, close, protocol",
        ),
        (
            ["--scenario", "a: close 2026-12-01", "--scenario", "a: add device:coil"],
            "--scenario: two scenarios have one name; give each its own",
        ),
    ],
)
def test_what_cannot_be_read_names_the_option_and_the_way_out(
    clinic: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chairtime("whatif", clinic, *arguments) == 2

    told = capsys.readouterr()
    assert (told.out, told.err.strip()) == ("", sentence)


def test_a_protocol_that_no_course_follows_is_refused(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = clinic.with_name("other.yaml")
    other.write_text(ONE_VISIT.replace("id: series", "id: other"))

    assert chairtime("whatif", clinic, "--protocol", other) == 2

    assert "--protocol: no course follows 'other'; give the file the id of a protocol that one does: series" in capsys.readouterr().err


def test_two_runs_tell_the_same(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tried(capsys, clinic, "--add", "device:coil=1")

    assert tried(capsys, clinic, "--add", "device:coil=1") == first


def test_planned_together_the_course_with_a_deadline_has_a_place_already(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, clinic, "--add", "device:coil=1", "--seconds", "20")

    before, after = told["scenarios"]
    assert (before["without_place"], after["without_place"]) == (0, 0)
    assert (before["objective"] > 0, after["objective"]) == (True, 0)
