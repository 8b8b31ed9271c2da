"""What somebody is told who cannot be let in. It never says what was wrong: that would tell who works here."""

from __future__ import annotations

from datetime import timedelta

from rooms.errors import DomainError

NOT_PROVEN = "The name and the password do not go together, or too many have tried. Check both, and try again in a moment."
CODE_NOT_PROVEN = "This code does not fit, or too many were tried. Wait for the next one, or use a recovery code."


class NotProven(DomainError):
    """Name and password do not go together, the account is not in use, or there is none."""

    code = "not_proven"

    def __init__(self, sentence: str = NOT_PROVEN) -> None:
        super().__init__(sentence)


class TryLater(NotProven):
    """Too many were wrong; nothing is looked at before `wait` is over. The sentence is the same."""

    code = "try_later"

    def __init__(self, wait: timedelta, sentence: str = NOT_PROVEN) -> None:
        super().__init__(sentence)
        self.wait = wait

    @property
    def seconds(self) -> int:
        """How long to wait."""
        return int(self.wait.total_seconds())


class LinkDead(DomainError):
    """A link was used already, is too old, or was taken back."""

    code = "link_dead"

    def __init__(self) -> None:
        super().__init__("This link was used already, is too old, or was taken back. Ask whoever gave it to you for a new one.")


class OwnRights(DomainError):
    """Nobody changes what they may do themselves, nor disables themselves."""

    code = "own_rights"

    def __init__(self) -> None:
        super().__init__("Nobody changes their own roles or disables themselves. Ask another administrator.")


class BeyondCeiling(DomainError):
    """An administrator of one site wanted to change something that another site has a part in."""

    code = "beyond_ceiling"

    def __init__(self, what: str = "") -> None:
        super().__init__(
            what or "You are an administrator of other sites only. Ask an administrator of every site that this person works at."
        )
