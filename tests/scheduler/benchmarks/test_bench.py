"""`chairtime bench`: a small run from the command to the tables, the JSON and the pictures, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.benchmarks.families import Family
from scheduler.benchmarks.full_day import full_days
from scheduler.benchmarks.growth import growth
from scheduler.benchmarks.one_course import FIRST_FIT, NAIVE_SCAN, SolverTime, one_course
from scheduler.benchmarks.plots import plots
from scheduler.benchmarks.running import Asked, Report, run
from scheduler.benchmarks.together import ONE_BY_ONE, RESEATING, TOGETHER, together
from tests.scheduler.command import chairtime


def test_a_small_run_is_told_as_tables_json_and_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = [
        "--families",
        "S",
        "--loads",
        "0.5",
        "--courses",
        "3",
        "--seconds",
        "1",
        "--solver-courses",
        "0",
        "--only",
        "courses",
    ]
    assert chairtime("bench", *small, "--markdown", "--json", tmp_path / "figures.json", "--plot", tmp_path / "pictures") == 0

    out, _ = capsys.readouterr()
    assert "### One course at a time, against the bookings that are there" in out
    assert "| S 0.5 | Chairtime | 3/3 | +0.0 % |" in out
    assert "Machine: cpu " in out
    figures = json.loads((tmp_path / "figures.json").read_text())
    ways = {way["way"]: way for way in figures["one_course"][0]["ways"]}
    assert ways.keys() == {"Chairtime", "first fit", "naive scan"}
    assert ways["first fit"]["beside_ours"] > 0
    assert ways["naive scan"]["beside_ours"] > 0
    assert {file.name for file in (tmp_path / "pictures").iterdir()} == {"cost.svg", "window.svg", "starts.svg"}


def unheard(_line: str) -> None:
    pass


def test_a_day_is_filled_with_and_without_a_template() -> None:
    (found,) = full_days(["S"], 2, unheard)
    assert (found.day, found.at_most) == ("S, an esketamine day", 9)
    assert found.free < found.with_template <= 9


def test_growth_is_drawn_over_the_resources_of_the_clinics() -> None:
    small = growth("S", 30, unheard)
    assert (small.resources, small.days, small.courses) == (11, 30, 12)
    assert small.cpu_p95_ms >= small.cpu_median_ms > 0
    large = replace(small, size="M", resources=44, cpu_median_ms=2 * small.cpu_median_ms)
    drawn = plots(Report({}, Asked(horizons=(30,)), growth=[small, large]))
    assert "growing with the power 0.50" in drawn["growth.svg"]


def test_the_report_is_told_after_each_part() -> None:
    seen: list[int] = []
    report = run(Asked(("S",), parts=("day",), day_seeds=1), unheard, lambda report: seen.append(len(report.days)))
    assert seen == [1, 1]
    assert report.complete
    assert [each.day for each in report.days] == ["S, an esketamine day"]


def test_an_interruption_ends_with_what_was_measured_until_then() -> None:
    def interrupt(_report: Report) -> None:
        raise KeyboardInterrupt

    report = run(Asked(("S",), parts=("day", "growth"), day_seeds=1), unheard, interrupt)
    assert (len(report.days), report.growth, report.complete) == (1, [], False)


def test_courses_are_planned_together_and_by_every_other_way() -> None:
    found = together(Family("S", 0.5, 1, 2), 1, unheard)
    ways = {way.way: way for way in found.ways}
    assert ways.keys() == {TOGETHER, ONE_BY_ONE, RESEATING, FIRST_FIT, NAIVE_SCAN}
    assert ways[TOGETHER].objective <= ways[ONE_BY_ONE].objective
    assert ways[ONE_BY_ONE].quality.cost < ways[FIRST_FIT].quality.cost
    assert ways[RESEATING].objective <= ways[ONE_BY_ONE].objective
    assert all(way.full > way.full_before > 0 for way in found.ways)


@pytest.mark.soak
def test_the_solver_is_asked_and_never_better_than_ours() -> None:
    said: list[str] = []
    found = one_course(Family("S", 0.5, 1, 2), SolverTime(2, 3), said.append)
    assert found.solver is not None
    assert (found.solver.courses, found.solver.solver_better) == (2, 0)
    assert found.solver.same_cost + found.solver.ours_better == 2
    assert any("CP-SAT: course 2 of 2" in line for line in said)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--families", "S,Q"], "--families: 'Q' is none of S, M, L, XL"),
        (["--loads", "half"], "--loads: 'half' is no list of numbers such as 0.5,0.8"),
        (["--loads", "80"], "--loads: a load is a share between 0 and 1, not 80"),
        (["--only", "course"], "--only: 'course' is none of courses, together, repair, day, growth"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("bench", *arguments) == 2
    assert told in capsys.readouterr().err
