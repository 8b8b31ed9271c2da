"""What the desk is told when a course cannot be done as asked."""

from __future__ import annotations

from rooms.errors import DomainError, Faulty, Unknown

__all__ = ["CodeTaken", "DomainError", "Faulty", "StaleVersion", "Unknown", "check_version", "checked_text"]


class CodeTaken(DomainError):
    """Another thing of the same kind has this code at the site already."""

    code = "code_taken"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"code: the site has a {kind} {key!r} already; choose another code or leave it out.")
        self.kind = kind
        self.key = key


class StaleVersion(DomainError):
    """Somebody else changed the thing since it was looked at; `present` is its version now."""

    code = "stale_version"

    def __init__(self, kind: str, expected: int, present: int) -> None:
        super().__init__(f"The {kind} was changed by somebody else meanwhile; look at it again and repeat what you wanted.")
        self.kind = kind
        self.expected = expected
        self.present = present


def check_version(kind: str, expected: int | None, present: int) -> None:
    """Raises `StaleVersion` where a version was expected and is not the present one."""
    if expected is not None and expected != present:
        raise StaleVersion(kind, expected, present)


def checked_text(field: str, text: str, most: int = 200) -> str:
    """Words on one line without space around them. Raises `Faulty` for none, too many letters, or letters that cannot be shown."""
    words = " ".join(text.split())
    if not words or len(words) > most or not words.isprintable():
        raise Faulty(field, f"1 to {most} letters that can be shown are wanted")
    return words
