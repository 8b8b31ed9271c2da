"""What the pages of a checklist show: every item as it will be asked, with its gate, its times and its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from courses.checklists.checklist import Checklist
from courses.checklists.item import Item, Moment
from courses.checklists.version import ChecklistVersion
from courses.checklists.words import (
    MOMENTS,
    answer_kind_words,
    band_words,
    due_words,
    gate_words,
    roles_words,
    used_for_words,
    watch_words,
)
from rooms.availability.hours import SiteTime


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as a row of a table."""

    words: str
    answer: str
    is_required: bool
    when: tuple[str, ...]
    gate: str
    gate_kind: str
    who: str
    marks: str
    bands: tuple[str, ...]
    help: str
    source: str
    is_unsigned: bool

    @classmethod
    def of(cls, item: Item, checklist: Checklist) -> ItemView:
        """An item in words."""
        below = (f"Below {checklist.by_code[item.below].words.lower()}",) if item.below else ()
        return cls(
            item.words,
            answer_kind_words(item),
            item.required,
            tuple(due_words(due) for due in item.due) or ("at any time",),
            gate_words(item.gate) if item.gate else "",
            item.gate.kind.value if item.gate else "",
            roles_words(item.answered_by),
            _marks_words(item),
            band_words(item) + below,
            item.help,
            item.source,
            item.unconfirmed,
        )


def _marks_words(item: Item) -> str:
    if item.marks in (Moment.FIRST_DOSE, Moment.LAST_DOSE):
        return "Tells when a dose was given"
    return f"Tells {MOMENTS[item.marks]}" if item.marks else ""


def line_of(version: ChecklistVersion) -> dict[str, object]:
    """A checklist in the list."""
    checklist = version.checklist
    return {
        "id": version.checklist_id,
        "code": version.code,
        "href": f"/checklists/{version.checklist_id}",
        "title": checklist.title,
        "in_words": f"{len(checklist.items)} items",
        "version": version.number,
        "n_unsigned": len(checklist.unsigned),
        "state": version.status.value,
        "origin": version.origin or "",
        "from_on": version.from_on,
    }


def page_of(version: ChecklistVersion) -> dict[str, object]:
    """All that a version's document says."""
    checklist = version.checklist
    groups: dict[str, list[ItemView]] = {}
    for item in checklist.items:
        groups.setdefault(item.group or "Asked", []).append(ItemView.of(item, checklist))
    return {
        "groups": [{"name": name, "items": items} for name, items in groups.items()],
        "used_for": [(each.modality, used_for_words(each)) for each in checklist.used_for],
        "watch": (watch_words(checklist.watch), checklist.watch.source) if checklist.watch else None,
        "program": checklist.program,
        "rest": checklist.minutes_between_doses,
        "late": checklist.late_after_minutes,
        "meanings": [(each.words, roles_words(each.roles), each.another, each.before_release) for each in checklist.meanings],
        "instructions": checklist.instructions,
        "notes": checklist.notes,
    }


def versions_shown(versions: Sequence[ChecklistVersion], shown: int, time: SiteTime, today: date) -> list[dict[str, object]]:
    """The versions of a checklist, the newest first."""
    return [
        {
            "number": version.number,
            "state": version.status.value,
            "from_on": version.from_on,
            "begins_later": version.from_on > today,
            "published_on": time.date_of(version.published_at) if version.published_at else None,
            "published_by": version.published_by or "",
            "href": f"/checklists/{version.checklist_id}?version={version.number}",
            "is_shown": version.number == shown,
        }
        for version in reversed(versions)
    ]
