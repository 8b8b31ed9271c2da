"""The figures of a benchmark as tables for people: on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from scheduler.benchmarks.measuring import Times
from scheduler.benchmarks.quality import Quality
from scheduler.benchmarks.repairs import RepairFigures
from scheduler.benchmarks.running import Report

NOTHING = "–"


@dataclass(frozen=True)
class Table:
    """Rows of texts under their headings; the first `names` columns are words, the others figures."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1

    def markdown(self) -> str:
        """As GitHub and its kin read it."""
        rule = ["---" if index < self.names else "---:" for index in range(len(self.headings))]
        lines = ["| " + " | ".join(cells) + " |" for cells in (self.headings, rule, *self.rows)]
        return "\n".join([f"### {self.title}", "", *lines, ""])

    def rich(self) -> RichTable:
        """For a terminal."""
        table = RichTable(title=self.title, title_justify="left", title_style="bold")
        for index, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if index < self.names else "right", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table


QUALITY = ("alike", "in window", "at home time", "SD, min", "starts", "changes", "delay, days")


def _quality(of: Quality) -> list[str]:
    figures = (of.sd_minutes, of.distinct_starts, of.changes, of.delay_days)
    return [str(of.alike), _percent(of.in_window), _percent(of.at_home), *(f"{each:.1f}" for each in figures)]


def _percent(share: float | None, *, sign: bool = False) -> str:
    return NOTHING if share is None else f"{100 * share:{'+' if sign else ''}.1f} %"


def _ms(times: Times | None) -> list[str]:
    return [NOTHING, NOTHING] if times is None else [_short(times.cpu_median), _short(times.cpu_p95)]


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _proof(of: RepairFigures) -> str:
    return "yes" if of.fewest_proven else NOTHING if of.at_least is None else f"at least {of.at_least}"


def tables(report: Report) -> list[Table]:
    """One for each part that was measured."""
    found = (_one_course(report), _solver(report), _together(report), _repairs(report), _days(report), _growth(report))
    return [table for table in found if table.rows]


def _one_course(report: Report) -> Table:
    headings = ["clinic", "planned by", "placed", "beside ours", "cpu ms", "p95", "36 sessions: ms", "p95", *QUALITY, "cost"]
    rows = [
        [
            each.family,
            way.way,
            f"{way.quality.placed}/{way.quality.courses}",
            _percent(way.beside_ours, sign=True),
            *_ms(way.times),
            *_ms(way.longest),
            *_quality(way.quality),
            f"{way.quality.cost:.0f}",
        ]
        for each in report.one_course
        for way in each.ways
    ]
    return Table("One course at a time, against the bookings that are there", headings, rows, names=2)


def _solver(report: Report) -> Table:
    seconds = f"{report.asked.seconds:g} s"
    headings = ["clinic", "courses", "proven", "same cost", "ours better", "solver better", "cost beside ours", "bound below ours"]
    headings += ["as good as ours after", "times our cpu", "MB without", "MB with"]
    rows = [
        [
            each.family,
            str(of.courses),
            str(of.proven),
            str(of.same_cost),
            str(of.ours_better),
            str(of.solver_better),
            _percent(of.gap, sign=True),
            _percent(of.bound_gap),
            f"{of.seconds_to_same:.1f} s" if of.reached * 2 > of.courses else f"> {seconds}",
            f"{'' if of.reached * 2 > of.courses else '> '}{of.times_slower:,.0f}",
            f"{each.memory_mb:.0f}",
            f"{each.memory_with_solver_mb:.0f}",
        ]
        for each in report.one_course
        if (of := each.solver) is not None
    ]
    return Table(f"The same courses given to CP-SAT for {seconds} each", headings, rows)


def _together(report: Report) -> Table:
    headings = [
        "clinic",
        "planned by",
        "placed",
        "objective",
        "gap to bound",
        *QUALITY,
        "re-seated",
        "full before",
        "and then",
        "cpu s",
        "wall s",
        "MB",
    ]
    rows = []
    for each in report.together:
        bound = max((way.bound for way in each.ways if way.bound is not None), default=None)
        for way in each.ways:
            comparable = way.quality.placed == way.quality.courses and not way.reseated
            gap = way.objective / bound - 1 if bound and comparable else None
            full = [_percent(way.full_before), _percent(way.full)]
            figures = [str(way.reseated), *full, f"{way.cpu_seconds:.1f}", f"{way.wall_seconds:.1f}", f"{way.memory_mb:.0f}"]
            placed = f"{way.quality.placed}/{way.quality.courses}"
            rows.append([each.family, way.way, placed, f"{way.objective:,.0f}", _percent(gap), *_quality(way.quality), *figures])
    return Table("Many courses into one clinic", headings, rows, names=2)


def _repairs(report: Report) -> Table:
    headings = ["clinic", "mishap", "struck", "first answer, cpu ms", "moved", "reassigned", "lost"]
    headings += ["polished: moved", "reassigned", "lost", "seconds", "fewest proven"]
    rows = [
        [
            each.clinic,
            each.mishap,
            str(each.struck),
            f"{each.first_cpu_ms:.1f}",
            *(str(number) for number in (each.first_moved, each.first_reassigned, each.first_lost)),
            *(str(number) for number in (each.moved, each.reassigned, each.lost)),
            f"{each.polished_seconds:.1f}",
            _proof(each),
        ]
        for each in report.repairs
    ]
    return Table("After a mishap, thirty courses running", headings, rows, names=2)


def _days(report: Report) -> Table:
    headings = [
        "day",
        "at most",
        "free choice",
        "of the most",
        "from asked, min",
        "with a template",
        "of the most",
        "from asked, min",
        "found in, s",
    ]
    rows = [
        [
            each.day,
            str(each.at_most),
            f"{each.free:.1f}",
            _percent(each.free / each.at_most),
            f"{each.free_minutes_from_asked:.0f}",
            f"{each.with_template:.1f}",
            _percent(each.with_template / each.at_most),
            f"{each.template_minutes_from_asked:.0f}",
            f"{each.template_found_in_seconds:.2f}",
        ]
        for each in report.days
    ]
    return Table("A day filled by patients who ask one after another", headings, rows)


def _growth(report: Report) -> Table:
    headings = ["size", "resources", "days filled", "bookings", "courses", "cpu ms", "p95", "reading free time, ms"]
    rows = [
        [
            each.size,
            str(each.resources),
            str(each.days),
            f"{each.bookings:,}",
            str(each.courses),
            _short(each.cpu_median_ms),
            _short(each.cpu_p95_ms),
            _short(each.calendar_cpu_ms),
        ]
        for each in report.growth
    ]
    return Table("One 36-session course as the clinic grows, load 0.8", headings, rows)


def measured_on(report: Report) -> str:
    """The machine, the versions and the clinics, in a sentence each."""
    on = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in report.machine.items())
    asked = report.asked
    sizes, loads = " ".join(asked.sizes), " ".join(f"{load:g}" for load in asked.loads)
    return f"Machine: {on}. Clinics: {sizes} at load {loads}, seeds 1 to {asked.seeds}, {asked.courses} courses each."


def markdown(report: Report) -> str:
    """All tables, and what they were measured on."""
    return "\n".join(_paragraphs(report))


def _paragraphs(report: Report) -> Iterator[str]:
    yield measured_on(report) + "\n"
    yield from (table.markdown() for table in tables(report))
