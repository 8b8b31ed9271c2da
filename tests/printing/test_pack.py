"""The downtime pack as it comes out of the printer, read by another library than the one that wrote it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from scheduler.printing.frame import Origin, Paper
from scheduler.printing.letters import initials_of, printable
from scheduler.printing.pack import pack_pdf
from scheduler.printing.watch import minutes_left
from tests.printing.made import CHECKLIST, ORIGIN, VISIT, at, pack
from tests.printing.reading import draw, pages_of, sizes_of


@pytest.fixture(scope="module")
def pages() -> list[str]:
    return pages_of(pack_pdf(pack(), Paper.LETTER))


def test_every_page_says_whose_it_is_how_old_and_which_of_how_many(pages: list[str]) -> None:
    for number, page in enumerate(pages, 1):
        assert "Harbor Clinic" in page
        assert "Contains health information" in page
        assert "Printed 2026-11-23 14:45 EST. Last change recorded 14:41, 4 min before. Checkpoint 3f2a91c07be4" in page
        assert f"Page {number} of {len(pages)}" in page


def test_age_tells_the_day_of_a_change_that_is_not_of_today() -> None:
    assert replace(ORIGIN, changed_at=at(14) - timedelta(days=3)).age == "Last change recorded 2026-11-20 14:00, 3 days before"
    assert Origin("x", at(9), None, "0" * 12).age == "No change is in the trail yet"


def test_names_of_every_alphabet_that_the_fonts_have_print_right(pages: list[str]) -> None:
    assert "Zofia Łukaszewicz" in pages[1]
    assert "Íñigo Ñandú <b>& Co" in pages[1]


def test_who_cannot_be_printed_is_known_by_number(pages: list[str]) -> None:
    assert "? ?" in pages[3]
    assert "MR-102" in pages[3]


def test_who_may_leave_first_stands_first_with_the_time_and_the_minutes(pages: list[str]) -> None:
    assert re.search(r"Chair 1 .*12:50 13:00 15:00 15 min .*Chair 2 .*13:30 13:40 15:40 55 min 15:00 blood pressure", pages[0])


def test_minutes_left_are_rounded_up_and_never_below_none() -> None:
    assert minutes_left(at(15), at(14, 59)) == 1
    assert minutes_left(at(15), at(14, 59) + timedelta(seconds=59)) == 1
    assert minutes_left(at(15), at(15)) == 0
    assert minutes_left(at(15), at(16)) == 0


def test_board_tells_the_day_each_resource_and_what_is_shut(pages: list[str]) -> None:
    assert "Monday, 2026-11-23" in pages[1]
    assert "Chair 1 · away 12:00–13:00 servicing" in pages[1]
    assert "Tuesday, 2026-11-24" in pages[2]
    assert "Closed: Staff meeting" in pages[2]
    assert "Nothing is booked with: Chair 1, Chair 2" in pages[2]


def test_initials_take_names_and_birth_dates_off_every_page() -> None:
    text = " ".join(pages_of(pack_pdf(pack().with_initials(), Paper.LETTER)))

    assert "Z. Ł." in text
    assert "MR-100" in text
    for told in ("Zofia", "Łukaszewicz", "Íñigo", "1980-05-17", "1975-01-02"):
        assert told not in text


def test_empty_checklist_asks_everything_and_answers_nothing(pages: list[str]) -> None:
    text = " ".join(pages[5:])

    for item in CHECKLIST.items:
        assert item.words in text
    assert "STOP: nobody goes past: no dose without it" in text
    assert "limits" in text
    assert "140 mmHg" in text
    assert "Systolic pressure †" in text
    assert "† needs the medical director's sign-off" in text
    assert "+ 120 minutes = not released before" in text
    assert "Systolic pressure: 40 min after first dose, then every 15 min" in text
    assert "I watched this patient from the first device to the release" in text
    assert "Do not drive until the day after a restful sleep." in text
    assert "Łukaszewicz" not in text


def test_long_board_goes_on_under_the_same_heads_and_no_row_is_cut_in_two() -> None:
    visits = tuple(replace(VISIT, note=f"first {n} " + "word " * 40 + f"last {n}") for n in range(40))
    long = pack()
    chair = replace(long.days[0].resources[0], visits=visits)
    written = pages_of(pack_pdf(replace(long, days=(replace(long.days[0], resources=(chair,)), long.days[1])), Paper.A4))
    board = [page for page in written if "Chair 1 · away" in page]

    assert len(board) > 2
    for page in board:
        assert "From Until Patient Born" in page
        assert re.findall(r"first (\d+)", page) == re.findall(r"last (\d+)", page)
    assert [n for page in board for n in re.findall(r"first (\d+)", page)] == [str(n) for n in range(40)]


def test_paper_is_what_the_clinic_has() -> None:
    assert set(sizes_of(pack_pdf(pack(), Paper.LETTER))) == {(612, 792), (792, 612)}
    assert set(sizes_of(pack_pdf(pack(), Paper.A4))) == {(595, 842), (842, 595)}


def test_same_values_are_the_same_bytes() -> None:
    assert pack_pdf(pack(), Paper.LETTER) == pack_pdf(pack(), Paper.LETTER)


def test_page_without_colors_is_the_same_page(tmp_path: Path) -> None:
    """What a copier makes of it: nothing is told by color alone, since there is none."""
    for drawn in draw(pack_pdf(pack(), Paper.LETTER), tmp_path):
        red, green, blue = Image.open(drawn).convert("RGB").split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Müller", "Zoë Müller"),
        ("Zoe\u0308", "Zoë"),
        ("a\tb\nc\x00", "a b c?"),
        ("≥ 90", ">= 90"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_texts_are_made_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_initials_are_of_every_name() -> None:
    assert initials_of("zofia maria Łukaszewicz") == "Z. M. Ł."
