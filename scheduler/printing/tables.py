"""Tables on paper: a title and heads that come again on every page, and rows that never break."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from scheduler.printing.letters import line

BLANK_HEIGHT = 8 * mm
"""Of a row that is filled in by hand."""
SIZE = 8.5
"""Of letters, in points."""
RULE, SHADE = HexColor("#555555"), HexColor("#e4e4e4")
ALL = ((0, 0), (-1, -1))
PADDING = [
    ("VALIGN", *ALL, "TOP"),
    ("TOPPADDING", *ALL, 2),
    ("BOTTOMPADDING", *ALL, 3),
    ("LEFTPADDING", *ALL, 3),
    ("RIGHTPADDING", *ALL, 3),
]

Cell = str | Flowable | list[Flowable]
Heads = Sequence[tuple[str, float]]
"""A column's head, and its share of the width."""


def gap(points: float = 6) -> Flowable:
    """Some room."""
    return Spacer(1, points)


def ruled(
    title: str, heads: Heads, rows: Sequence[Sequence[Cell]], *, width: float, blank_rows: int = 0, by_hand: bool = False
) -> Flowable:
    """A table under a title; `blank_rows` at its end are to be filled in by hand, or, `by_hand`, every row."""
    top = 1 if title else 0
    titled = [[line(title, SIZE + 1.5, bold=True), *[""] * (len(heads) - 1)]] * top
    named = [line(head, SIZE - 0.5, bold=True) for head, _ in heads]
    filled = [[line(cell, SIZE) if isinstance(cell, str) else cell for cell in row] for row in rows]
    blank = [[""] * len(heads)] * blank_rows
    shares = sum(share for _, share in heads)
    widths = [width * share / shares for _, share in heads]
    heights = [None] * (top + 1 + len(filled)) + [BLANK_HEIGHT] * blank_rows
    table = Table([*titled, named, *filled, *blank], colWidths=widths, rowHeights=heights, repeatRows=top + 1, hAlign="LEFT")
    table.setStyle(_style(top, by_hand=by_hand))
    return table


def _style(top: int, *, by_hand: bool) -> TableStyle:
    """Rules from the heads on, which lie below `top` rows of title."""
    style = TableStyle(PADDING)
    style.add("GRID", (0, top), (-1, -1), 0.5, RULE)
    style.add("BACKGROUND", (0, top), (-1, top), SHADE)
    if by_hand:
        style.add("BOTTOMPADDING", (0, top + 1), (-1, -1), 9)
    if top:
        style.add("SPAN", (0, 0), (-1, 0))
        style.add("LEFTPADDING", (0, 0), (-1, 0), 0)
    return style
