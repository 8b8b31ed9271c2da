"""Checklists of a site over the API: versions that never change, each in force from a day on."""

from __future__ import annotations

from courses.library import library
from tests.api.clinic import Clinic, on_one_database

OWN = """\
id: own
title: Our own
used_for: [{modality: other}]
items:
  - {code: felt, words: How it was, kind: text}
"""


def test_a_new_site_has_the_library_and_what_needs_a_sign_off_is_told(clinic: Clinic) -> None:
    lines = {each["code"]: each for each in clinic.get(f"/sites/{clinic.site}/checklists").json()["checklists"]}

    shown = clinic.get(f"/sites/{clinic.site}/checklists/esketamine").json()

    assert list(lines) == list(library())
    assert shown["text"] == library()["esketamine"]
    assert len(shown["needs_sign_off"]) == lines["esketamine"]["needs_sign_off"] > 0


def test_a_checklist_is_published_edited_and_retired(clinic: Clinic) -> None:
    path = f"/sites/{clinic.site}/checklists"
    made = clinic.made(path, {"text": OWN})
    edited = clinic.made(f"{path}/{made['id']}/versions", {"text": OWN.replace("Our own", "Ours"), "from_on": "2026-12-01"})

    retired = clinic.create(f"{path}/own/retire").json()["versions"]

    assert (made["number"], made["from_on"], edited["number"], edited["from_on"]) == (1, "2026-11-23", 2, "2026-12-01")
    assert [each["status"] for each in retired] == ["retired", "retired"]
    assert clinic.get(f"{path}/own/versions/1").json()["text"] == OWN
    assert clinic.get(f"{path}/own/versions").json()["versions"] == retired
    assert clinic.get(f"{path}/own").json()["title"] == "Ours"


@on_one_database
def test_what_cannot_be_published(clinic: Clinic) -> None:
    path = f"/sites/{clinic.site}/checklists"
    clinic.made(path, {"text": OWN})

    answers = {
        "again": clinic.create(path, {"text": OWN}),
        "faulty": clinic.create(path, {"text": OWN.replace("kind: text", "kind: number").replace("id: own", "id: other")}),
        "same question": clinic.create(path, {"text": OWN.replace("id: own", "id: other")}),
        "past": clinic.create(f"{path}/own/versions", {"text": OWN + "notes: []\n", "from_on": "2026-11-22"}),
        "other id": clinic.create(f"{path}/own/versions", {"text": OWN.replace("id: own", "id: other").replace("felt", "told")}),
        "nowhere": clinic.create(f"{path}/none/versions", {"text": OWN}),
    }

    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == {
        "again": (409, "code_taken"),
        "faulty": (422, "faulty_document"),
        "same question": (409, "same_question"),
        "past": (422, "from_the_past"),
        "other id": (422, "faulty"),
        "nowhere": (404, "unknown"),
    }
    assert answers["faulty"].json()["conflicts"][0]["line"] == 5
    assert [each["number"] for each in clinic.get(f"{path}/own/versions").json()["versions"]] == [1]


@on_one_database
def test_a_site_takes_over_what_it_has_not(clinic: Clinic) -> None:
    clinic.create(f"/sites/{clinic.site}/checklists/ect/retire")

    lines = clinic.create(f"/sites/{clinic.site}/checklists/adopt").json()["checklists"]

    assert {each["code"]: each["status"] for each in lines}["ect"] == "retired"
