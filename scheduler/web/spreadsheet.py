"""Tables for spreadsheets (CSV), in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the last four are the wide ones


def inert(cell: object) -> str:
    """A cell that a spreadsheet shows as it is: one that would begin a formula gets an apostrophe before it."""
    text = str(cell).replace("\0", "\ufffd")
    return f"'{text}" if text.lstrip(" ").startswith(BEGINS_FORMULA) else text


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table, every cell in quotes, lines ended as RFC 4180 says."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return written.getvalue()
