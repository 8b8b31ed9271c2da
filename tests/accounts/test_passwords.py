"""What a password may be."""

from __future__ import annotations

import pytest

from rooms.errors import Faulty
from scheduler.access.password import check_password
from tests.accounts.staff import QUICK

ABOUT = ("Nora", "Blackwood", "nora.blackwood", "Harbor Point Psychiatry")


@pytest.mark.parametrize(
    "password", ["seven kind herons wade", "Straße über dem Fluß", "🦉🦉 owl soup on mondays 🥣", "x" * 7 + " is not my y" + "z" * 60]
)
def test_long_passphrase_may_hold_any_letter(password: str) -> None:
    check_password(password, alone=True, about=ABOUT)


@pytest.mark.parametrize(
    ("password", "alone"),
    [
        ("fourteen chars", True),
        ("seven77", False),
        ("h" * 100 + "eron wade kind" * 8, True),
        ("hockeyhockeyhockey", True),
        ("passwordpassword1", True),
        ("Password12345678", True),
        ("aaaabbbbccccdddd", True),
        ("abcdefghijklmnopqr", True),
        ("qwertyuiopasdfghj", True),
        ("nora blackwood 1985!", True),
        ("HarborPointPsychiatry", True),
        ("chairtime-chairtime-7", True),
        ("sunshine", False),
        ("princess1", False),
        ("two lines\nof a text", True),
    ],
)
def test_short_common_repeated_or_telling_password_is_refused(password: str, alone: bool) -> None:
    with pytest.raises(Faulty, match="password: "):
        check_password(password, alone=alone, about=ABOUT)


def test_eight_letters_do_beside_a_second_factor() -> None:
    check_password("ravel7ox", alone=False, about=ABOUT)
    with pytest.raises(Faulty, match="at least 15"):
        check_password("ravel7ox", alone=True, about=ABOUT)


def test_longest_password_serves_and_a_longer_one_is_refused_not_cut() -> None:
    longest = " ".join(f"{number} herons" for number in range(100))[:200]
    check_password(longest, alone=True)
    with pytest.raises(Faulty, match="at most 200"):
        check_password(longest + "x", alone=True)


def test_password_fits_however_the_keyboard_composed_its_letters() -> None:
    kept = QUICK.hash("cafe\u0301 au lait am Mo\u0308rsee")

    assert QUICK.fits("café au lait am Mörsee", kept) == (True, None)
    assert QUICK.fits("cafe au lait am Morsee", kept) == (False, None)


def test_only_the_whole_password_fits() -> None:
    kept = QUICK.hash("seven kind herons wade")

    assert not QUICK.fits("seven kind herons", kept)[0]
    assert not QUICK.fits("", kept)[0]
