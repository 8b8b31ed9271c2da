"""One way only to write a value down: the canonical JSON of RFC 8785, so that whoever recomputes a hash hashes the same bytes.

It covers what a trail holds: text, whole numbers, yes and no, nothing, lists, and maps. There are no fractions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]

GREATEST = 2**53 - 1
"""Beyond this a number is not the same in every program (RFC 8785, 3.2.2.3 and RFC 7493, 2.2)."""


def canonical(value: object) -> str:
    """The one text of a value. Raises `ValueError` for one that has none: a fraction, a huge number, half a character."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(key)}:{canonical(value[key])}" for key in sorted(value, key=_utf16)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    raise ValueError(f"{type(value).__name__} has no canonical text")


def _number(value: int) -> str:
    if abs(value) > GREATEST:
        raise ValueError(f"{value} is too great for a canonical text")
    return str(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no name of a field")
    value.encode()  # raises `UnicodeEncodeError`, a ValueError, for half a character
    return json.dumps(value, ensure_ascii=False)


def _utf16(key: object) -> bytes:
    """Names are ordered by their UTF-16 code units, not by their letters (RFC 8785, 3.2.3)."""
    return str(key).encode("utf-16-be", "surrogatepass")
