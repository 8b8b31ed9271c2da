"""What a signature covers: the checklists, every value that stood, who went past which gate, and what was meant by signing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from courses.checklists.entry import Entry, Person
from courses.checklists.fold import Chart
from courses.checklists.kept import kept_answer


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody went past a gate before a move, with a reason; `second` stood by where the gate asks for that."""

    id: str
    gate: str
    verb: str
    at: datetime
    by: Person
    reason: str
    second: Person | None = None


def cover(versions: Iterable[str], chart: Chart, overrides: Sequence[Override], meaning: str) -> str:
    """What is signed, as JSON that is the same for the same record. `versions` are the digests of the checklists' documents."""
    record = {
        "checklists": sorted(versions),
        "entries": sorted((entry_record(each) for each in chart.effective), key=lambda each: str(each["id"])),
        "overrides": sorted((_override(each) for each in overrides), key=lambda each: str(each["id"])),
        "meaning": meaning,
    }
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(covered: str) -> str:
    """The SHA-256 of what is signed."""
    return hashlib.sha256(covered.encode()).hexdigest()


def entry_record(entry: Entry) -> dict[str, object]:
    """An entry as JSON, with nothing left out."""
    return {
        "id": entry.id,
        "item": entry.item,
        "value": kept_answer(entry.value),
        "unit": entry.unit,
        "kind": entry.kind,
        "replaces": entry.replaces,
        "observed_at": _instant(entry.observed_at),
        "observed_offset": entry.observed_offset,
        "recorded_at": _instant(entry.recorded_at),
        "author": _person(entry.author),
        "second": _person(entry.second),
        "reason_code": entry.reason_code,
        "reason": entry.reason,
        "action": entry.action,
        "source": entry.source,
        "moved_from": entry.moved_from,
    }


def _override(override: Override) -> dict[str, object]:
    return {
        "id": override.id,
        "gate": override.gate,
        "verb": override.verb,
        "at": _instant(override.at),
        "by": _person(override.by),
        "second": _person(override.second),
        "reason": override.reason,
    }


def _person(person: Person | None) -> dict[str, str] | None:
    return {"id": person.id, "name": person.name, "role": person.role} if person else None


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
