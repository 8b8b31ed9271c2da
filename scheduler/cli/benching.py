"""The command that measures: bench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rooms.errors import Faulty
from scheduler.benchmarks.made_clinics import SIZES
from scheduler.benchmarks.plots import plots
from scheduler.benchmarks.running import PARTS, Asked, Report, run
from scheduler.benchmarks.tables import markdown, measured_on, tables
from scheduler.cli.terminal import say, write_text

BENCH_EXAMPLE = "Example: chairtime bench --quick --json figures.json --plot pictures"
WHOLE = Asked()
INTERRUPTED = 130


def bench(
    families: Annotated[str, typer.Option(metavar="S,M,...", help="Sizes of the made clinics.")] = ",".join(WHOLE.sizes),
    loads: Annotated[str, typer.Option(metavar="0.5,...", help="How full they are before.")] = ",".join(map(str, WHOLE.loads)),
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Clinics of each size and load.")] = WHOLE.seeds,
    courses: Annotated[int, typer.Option(min=1, metavar="N", help="Courses wanted of each.")] = WHOLE.courses,
    seconds: Annotated[
        float, typer.Option(min=1, metavar="S", help="What CP-SAT has for a course, and planning together for a clinic.")
    ] = WHOLE.seconds,
    solver_courses: Annotated[
        int, typer.Option(min=0, metavar="N", help="Courses of each size and load that CP-SAT is given; 0 leaves it out.")
    ] = WHOLE.solver_courses,
    only: Annotated[str, typer.Option(metavar="PART,...", help=f"Only these parts: {', '.join(PARTS)}.")] = ",".join(PARTS),
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="A first impression in two minutes: S and M at 0.8, ten courses, whatever else is asked but --only.",
        ),
    ] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as Markdown.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write all figures here, as they come.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="DIR", help="Also draw them, as SVG.")] = None,
) -> None:
    """Measure planning on made clinics, beside CP-SAT, first fit and a naive scan. No database is needed.

    Every plan is judged first by code that the planner has no part in; a broken one ends the command, and no figure is printed. The
    whole takes some hours; Ctrl-C ends it with the figures until then.
    """
    sizes = _chosen("--families", families, tuple(SIZES))
    asked = Asked(sizes, _loads(loads), seeds, courses, seconds, solver_courses, _chosen("--only", only, PARTS))
    report = run(asked.quickly() if quick else asked, say, lambda found: _write_json(found, json_file))
    _print(report, as_markdown=as_markdown)
    _draw(report, plot)
    if not report.complete:
        raise typer.Exit(INTERRUPTED)


def _chosen(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    strange = [name for name in names if name not in known]
    if strange:
        raise Faulty(option, f"{strange[0]!r} is none of {', '.join(known)}")
    return names


def _loads(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(load) for load in text.split(","))
    except ValueError:
        raise Faulty("--loads", f"{text!r} is no list of numbers such as 0.5,0.8") from None
    if not all(0 <= load <= 1 for load in found):
        raise Faulty("--loads", f"a load is a share between 0 and 1, not {text}")
    return found


def _print(report: Report, *, as_markdown: bool) -> None:
    if as_markdown:
        typer.echo(markdown(report))
        return
    console = Console(width=None if Console().is_terminal else 220)
    for table in tables(report):
        console.print(table.rich())
    console.print(measured_on(report), highlight=False)


def _write_json(report: Report, file: Path | None) -> None:
    if file is not None:
        write_text(json.dumps(report.data(), indent=1) + "\n", file)


def _draw(report: Report, folder: Path | None) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in plots(report).items():
        write_text(picture, folder / name)
        say(f"Drawn: {folder / name}")
