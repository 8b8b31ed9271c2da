"""The pages of checklists: as the nurse will see them, checked by those who propose, published by two."""

from __future__ import annotations

import html

import pytest

from courses.checklists.notation import read_checklist
from courses.library import library
from scheduler.access.role import Role
from tests.access.test_owing import at, kept_in
from tests.access.two_sites import TwoSites
from tests.signed_in import PASSPHRASE, SECOND

TEXT = """\
id: written
title: Written here
used_for: [{modality: other}]
items:
  - {code: felt, words: How it was, kind: text}
"""


@pytest.mark.parametrize("code", library())
def test_every_item_of_a_checklist_is_shown_with_its_source(world: TwoSites, code: str) -> None:
    page = html.unescape(at(world, Role.NURSE).get(f"/checklists/{code}").text)

    checklist = read_checklist(library()[code])
    assert [item.words for item in checklist.items if item.words not in page] == []
    assert [item.source for item in checklist.items if item.source not in page] == []
    assert page.count("</svg>needs the medical director's sign-off") == len(checklist.unsigned)


def test_the_list_says_which_need_a_sign_off(world: TwoSites) -> None:
    page = html.unescape(at(world, Role.NURSE).get("/checklists").text)

    unsigned = len(read_checklist(library()["esketamine"]).unsigned)
    assert f"{unsigned} values need the medical director's sign-off" in page
    assert "/checklists/new" not in page


def test_who_may_only_propose_has_it_checked_and_no_more(world: TwoSites) -> None:
    client = at(world, Role.PHYSICIAN)

    checked, published = (client.post("/checklists/new", data={"text": TEXT, "do": do}) for do in ("check", "publish"))

    assert (checked.status_code, published.status_code) == (200, 403)
    assert "No faults found" in checked.text


def test_it_is_published_by_two_and_in_force_from_its_day(world: TwoSites) -> None:
    client, form = at(world, Role.ADMIN), {"text": TEXT, "do": "publish", "from_on": "2026-12-01"}

    asked = client.post("/checklists/new", data=form)
    done = client.post("/checklists/new", data=kept_in(asked.text) | {"second_handle": SECOND, "second_password": PASSPHRASE})
    shown = client.get(done.headers["location"])

    assert (asked.status_code, done.status_code, shown.status_code) == (403, 303, 200)
    assert "Sessions from 2026-12-01 on are opened with it" in shown.text


@pytest.mark.parametrize(("change", "line", "said"), [
    (("kind: text", "kind: txt"), 5, "did you mean 'text'?"),
    (("felt", "identity"), 5, "is asked by the checklist 'evaluation' too"),
    (("id: written", "id: ect"), 1, "there is a checklist of this id already"),
])  # fmt: skip
def test_a_fault_is_told_at_its_line(world: TwoSites, change: tuple[str, str], line: int, said: str) -> None:
    text = TEXT.replace(*change).replace("modality: other", "modality: evaluation")

    answer = at(world, Role.PHYSICIAN).post("/checklists/new", data={"text": text, "do": "check"})

    assert answer.status_code == 422
    assert f'data-line="{line}"' in answer.text
    assert said in html.unescape(answer.text)
    assert text in html.unescape(answer.text)


def test_a_day_that_is_over_is_told_beside_the_text(world: TwoSites) -> None:
    form = {"text": TEXT, "do": "publish", "from_on": "2026-11-01", "second_handle": SECOND, "second_password": PASSPHRASE}

    answer = at(world, Role.ADMIN).post("/checklists/new", data=form)

    assert answer.status_code == 422
    assert "2026-11-01 is over" in answer.text
    assert TEXT in html.unescape(answer.text)
