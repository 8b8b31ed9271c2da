"""The figures of a benchmark as pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scheduler.benchmarks.growth import power
from scheduler.benchmarks.one_course import WayFigures
from scheduler.benchmarks.running import Report
from scheduler.charts import Bars, Series, bar_chart, line_chart


def plots(report: Report) -> dict[str, str]:
    """SVG by file name, of what was measured."""
    return {f"{name}.svg": picture for name, picture in (*_by_way(report), *_growth(report))}


def _by_way(report: Report) -> Iterator[tuple[str, str]]:
    if not report.one_course:
        return
    shown: dict[str, tuple[str, str, Callable[[WayFigures], float | None]]] = {
        "cost": ("Cost of a course beside the best", "more than ours, %", lambda way: _times_100(way.beside_ours)),
        "window": ("Sessions inside the wished window", "%", lambda way: 100 * way.quality.in_window),
        "starts": ("Different start times in one course", "starts, mean", lambda way: way.quality.distinct_starts),
    }
    groups = [each.family for each in report.one_course]
    ways = range(len(report.one_course[0].ways))
    for name, (title, label, figure) in shown.items():
        of_way = [[each.ways[number] for each in report.one_course] for number in ways]
        bars = [Bars(row[0].way, [_rounded(figure(way)) for way in row]) for row in of_way]
        yield name, bar_chart(title, label, groups, bars)


def _times_100(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _growth(report: Report) -> Iterator[tuple[str, str]]:
    series = []
    for days in report.asked.horizons:
        points = [(float(each.resources), each.cpu_median_ms) for each in report.growth if each.days == days and each.cpu_median_ms > 0]
        if points:
            told = f", growing with the power {power(points):.2f}" if len(points) > 1 else ""
            series.append(Series(f"{days} days filled{told}", points))
    if series:
        first = series[0].points
        even = [(x, first[0][1] * x / first[0][0]) for x, _ in first]
        series.append(Series("in proportion to the resources", even))
        yield "growth", line_chart("Planning one 36-session course", "resources of the clinic", "cpu ms, median", series, log=True)
