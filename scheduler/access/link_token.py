"""The keys of patients' links: random, long, and without anything that they could be computed from; and the proof that a page was seen."""

from __future__ import annotations

import hashlib
import hmac
import re
import string
from datetime import UTC, datetime, timedelta

LETTERS = string.digits + string.ascii_letters
LENGTH = 22
"""Letters of a key: 62 to the power of 22 is more than 2 to the power of 130."""
NONCE_LASTS = timedelta(hours=2)
KEY = re.compile(f"[0-9A-Za-z]{{{LENGTH}}}")
NONCE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})")


def is_key(text: str) -> bool:
    """Whether a text can be a key at all."""
    return KEY.fullmatch(text) is not None


def nonce(key: str, seen: str, *, now: datetime) -> str:
    """What the forms of a page carry: that whoever has the key looked at `seen` just now."""
    return _signed(key, seen, int(now.timestamp()))


def is_good(given: str, key: str, seen: str, *, now: datetime) -> bool:
    """Whether a form comes from a page that showed what is still true, not long ago."""
    found = NONCE.fullmatch(given)
    if found is None or not hmac.compare_digest(given, _signed(key, seen, int(found[1]))):
        return False
    return timedelta(0) <= now - datetime.fromtimestamp(int(found[1]), UTC) < NONCE_LASTS


def _signed(key: str, seen: str, at: int) -> str:
    return f"{at}.{hmac.new(key.encode(), f'{at} {seen}'.encode(), hashlib.sha256).hexdigest()[:32]}"
