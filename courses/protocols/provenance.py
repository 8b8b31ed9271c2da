"""Where a protocol's numbers come from, what the desk should know, and how a course may be extended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from courses.protocols.protocol import Phase, TreatmentProtocol


class FactStatus(StrEnum):
    """How far a number can be relied on: read at its source, told by a vendor, not confirmed, or chosen by us."""

    CONFIRMED = "confirmed"
    VENDOR = "vendor"
    UNCONFIRMED = "unconfirmed"
    DESIGN = "design"


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of a protocol with its source. `of` is its path, `[*]` standing for every entry of a list.

    `agrees` is whether the protocol still says `value`: in a copy that a clinic edited, the source no longer speaks for the number.
    """

    of: str
    value: int | float | str | bool
    source: str
    status: FactStatus
    note: str = ""
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the desk should know, with its source where there is one."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """More phases, which a course may be given once what `asks` says is on record; its sessions are numbered on.

    It takes the place of what is not yet given of the phases that it `replaces`.
    """

    title: str
    phases: tuple[Phase, ...]
    asks: str = ""
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProtocolDocument:
    """A protocol with all that its document says beside it."""

    protocol: TreatmentProtocol
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    extension: Extension | None = None

    @property
    def unsigned(self) -> tuple[Fact, ...]:
        """The numbers that need the medical director's sign-off."""
        return tuple(fact for fact in self.facts if needs_sign_off(fact))


def needs_sign_off(fact: Fact) -> bool:
    """Whether the medical director must sign a number off before it is used."""
    return fact.status in {FactStatus.UNCONFIRMED, FactStatus.DESIGN} or not fact.agrees
