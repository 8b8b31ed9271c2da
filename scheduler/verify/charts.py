"""I8, I9 and I13: entries hold together and what is shown is their fold, signatures cover what they say, nobody was let go too early."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from scheduler.verify.breach import Breach
from scheduler.verify.chart_rows import DOSES, ChartTables, Line, Sheet, Signed, Visited

AHEAD = 120
"""Seconds that a tablet's clock may be ahead."""
EARLY = "before-the-minimum"
"""The gate that a physician went past who let somebody go early."""
KINDS = {"original", "late"}


def standing(lines: Sequence[Line]) -> dict[int, Line]:
    """What stands of each chain of entries, by the row that it begins with; a chain that was taken back stands for nothing."""
    by_row, chains = {line.id: line for line in lines}, defaultdict[int, list[Line]](list)
    for line in lines:
        root = line
        while root.replaces in by_row:
            root = by_row[root.replaces]
        chains[root.id].append(line)
    tops = {row_id: _top(by_row[row_id], chain) for row_id, chain in chains.items()}
    return {row_id: top for row_id, top in tops.items() if top is not None}


def _top(root: Line, chain: list[Line]) -> Line | None:
    gone = {line.replaces for line in chain if line.kind == "retraction"}
    if root.id in gone or root.kind == "retraction":
        return None
    left = [line for line in chain if line.kind != "retraction" and line.id not in gone]
    above: set[int] = set()
    by_row = {line.id: line for line in chain}
    for line in left:
        lower = line.replaces
        while lower is not None:
            above.add(lower)
            lower = by_row[lower].replaces if lower in by_row else None
    return max((line for line in left if line.id not in above), key=lambda line: (line.recorded, line.key))


def sound_entries(tables: ChartTables) -> Iterator[Breach]:
    """I8: an entry answers by a checklist of its session; what replaces another came after it and is of the same item."""
    for visit in tables.visited.values():
        by_row = {line.id: line for line in visit.lines}
        for line in visit.lines:
            for said in _unsound(line, visit, by_row, tables):
                yield Breach("I8", f"entry {line.key}", said)


def _unsound(line: Line, visit: Visited, by_row: dict[int, Line], tables: ChartTables) -> Iterator[str]:
    sheet = visit.sheets.get(line.version)
    if sheet is None:
        yield "The session is not charted by its checklist."
    if line.observed > line.recorded + AHEAD:
        yield "It was observed after it was written down."
    if sheet and line.kind in KINDS and line.moved_from is None and line.source == "screen":
        is_late = line.recorded - line.observed > 60 * sheet.late_after
        if is_late != (line.kind == "late"):
            yield f"It is {line.kind} and came {(line.recorded - line.observed) // 60} minutes after it was observed."
    if line.replaces is not None:
        before = by_row.get(line.replaces)
        if before is None or before.item != line.item or before.id >= line.id:
            yield "It replaces an entry of another session, of another item, or one that came later."
    if line.kind == "retraction" and line.second in {None, line.author}:
        yield "It was taken back by one person alone."
    if line.moved_from is not None and tables.session_of.get(line.moved_from, line.session) == line.session:
        yield "It says that it comes from another session, and does not."


def sound_signatures(tables: ChartTables) -> Iterator[Breach]:
    """I9: the digest of a signature is that of what it covers; that is what stood when it was given, and still reads so; two are two."""
    for visit in tables.visited.values():
        seconds = {meaning for sheet in visit.sheets.values() for meaning in sheet.seconds}
        for signature in visit.signed:
            row = f"signature {signature.key}"
            if hashlib.sha256(signature.covers.encode()).hexdigest() != signature.digest:
                yield Breach("I9", row, "Its digest is not that of what it covers.")
            elif not _stood(signature, visit.lines):
                yield Breach("I9", row, "What it covers is not what stood when it was given, or reads otherwise now.")
            others = {each.meaning for each in visit.signed if each.by == signature.by} - {signature.meaning}
            if signature.meaning in seconds and others:
                yield Breach("I9", row, "The second signature is by whoever gave the first.")


def _stood(signature: Signed, lines: Sequence[Line]) -> bool:
    """Whether what it covers was the whole of what stood after some entry."""
    covered = {each["id"]: each for each in json.loads(signature.covers)["entries"]}
    for count in range(len(lines), -1, -1):
        stood = {line.key: line for line in standing(lines[:count]).values()}
        if stood.keys() == covered.keys():
            return all(_reads_alike(line, covered[key]) for key, line in stood.items())
    return False


def _reads_alike(line: Line, told: dict[str, object]) -> bool:
    author = told["author"]
    by = author["id"] if isinstance(author, dict) else None
    own = (line.item, line.value, line.unit, line.kind, line.author, line.source)
    return own == (told["item"], told["value"], told["unit"], told["kind"], by, told["source"])


def watched_long_enough(tables: ChartTables) -> Iterator[Breach]:
    """I13: nobody was let go before the minimum time by what was known then, unless a physician decided so.

    What was amended afterwards so that it was too early is for a person to look at.
    """
    for visit in tables.visited.values():
        released = visit.happened.get("discharged")
        if released is None or EARLY in visit.overridden:
            continue
        known = [line for line in visit.lines if line.recorded <= released]
        for sheet in visit.sheets.values():
            then, now = (_too_early(sheet, visit, lines, released) for lines in (known, visit.lines))
            if then > 0 or now > 0:
                sentence = f"The patient was let go {max(then, now) / 60:g} minutes before the minimum time."
                yield Breach("I13", f"session {visit.key}", sentence, decision=then <= 0)


def _too_early(sheet: Sheet, visit: Visited, lines: Sequence[Line], released: int) -> int:
    """By how many seconds too early somebody was let go; nothing where no minimum applies."""
    if sheet.counted_from in {"arrival", "start"}:
        begun = visit.happened.get({"arrival": "arrived", "start": "in_treatment"}[sheet.counted_from])
        moments = [] if begun is None else [begun]
    else:
        wanted = DOSES if sheet.counted_from in DOSES else {sheet.counted_from}
        codes = {code for each in visit.sheets.values() for code, mark in each.marks.items() if mark in wanted}
        moments = [line.observed for line in standing(lines).values() if line.item in codes and line.value is not False]
    if not sheet.watch_minutes or not moments:
        return 0
    base = min(moments) if sheet.counted_from == "first_dose" else max(moments)
    return base + 60 * sheet.watch_minutes - released
