"""What the desk is told when something cannot be done."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal: facts kept as attributes and one plain sentence for a person. Nothing was changed.

    `code` is a stable word for machines; subclasses set it.
    """

    code = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Faulty(DomainError):
    """Something that was given cannot be right: names the field and the way out."""

    code = "faulty"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class Unknown(DomainError):
    """Something was asked for that is not there."""

    code = "unknown"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is no {kind} {key!r}.")
        self.kind = kind
        self.key = key
