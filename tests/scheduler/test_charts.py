"""Charts: every figure stands where the axis says, and everything is told to those who cannot see it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest

from scheduler.charts import HEIGHT, WIDTH, Bars, Scale, Series, bar_chart, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(text: str) -> Xml.Element:
    return Xml.fromstring(text)  # noqa: S314  our own text


def texts(chart: Xml.Element) -> list[str]:
    return [each.text or "" for each in chart.iter(f"{SVG}text")]


def said(chart: Xml.Element, tag: str) -> str:
    found = chart.find(f"{SVG}{tag}")
    assert found is not None
    return found.text or ""


def points(chart: Xml.Element, line: int) -> list[tuple[float, float]]:
    lines = [each for each in chart.iter(f"{SVG}polyline") if len(each.attrib["points"].split()) != 3]
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", lines[line].attrib["points"])]


def test_a_line_has_each_point_at_its_place() -> None:
    chart = drawn(line_chart("Time", "resources", "ms", [Series("ours", [(0, 0), (50, 10), (75, 5), (100, 20)])]))
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points(chart, 0)
    assert x1 - x0 == pytest.approx((x3 - x0) / 2, abs=0.2)
    assert x2 - x0 == pytest.approx((x3 - x0) * 0.75, abs=0.2)
    assert y0 - y1 == pytest.approx((y0 - y3) / 2, abs=0.2)
    assert y0 - y2 == pytest.approx((y0 - y3) / 4, abs=0.2)
    assert "100" in texts(chart)
    assert "20" in texts(chart)


def test_growth_in_proportion_is_a_straight_line_on_a_logarithmic_chart() -> None:
    chart = drawn(line_chart("Time", "resources", "ms", [Series("ours", [(10, 3), (20, 6), (40, 12), (80, 24)])], log=True))
    steps = [(b[0] - a[0], a[1] - b[1]) for a, b in zip(points(chart, 0), points(chart, 0)[1:], strict=False)]
    assert all(step == pytest.approx(steps[0], abs=0.2) for step in steps)


def test_a_logarithmic_chart_refuses_zero() -> None:
    with pytest.raises(ValueError, match="no place for 0"):
        line_chart("Time", "n", "ms", [Series("ours", [(1, 0), (2, 3)])], log=True)


def test_bars_are_as_tall_as_their_figures_and_hang_where_they_are_below_zero() -> None:
    chart = drawn(bar_chart("Cost", "points", ["S", "M"], [Bars("ours", [10, -5]), Bars("first fit", [20, None])]))
    bars = [
        each for each in chart.iter(f"{SVG}rect") if each.attrib.get("class", "").startswith("chart-fill") and each.attrib["width"] != "14"
    ]
    tall, hanging, twice = (bars[0], bars[2], bars[1])
    assert len(bars) == 3
    assert float(twice.attrib["height"]) == pytest.approx(2 * float(tall.attrib["height"]), abs=0.2)
    assert float(hanging.attrib["height"]) == pytest.approx(float(tall.attrib["height"]) / 2, abs=0.2)
    assert float(hanging.attrib["y"]) == pytest.approx(float(tall.attrib["y"]) + float(tall.attrib["height"]), abs=0.2)


def test_a_reader_hears_the_title_and_every_figure() -> None:
    chart = drawn(bar_chart("Cost <of> a course", "points", ["S", "M"], [Bars("ours & co", [10, None]), Bars("first fit", [1234.5, 0.25])]))
    assert chart.attrib["role"] == "img"
    assert said(chart, "title") == "Cost <of> a course"
    assert said(chart, "desc") == "points. ours & co: S 10, M without a figure. first fit: S 1,234, M 0.25."


def test_lines_and_their_legend_differ_by_more_than_color() -> None:
    chart = drawn(line_chart("Time", "n", "ms", [Series(name, [(1, 1), (2, 2)]) for name in ("ours", "solver", "scan")]))
    assert {"ours", "solver", "scan"} <= set(texts(chart))
    dashes = [each.attrib.get("stroke-dasharray") for each in chart.iter(f"{SVG}polyline")]
    assert len(set(dashes)) == 3


@pytest.mark.parametrize("names", [1, 2, 7, 12])
def test_nothing_is_drawn_outside_the_picture(names: int) -> None:
    series = [Bars(f"a series with a rather long name {n}", [n, 100.0, 0]) for n in range(names)]
    chart = drawn(bar_chart("Much", "points", ["one", "two words that are long", "three"], series))
    for each in chart.iter(f"{SVG}rect"):
        assert 0 <= float(each.attrib.get("x", 0)) <= WIDTH - float(each.attrib["width"])
        assert 0 <= float(each.attrib.get("y", 0)) <= HEIGHT - float(each.attrib["height"])
    for each in chart.iter(f"{SVG}text"):
        assert 0 <= float(each.attrib["y"]) <= HEIGHT


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (0, 10, False, [0, 2, 4, 6, 8, 10]),
        (-5, 20, False, [-5, 0, 5, 10, 15, 20]),
        (1, 100, True, [1, 2, 5, 10, 20, 50, 100]),
        (0.5, 20000, True, [1, 10, 100, 1000, 10000]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, log: bool, expected: list[float]) -> None:
    assert Scale(low, high, 0, 100, log).ticks() == pytest.approx(expected)


def test_a_chart_without_figures_is_still_a_chart() -> None:
    assert said(drawn(line_chart("Nothing", "x", "y", [])), "title") == "Nothing"
    assert said(drawn(bar_chart("Nothing", "y", [], [])), "title") == "Nothing"


def test_the_same_figures_give_the_same_text() -> None:
    series = [Series("ours", [(1, 2.5), (3, 4.5)])]
    assert line_chart("Time", "n", "ms", series) == line_chart("Time", "n", "ms", series)
