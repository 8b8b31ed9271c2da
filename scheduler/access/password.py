"""What a password may be (NIST SP 800-63B-4): long enough, and not what everybody tries first. No composition rules, no expiry."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from rooms.errors import Faulty

ALONE, WITH_SECOND_FACTOR, MOST = 15, 8, 200
"""Letters that a password must have by itself and beside a second factor, and may have at most. Longer ones are refused, never cut."""

PRODUCT = ("chairtime", "clinic", "password", "passphrase")
KEYBOARD = "qwertyuiopasdfghjklzxcvbnm qwertzuiopasdfghjklyxcvbnm azertyuiopqsdfghjklmwxcvbn 1234567890"
LEFT_OVER = 8
"""So much of a password must be left without the names that anybody would try here."""
TURNS = 5
"""A password that goes on like 1234 or aaaa must break off so often."""

COMMON = frozenset(word for words in FREQUENCY_LISTS.values() for word in words if len(word) >= WITH_SECOND_FACTOR)


def normalized(password: str) -> str:
    """The same letters written the same way, whatever keyboard they came from."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, *, alone: bool, about: Collection[str] = ()) -> None:
    """Raises `Faulty` with the way out. `alone` if no second factor stands beside it; `about` are names of the person and the clinic."""
    letters = normalized(password)
    if len(letters) > MOST:
        raise Faulty("password", f"use at most {MOST} letters")
    least = ALONE if alone else WITH_SECOND_FACTOR
    if len(letters) < least:
        way_out = ", or set up one-time codes and use 8" if alone else ""
        raise Faulty("password", f"use at least {least} letters{way_out}; a few words in a row are easy to remember")
    if not all(letter.isprintable() for letter in letters):
        raise Faulty("password", "it holds a letter that cannot be typed; type it again")
    folded = letters.casefold()
    if _is_common(folded):
        raise Faulty(
            "password", "this is among the passwords that are tried first; use a few words that have nothing to do with each other"
        )
    if _is_run(folded):
        raise Faulty("password", "it repeats itself or runs along the keyboard; use a few words that have nothing to do with each other")
    if _is_about(folded, about):
        raise Faulty("password", "it is made of your name, the clinic's or the program's; use words that nobody would connect with you")


def _is_common(folded: str) -> bool:
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return not COMMON.isdisjoint({folded, bare, folded.replace(" ", ""), bare.replace(" ", "")})


def _is_run(folded: str) -> bool:
    if any(folded in row * 2 or folded[::-1] in row * 2 for row in KEYBOARD.split()):
        return True
    if any(folded == (folded[:unit] * len(folded))[: len(folded)] for unit in range(1, len(folded) // 2 + 1)):
        return True
    turns = sum(abs(ord(one) - ord(next_one)) > 1 for one, next_one in itertools.pairwise(folded))
    return turns < TURNS


def _is_about(folded: str, about: Collection[str]) -> bool:
    words = {word for name in (*PRODUCT, *about) for word in re.split(r"[\W_]+", name.casefold()) if len(word) >= 3}
    left = folded
    for word in sorted(words, key=lambda each: (-len(each), each)):
        left = left.replace(word, "")
    return left != folded and len(re.sub(r"[\W\d_]+", "", left)) < LEFT_OVER
