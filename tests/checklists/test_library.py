"""The shipped checklists: whole, told apart, with a source for every number, and one at least for every session that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from courses.checklists.checklist import Checklist
from courses.checklists.item import Verb
from courses.checklists.item_notation import ROLES
from courses.checklists.notation import read_checklist
from courses.checklists.version import check_questions
from courses.library import library, protocol_files
from courses.owed.fields import BY_CODE
from courses.protocols.notation import read_protocol
from scheduler.access.role import Role

CHECKLISTS = {code: read_checklist(text, f"{code}.yaml") for code, text in library().items()}
GUIDE = Path(__file__).parents[2] / "docs" / "checklists.md"
OURS = ("DESIGN", "UNCONFIRMED")
TAG = re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*(?::c)?(?![\w-])|\b0\d{3}T:c")

each_checklist = pytest.mark.parametrize("checklist", CHECKLISTS.values(), ids=CHECKLISTS)


def test_every_session_of_every_shipped_protocol_is_charted_by_something() -> None:
    for file in protocol_files():
        protocol = read_protocol(file.read_text(encoding="utf-8")).protocol
        for slot in protocol.slots:
            several, template = slot.spacing.per_day > 1, protocol.template_of(slot.number).name
            serving = [
                each.code for each in CHECKLISTS.values() if each.serves(protocol.modality, template, slot.number, several_a_day=several)
            ]
            assert serving, (protocol.id, slot.number)


@each_checklist
def test_a_file_is_named_as_its_checklist(checklist: Checklist) -> None:
    assert CHECKLISTS[checklist.code] is checklist


def test_no_session_is_asked_for_the_same_code_twice() -> None:
    for checklist in CHECKLISTS.values():
        check_questions(checklist, CHECKLISTS.values())


@each_checklist
def test_every_item_has_a_source_and_what_is_ours_needs_a_sign_off(checklist: Checklist) -> None:
    for item in checklist.items:
        tags = TAG.findall(item.source)
        assert tags, item.code
        assert item.unconfirmed == any(tag in OURS for tag in tags), item.code


@each_checklist
def test_the_numbers_beside_the_items_have_a_source(checklist: Checklist) -> None:
    assert checklist.watch is None or TAG.findall(checklist.watch.source)
    assert all(TAG.findall(note.source) for note in checklist.notes)


def test_every_source_is_told_in_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    told = set(re.findall(r"^\| ([A-Z0-9][\w-]*) \|", text, re.MULTILINE)) | set(OURS)

    said = {
        tag.removesuffix(":c")
        for each in CHECKLISTS.values()
        for source in (
            *(item.source for item in each.items),
            *(note.source for note in each.notes),
            each.watch.source if each.watch else "",
        )
        for tag in TAG.findall(source)
    }

    assert said - told == set()


def test_form_fields_are_those_of_the_form() -> None:
    named = {item.form_field for each in CHECKLISTS.values() for item in each.items} - {"", "pressure"}

    assert named <= set(BY_CODE)
    assert {field.code for field in BY_CODE.values() if field.part in {2, 7}} <= named


def test_roles_are_those_of_the_permission_table() -> None:
    assert set(ROLES) == {role.value for role in Role}


def test_what_stops_a_dose_of_a_program_whoever_asks() -> None:
    stops = {
        item.code
        for item in CHECKLISTS["esketamine"].items
        if item.gate and item.gate.kind == "regulatory" and item.gate.before is Verb.DOSE
    }

    assert stops == {"enrollment-verified", "prescriber-on-site", "oximeter"}
