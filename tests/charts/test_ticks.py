"""What one press may tick together, in every checklist of the library."""

from __future__ import annotations

from courses.checklists.item import ItemKind, Verb
from courses.checklists.notation import read_checklist
from courses.library import library
from scheduler.web.sheet_views import is_ticked_with_others

CHECKS = [item for text in library().values() for item in read_checklist(text).items if item.kind is ItemKind.CHECK]


def test_beginning_and_end_are_never_ticked_by_one_press() -> None:
    moments = [item for item in CHECKS if item.marks]
    assert {"Stimulation began", "Stimulation ended", "Infusion began", "Infusion ended"} <= {item.words for item in moments}
    assert not any(map(is_ticked_with_others, moments))


def test_what_is_judged_before_a_release_is_ticked_alone() -> None:
    judged = [item for item in CHECKS if item.gate and item.gate.before is Verb.RELEASE]
    assert judged
    assert not any(map(is_ticked_with_others, judged))
    assert any(map(is_ticked_with_others, CHECKS))
