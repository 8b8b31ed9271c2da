"""A checklist's document: every fault at its line, and nothing that a safety program forbids."""

from __future__ import annotations

import pytest

from courses.checklists.checklist import UsedFor
from courses.checklists.notation import read_checklist
from courses.checklists.words import due_words, gate_words
from courses.library import library
from courses.protocols.located.faults import FaultyDocument

TEXT = """\
id: small
title: Small
used_for:
  - {modality: tms, templates: [treatment]}
watch: {minutes: 120, source: DESIGN}
items:
  - {code: bp, words: Pressure, kind: number, unit: mmHg, bands: {limits: {low: 90, high: 140}},
     due: [{after: last_dose, minutes: 40}]}
  - {code: ok, words: All well, kind: check, gate: {before: start, kind: house, passing: [yes]}}
  - {code: given, words: Given, kind: device, marks: first_dose}
"""


def test_a_small_checklist() -> None:
    checklist = read_checklist(TEXT)

    assert [item.code for item in checklist.items] == ["bp", "ok", "given"]
    assert checklist.used_for == (UsedFor("tms", ("treatment",)),)
    assert due_words(checklist.items[0].due[0]) == "40 min after the last dose; overdue 5 min later"
    assert checklist.items[1].gate is not None
    assert gate_words(checklist.items[1].gate) == "Before the start: yes. It only warns."


@pytest.mark.parametrize(("change", "line", "said"), [
    (("kind: number, ", "kind: numbr, "), 7, "did you mean 'number'?"),
    ((", bands: {limits: {low: 90, high: 140}}", ""), 7, "a number, and nothing else, has bands"),
    (("low: 90, high: 140", "low: 190, high: 140"), 7, "190 is above 140"),
    (("after: last_dose, ", ""), 8, "name a move in `before` or a moment in `after`"),
    (("after: last_dose, minutes: 40", "after: last_dose, before: dose"), 8, "not both"),
    (("kind: house, passing: [yes]", "kind: clinical"), 9, "names the roles that may go past"),
    (("kind: house, passing: [yes]", "kind: clinical, overridden_by: [doctor]"), 9, "there is no role 'doctor'"),
    (("passing: [yes]", "passing: [maybe]"), 9, "'maybe' is none of its answers"),
    (("kind: device, marks", "kind: time, marks"), 10, "a moment is told by when something was observed"),
    (("code: ok", "code: bp"), 6, "asks for 'bp' twice"),
    (("words: Given, ", "words: Given, below: sys, "), 6, "which the checklist does not ask for"),
    (("title: Small", "title: Small\nlate_after_minutes: 31"), 3, "31 is not between 5 and 30 minutes"),
    (("title: Small", "titel: Small"), 2, "did you mean 'title'?"),
])  # fmt: skip
def test_a_fault_is_told_at_its_line(change: tuple[str, str], line: int, said: str) -> None:
    text = TEXT.replace(*change)
    assert text != TEXT

    with pytest.raises(FaultyDocument) as refused:
        read_checklist(text)

    assert (line, True) in [(fault.line, said in fault.message) for fault in refused.value.faults], refused.value.faults


@pytest.mark.parametrize("change", [
    ("watch: {minutes: 120,", "watch: {minutes: 119,"),
    ("counted_from: last_dose", "counted_from: first_dose"),
    ("counted_from: last_dose", "counted_from: arrival"),
])  # fmt: skip
def test_no_clinic_watches_shorter_than_a_safety_program_asks_for(change: tuple[str, str]) -> None:
    text = library()["esketamine"]
    assert text.replace(*change) != text

    with pytest.raises(FaultyDocument, match="at least 120 minutes, counted from the last dose"):
        read_checklist(text.replace(*change))


@pytest.mark.parametrize(("used_for", "number", "several", "serves"), [
    (UsedFor("tms"), 1, False, True), (UsedFor("ect"), 1, False, False), (UsedFor("tms", ("mapping",)), 1, False, False),
    (UsedFor("tms", sessions=(1,)), 1, False, True), (UsedFor("tms", sessions=(1,)), 2, False, False),
    (UsedFor("tms", several_a_day=True), 1, False, False), (UsedFor("tms", several_a_day=True), 1, True, True),
])  # fmt: skip
def test_which_sessions_a_checklist_is_for(used_for: UsedFor, number: int, *, several: bool, serves: bool) -> None:
    assert used_for.serves("tms", "treatment", number, several_a_day=several) is serves
