"""What a password may be (NIST SP 800-63B-4): long enough, and not one that everybody tries first."""

from __future__ import annotations

import unicodedata


def normalized(password: str) -> str:
    """The same letters written the same way, whatever keyboard they came from."""
    return unicodedata.normalize("NFC", password)
