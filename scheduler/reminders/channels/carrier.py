"""What every channel does, and what can come of a sending."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Came(StrEnum):
    """What came of a sending. `unknown`: it may have been taken; `passing`: it was surely not, and may be next time."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PASSING = "passing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a sending: the gateway's own id of it, or what it said. `is_down`: the channel itself does not answer, not the address.

    `wait` is how many seconds the gateway asked for.
    """

    came: Came
    reference: str = ""
    detail: str = ""
    is_down: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A visit as a calendar takes it from a mail. `method` is REQUEST, or CANCEL to take it out again."""

    method: str
    content: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over. `id` is ours and stays the same when it is sent again. Only mails have `files`."""

    id: str
    address: str
    subject: str
    text: str
    label: str
    files: tuple[CalendarFile, ...] = ()


class Carrier(Protocol):
    """A channel that sends."""

    @property
    def channel(self) -> str:
        """Which one."""

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a message over. It raises nothing and takes no longer than its timeouts."""

    def close(self) -> None:
        """Give back what is open."""
