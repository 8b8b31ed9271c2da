"""Line and bar charts as SVG text: readable in light and dark, by eye and by screen reader, and the same text for the same figures.

Lines differ by dash and mark and bars by place, so that color is never the only difference; the description says every figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, BOTTOM = 64, 24, 64
LETTER = 6.7  # how wide a letter of 12 pixels is at most, on average
LINE = 16

LIGHT = ("#0b62a4", "#b34700", "#0a7a55", "#8e3b8e", "#6b5a00", "#a8203b", "#3f4a57")
DARK = ("#6cb6ff", "#ffa657", "#56d4a0", "#e29be2", "#e3cc55", "#ff8fa3", "#b8c2cc")
DASHES = ("", "7 4", "2 4", "10 4 2 4", "14 5", "4 2", "1 3")

STYLE = """.chart{font:12px system-ui,sans-serif}.chart-ground{fill:#fff}.chart text{fill:#1f2328}
.chart .chart-title{font-size:15px;font-weight:600}.chart-line{fill:none;stroke-width:2}
.chart-rule{stroke:#d0d7de;stroke-width:1}.chart-axis{stroke:#57606a;stroke-width:1}"""
DARK_STYLE = ".chart-ground{fill:#0d1117}.chart text{fill:#e6edf3}.chart-rule{stroke:#30363d}.chart-axis{stroke:#9198a1}"


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name and its points, x before y. On a logarithmic chart every number is above zero."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar for each group; None where there is no figure."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers lie on an axis, from pixel `begin` to pixel `end`."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a number."""
        low, high, value = (math.log10(each) if self.log else each for each in (self.low, self.high, value))
        return self.begin + (self.end - self.begin) * (value - low) / (high - low)

    def ticks(self) -> list[float]:
        """Round numbers along the axis."""
        return _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high)


def line_chart(title: str, x_label: str, y_label: str, series: Sequence[Series], log: bool = False) -> str:
    """Lines over a common axis from zero, or both axes logarithmic, where a straight line of slope one is growth in proportion."""
    points = [point for each in series for point in each.points]
    top = _top(series)
    across = _scale([x for x, _ in points], (LEFT, WIDTH - RIGHT), log=log)
    upward = _scale([y for _, y in points], (HEIGHT - BOTTOM, top), log=log)
    drawn = [*_head(title, y_label, [each.name for each in series], _line_key), *_rules(upward)]
    for tick in across.ticks():
        drawn += [_rule(across.at(tick), upward.begin, across.at(tick), upward.end), _text(_number(tick), across.at(tick), HEIGHT - 44)]
    drawn += [*_axes(upward), _text(x_label, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16)]
    for index, line in enumerate(series):
        drawn += _line(index, [(across.at(x), upward.at(y)) for x, y in line.points])
    told = (f"{line.name}: {', '.join(f'{_number(x)} → {_number(y)}' for x, y in line.points)}." for line in series)
    return _svg(title, f"{y_label} by {x_label}. {' '.join(told)}", drawn)


def bar_chart(title: str, y_label: str, groups: Sequence[str], series: Sequence[Bars]) -> str:
    """Groups of bars side by side, one bar of each series in each group, with its figure on it."""
    upward = _scale([value for each in series for value in each.values if value is not None], (HEIGHT - BOTTOM, _top(series)))
    drawn = [*_head(title, y_label, [each.name for each in series], _bar_key), *_rules(upward)]
    slot = (WIDTH - RIGHT - LEFT) / max(1, len(groups))
    wide = min(64.0, slot * 0.8 / max(1, len(series)))
    for place, group in enumerate(groups):
        middle = LEFT + slot * (place + 0.5)
        drawn += [_text(line, middle, HEIGHT - 44 + LINE * row) for row, line in enumerate(_wrapped(group, slot))]
        for index, bars in enumerate(series):
            value = bars.values[place]
            if value is not None:
                drawn += _bar(index, value, middle + wide * (index - len(series) / 2), wide, upward)
    drawn += _axes(upward)
    told = (f"{bars.name}: {', '.join(_told(*pair) for pair in zip(groups, bars.values, strict=True))}." for bars in series)
    return _svg(title, f"{y_label}. {' '.join(told)}", drawn)


def _told(group: str, value: float | None) -> str:
    return f"{group} {'without a figure' if value is None else _number(value)}"


def _top(series: Sequence[Series | Bars]) -> float:
    return 62.0 + LINE * len(_legend([each.name for each in series]))


def _scale(values: Sequence[float], pixels: tuple[float, float], *, log: bool = False) -> Scale:
    least, most = min(values, default=1.0), max(values, default=1.0)
    if log:
        if least <= 0:
            raise ValueError(f"a logarithmic axis has no place for {least:g}")
        low, high = _log_floor(least), -_log_floor(-most)
        return Scale(low, high if high > low else low * 10, *pixels, log=True)
    least, most = min(0.0, least), max(0.0, most)
    step = _step(least, most)
    low, high = math.floor(least / step) * step, math.ceil(most / step) * step
    return Scale(low, high if high > low else low + 1, *pixels)


def _log_floor(value: float) -> float:
    """The round number (1, 2 or 5 of a power of ten) at or below a positive one; the negative of the one above for a negative one."""
    below, power = value > 0, 10.0 ** math.floor(math.log10(abs(value)))
    rounds = [power * lead for lead in (1, 2, 5, 10)]
    if below:
        return max(each for each in rounds if each <= value * 1.0000001)
    return -min(each for each in rounds if each >= -value * 0.9999999)


def _step(low: float, high: float) -> float:
    rough = (high - low) / 5 or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough * 0.9999999)


def _ticks(low: float, high: float) -> list[float]:
    step = _step(low, high)
    return [step * number for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    leads = (1, 2, 5) if high / low < 2000 else (1,)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    rounds = [10.0**power * lead for power in powers for lead in leads]
    return [each for each in rounds if low * 0.9999999 <= each <= high * 1.0000001]


def _number(value: float) -> str:
    """A number with three figures that say something, thousands apart."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _head(title: str, y_label: str, names: Sequence[str], key: Callable[[int, float, float], str]) -> Iterator[str]:
    yield _text(title, 16, 26, anchor="start", kind="chart-title")
    rows = _legend(names)
    for row, entries in enumerate(rows):
        for index, x in entries:
            y = 46.0 + LINE * row
            yield key(index, x, y - 4)
            yield _text(names[index], x + 34, y, anchor="start")
    yield _text(y_label, 16, 50 + LINE * len(rows), anchor="start")


def _legend(names: Sequence[str]) -> list[list[tuple[int, float]]]:
    """Rows of the legend: which series stands from which pixel. A single series is told by the title."""
    rows: list[list[tuple[int, float]]] = []
    x = float(WIDTH)
    for index, name in enumerate(names if len(names) > 1 else ()):
        wide = 52 + LETTER * len(name)
        if x + wide > WIDTH - RIGHT:
            rows.append([])
            x = 16.0
        rows[-1].append((index, x))
        x += wide
    return rows


def _line_key(index: int, x: float, y: float) -> str:
    return "".join(_line(index, [(x, y), (x + 14, y), (x + 28, y)], marks=[1]))


def _bar_key(index: int, x: float, y: float) -> str:
    return f'<rect class="chart-fill-{index % len(LIGHT)}" x="{x + 12:.1f}" y="{y - 6:.1f}" width="14" height="12"/>'


def _line(index: int, places: Sequence[tuple[float, float]], marks: Sequence[int] | None = None) -> list[str]:
    number = index % len(LIGHT)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
    drawn = [f'<polyline class="chart-line chart-stroke-{number}" points="{path}"{dash}/>']
    return [*drawn, *(_mark(number, *places[place]) for place in (range(len(places)) if marks is None else marks))]


def _mark(number: int, x: float, y: float) -> str:
    corners = (0, 4, 3, 6, 5, 8, 4)[number]
    if not corners:
        return f'<circle class="chart-fill-{number}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    turns = [math.tau * corner / corners - math.pi / 2 for corner in range(corners)]
    shape = " ".join(f"{x + 5 * math.cos(turn):.1f},{y + 5 * math.sin(turn):.1f}" for turn in turns)
    return f'<polygon class="chart-fill-{number}" points="{shape}"/>'


def _bar(index: int, value: float, x: float, wide: float, upward: Scale) -> list[str]:
    top, foot = sorted((upward.at(value), upward.at(0)))
    kind = f"chart-fill-{index % len(LIGHT)}"
    drawn = f'<rect class="{kind}" x="{x + 1:.1f}" y="{top:.1f}" width="{wide - 2:.1f}" height="{foot - top:.1f}"/>'
    text = _number(value)
    fits = wide >= 5 * len(text)
    return [drawn, _text(text, x + wide / 2, top - 4 if value >= 0 else foot + 12)] if fits else [drawn]


def _rules(upward: Scale) -> Iterator[str]:
    for tick in upward.ticks():
        yield _rule(LEFT, upward.at(tick), WIDTH - RIGHT, upward.at(tick))
        yield _text(_number(tick), LEFT - 8, upward.at(tick) + 4, anchor="end")


def _axes(upward: Scale) -> list[str]:
    foot = upward.begin if upward.log else upward.at(max(0.0, upward.low))
    return [
        _rule(LEFT, upward.begin, LEFT, upward.end, kind="chart-axis"),
        _rule(LEFT, foot, WIDTH - RIGHT, foot, kind="chart-axis"),
    ]


def _rule(x: float, y: float, x_end: float, y_end: float, *, kind: str = "chart-rule") -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{x_end:.1f}" y2="{y_end:.1f}"/>'


def _text(text: str, x: float, y: float, *, anchor: str = "middle", kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _wrapped(text: str, wide: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer) * LETTER > wide:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _colors(palette: Sequence[str]) -> str:
    return "".join(f".chart-stroke-{n}{{stroke:{color}}}.chart-fill-{n}{{fill:{color}}}" for n, color in enumerate(palette))


def _svg(title: str, description: str, drawn: Sequence[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    dark = f"@media (prefers-color-scheme:dark){{{DARK_STYLE}{_colors(DARK)}}}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" {size}>',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>{STYLE}{_colors(LIGHT)}{dark}</style>",
            f'<rect class="chart-ground" width="{WIDTH}" height="{HEIGHT}"/>',
            *drawn,
            "</svg>\n",
        ]
    )
