"""`plan`, `replan` and `schema`: files in, files out, every fault at its line, and nothing written where one is found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.clinic_files import format_tool
from tests.scheduler.command import chairtime

CLINIC = """\
clinic: {name: Riverside, timezone: America/New_York, hours: {mon: [["08:00", "17:00"]], tue: [["08:00", "17:00"]]}}
resources:
  - {id: chair-1, kind: chair, capabilities: [infusion-chair]}
protocols:
  - id: series
    phases: [{name: series, sessions: 4, per_week: 2}]
    session_templates:
      infusion:
        steps: [{name: infusion, minutes: 40}]
        requirements: [{capability: infusion-chair}]
    session_rules: [{template: infusion}]
patients: [{id: p-1}, {id: p-2}]
courses:
  - {id: c-1, patient: p-1, protocol: series, start_on_or_after: 2026-12-01}
  - {id: c-2, patient: p-2, protocol: series, start_on_or_after: 2026-12-01}
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    file = tmp_path / "clinic.yaml"
    file.write_text(CLINIC)
    return file


def test_plan_is_written_where_it_was_asked_for(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("plan", clinic, "-o", clinic.with_name("plan.yaml")) == 0

    plan = yaml.safe_load(clinic.with_name("plan.yaml").read_text())
    assert [(course["id"], course["status"], len(course["sessions"])) for course in plan["courses"]] == [
        ("c-1", "planned", 4),
        ("c-2", "planned", 4),
    ]
    assert capsys.readouterr() == ("", "2 courses planned (8 sessions); objective 0.\n")
    assert {file.name for file in clinic.parent.iterdir()} == {"clinic.yaml", "plan.yaml"}


def test_what_is_proven_of_a_course_without_a_place_is_written_and_the_formats_own_checker_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One place on each of two days a week: the second course finds it taken, and the third has too few dates anyhow."""
    document = yaml.safe_load(CLINIC)
    document["clinic"]["hours"] = {"mon": [["08:00", "08:40"]], "tue": [["08:00", "08:40"]]}
    document["patients"].append({"id": "p-3"})
    document["courses"].append({"id": "c-3", "patient": "p-3", "protocol": "series", "start_on_or_after": "2026-12-01"})
    for course, end in zip(document["courses"], ("2026-12-14", "2026-12-14", "2026-12-08"), strict=True):
        course["finish_on_or_before"] = end
    (tmp_path / "clinic.yaml").write_text(yaml.safe_dump(document))

    chairtime("plan", tmp_path / "clinic.yaml", "-o", tmp_path / "plan.yaml")

    courses = yaml.safe_load((tmp_path / "plan.yaml").read_text())["courses"]
    assert [course.get("reason", {}).get("proof") for course in courses] == [None, "beside_others", "alone"]
    checker = format_tool("check_plan.py")
    verdict = subprocess.run(
        [sys.executable, checker, tmp_path / "clinic.yaml", tmp_path / "plan.yaml"], capture_output=True, text=True, check=False
    )
    assert json.loads(verdict.stdout.splitlines()[-1])["broken"] == 0, verdict.stdout
    capsys.readouterr()


def test_plan_goes_to_the_terminal_without_an_output(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chairtime("plan", clinic)

    assert len(yaml.safe_load(capsys.readouterr().out)["courses"]) == 2


@pytest.mark.parametrize("arguments", [["--json"], ["-o", "plan.json"]], ids=["asked for", "by the name"])
def test_plan_is_json(clinic: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clinic.parent)

    chairtime("plan", clinic, *arguments)

    written = clinic.with_name("plan.json").read_text() if "-o" in arguments else capsys.readouterr().out
    assert len(json.loads(written)["courses"]) == 2


def test_course_without_a_place_is_told_and_the_others_are_planned(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.write_text(CLINIC.replace("{id: c-2,", "{id: c-2, finish_on_or_before: 2026-12-02,"))

    assert chairtime("plan", clinic, "-o", clinic.with_name("plan.yaml")) == 0
    assert chairtime("plan", clinic, "--strict", "-o", clinic.with_name("strict.yaml")) == 1

    said = capsys.readouterr().err
    assert "c-2 cannot be placed: session " in said
    assert "1 course planned (4 sessions), 1 without a place" in said
    assert clinic.with_name("strict.yaml").read_text() == clinic.with_name("plan.yaml").read_text()


FAULTS = {
    "an unknown capability": (
        "capability: infusion-chair",
        "capability: infusoin-chair",
        10,
        "protocols[0].session_templates.infusion.requirements[0].capability",
    ),
    "a protocol that can never be placed": ("minutes: 40", "minutes: 600", 14, "courses[0].protocol"),
    "a course of a protocol that is not there": (
        "c-2, patient: p-2, protocol: series",
        "c-2, patient: p-2, protocol: serie",
        15,
        "courses[1].protocol",
    ),
    "a wrong time zone": ("America/New_York", "America/New_Yrok", 1, "clinic.timezone"),
    "a date that is none": (
        "p-1, protocol: series, start_on_or_after: 2026-12-01",
        "p-1, protocol: series, start_on_or_after: 2026-13-01",
        14,
        "courses[0].start_on_or_after",
    ),
    "a cycle of nonsense": ("patients: [{id: p-1}, {id: p-2}]", "patients: &around [*around]", 12, "patients[0]"),
    "a tab": ("    phases:", "\tphases:", 6, ""),
    "a wrong type": ("per_week: 2", "per_week: twice", 6, "protocols[0].phases[0].per_week"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told_at_its_line_and_nothing_is_written(name: str, clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong, line, field = FAULTS[name]
    assert right in CLINIC
    clinic.write_text(CLINIC.replace(right, wrong, 1))
    output = clinic.with_name("plan.yaml")
    output.write_text("the plan of yesterday")

    assert chairtime("plan", clinic, "-o", output) == 2

    out, said = capsys.readouterr()
    assert any(told.startswith(f"{clinic}:{line}:") and (field and f": {field}: ") in told for told in said.splitlines()), said
    assert (out, output.read_text()) == ("", "the plan of yesterday")


def test_protocol_that_can_never_be_placed_is_told_with_the_first_impossible_session(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.write_text(CLINIC.replace("minutes: 40", "minutes: 600"))

    assert chairtime("plan", clinic) == 2
    assert chairtime("plan", clinic, "--anyway", "-o", clinic.with_name("plan.json")) == 0

    assert (
        "a course of series can never be placed here: session 1 has no place, no infusion-chair from 2026-12-01" in capsys.readouterr().err
    )
    assert json.loads(clinic.with_name("plan.json").read_text())["courses"][0]["reason"]["session"] == 1


def test_ten_megabytes_of_nonsense_are_refused_quickly(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.write_text("clinic: [" + "[nonsense, more], " * 600_000 + "]")

    assert chairtime("plan", clinic) == 2
    assert len(capsys.readouterr().err) < 20_000


def test_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("plan", tmp_path / "nowhere.yaml") == 2
    assert capsys.readouterr().err == f"{tmp_path}/nowhere.yaml: the file cannot be read: No such file or directory\n"


def test_output_that_cannot_be_written_is_told(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("plan", clinic, "-o", clinic.parent / "nowhere" / "plan.yaml") == 1
    assert capsys.readouterr().err.endswith(f"{clinic.parent}/nowhere/plan.yaml: No such file or directory\n")


def test_output_keeps_its_mode_and_a_link_stays_a_link(clinic: Path) -> None:
    real, link = clinic.with_name("real.yaml"), clinic.with_name("link.yaml")
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)

    chairtime("plan", clinic, "-o", link)

    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert yaml.safe_load(real.read_text())["objective"] == 0


def test_output_may_be_a_device(clinic: Path) -> None:
    assert chairtime("plan", clinic, "-o", "/dev/null") == 0
    assert not Path("/dev/null").is_file()


DISRUPTIONS = "now: 2026-12-01T18:00\ndisruptions: [{kind: closure, date: 2026-12-07}]\n"


def test_replan_moves_what_was_hit_and_keeps_history(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, happened = (clinic.with_name(name) for name in ("plan.json", "after.json", "disruptions.yaml"))
    happened.write_text(DISRUPTIONS)
    chairtime("plan", clinic, "-o", before)

    assert chairtime("replan", clinic, before, happened, "-o", after) == 0

    old, new = (json.loads(file.read_text())["courses"][0]["sessions"] for file in (before, after))
    assert new[0] == old[0]
    assert old[1]["start"].startswith("2026-12-07")
    assert all(not session["start"].startswith("2026-12-07") for session in new)
    assert " moved; objective" in capsys.readouterr().err


def test_replan_writes_what_is_proven_of_a_course_that_it_loses(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load(CLINIC)
    document["courses"][0]["finish_on_or_before"] = "2026-12-15"
    clinic.write_text(yaml.safe_dump(document))
    before, happened, after = (clinic.with_name(name) for name in ("before.yaml", "happened.yaml", "after.yaml"))
    chairtime("plan", clinic, "-o", before)
    happened.write_text(
        "now: 2026-11-30T08:00\ndisruptions: [{kind: patient_unavailable, patient: p-1, start: 2026-12-01T00:00, end: 2026-12-16T00:00}]"
    )

    for seconds in (0, 5):
        chairtime("replan", clinic, before, happened, "-o", after, "--seconds", str(seconds))

        lost, kept = yaml.safe_load(after.read_text())["courses"]
        assert (lost["status"], kept["status"]) == ("unplaceable", "planned")
        assert lost["reason"].get("proof") == ("alone" if seconds else None)
    capsys.readouterr()


def test_replan_leaves_out_what_was_never_planned_and_says_so(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, happened = clinic.with_name("plan.json"), clinic.with_name("disruptions.yaml")
    happened.write_text(DISRUPTIONS)
    chairtime("plan", clinic, "-o", before)
    whole = json.loads(before.read_text())
    before.write_text(json.dumps(whole | {"courses": whole["courses"][:1]}))
    capsys.readouterr()

    assert chairtime("replan", clinic, before, happened) == 0

    out, said = capsys.readouterr()
    assert [course["id"] for course in yaml.safe_load(out)["courses"]] == ["c-1"]
    assert f"c-2 is not in {before} and is left out" in said


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (
            "now: 2026-12-01T18:00\ndisruptions:\n  - {kind: resource_down, resource: chair-9, date: 2026-12-07}\n",
            3,
            "disruptions[0].resource",
        ),
        ("now: 2026-03-08T02:30\n", 1, "now"),
        ("now: 2026-12-01T18:00\ndisruptions: [{kind: missed, course: c-1, session: 5}]\n", 2, "disruptions[0].session"),
    ],
    ids=["an unknown resource", "a time that does not exist", "a session that the course has not"],
)
def test_faulty_disruptions_are_told_at_their_line(
    text: str, line: int, field: str, clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, happened = clinic.with_name("plan.json"), clinic.with_name("disruptions.yaml")
    happened.write_text(text)
    chairtime("plan", clinic, "-o", before)
    capsys.readouterr()

    assert chairtime("replan", clinic, before, happened, "-o", clinic.with_name("after.yaml")) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"{happened}:{line}:")
    assert f": {field}: " in said
    assert not clinic.with_name("after.yaml").exists()


def test_plan_before_with_a_start_off_the_grid_is_told_at_its_line(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, happened = clinic.with_name("plan.yaml"), clinic.with_name("disruptions.yaml")
    happened.write_text(DISRUPTIONS)
    chairtime("plan", clinic, "-o", before)
    before.write_text(before.read_text().replace("2026-12-08T08:00", "2026-12-08T08:02", 1))
    capsys.readouterr()

    assert chairtime("replan", clinic, before, happened) == 2

    line = next(n for n, text in enumerate(before.read_text().splitlines(), 1) if "08:02" in text)
    assert capsys.readouterr().err.startswith(f"{before}:{line}:")


def test_command_as_a_program_says_nothing_more_than_it_must(clinic: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "scheduler", "plan", clinic, "--json"], capture_output=True, text=True, check=True)

    assert len(json.loads(done.stdout)["courses"]) == 2
    assert done.stderr == "2 courses planned (8 sessions); objective 0.\n"


def test_planning_touches_no_database() -> None:
    """The module that plans files never even loads what could."""
    asked = "import scheduler.planning_files, sys; print(sorted({'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_reader_that_goes_away_leaves_no_trace(clinic: Path) -> None:
    started = subprocess.Popen([sys.executable, "-m", "scheduler", "plan", clinic], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert started.stdout is not None
    started.stdout.close()

    _, said = started.communicate()

    assert b"Traceback" not in said


def test_schema_describes_the_clinic_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("schema") == 0
    assert set(json.loads(capsys.readouterr().out)["properties"]) >= {"clinic", "resources", "protocols", "patients", "courses", "bookings"}


@pytest.mark.parametrize("command", ["plan", "replan", "schema"])
def test_help_gives_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime(command, "--help") == 0
    assert f"Example: chairtime {command}" in capsys.readouterr().out
