"""The name that somebody signs in with."""

from __future__ import annotations

import re
import unicodedata

from rooms.errors import Faulty

ALLOWED = re.compile(r"[^\s\x00-\x1f\x7f<>\"'&/\\?#%]{2,100}")


def normalized_handle(typed: str) -> str:
    """The same name however it was typed: large or small letters, with spaces around it or not."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def checked_handle(typed: str) -> str:
    """A name that can be signed in with. Raises `Faulty`."""
    handle = normalized_handle(typed)
    if not ALLOWED.fullmatch(handle):
        raise Faulty("handle", "use 2 to 100 letters, digits, dots, dashes or an e-mail address, without spaces")
    return handle
