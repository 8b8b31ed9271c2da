"""What a check of the audit trail found."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.access.canonical import Value

LISTED = 100
"""How many findings are told; a trail that is broken once is seldom broken in one place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be so: at which event (None: at none of them), by which rule, and in a sentence."""

    seq: int | None
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How many events there are, up to which one a checkpoint proves them, what was lost by restores, and everything found.

    `unwatched` rows were there before the trail and have not changed since. `is_trusted` says whether a public key was named to know our
    checkpoints by; without it somebody could have made checkpoints of their own.
    """

    events: int
    anchor: str
    checkpoints: int
    proven_up_to: int
    lost_by_restores: int
    unwatched: int
    is_trusted: bool
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def unproven(self) -> int:
        """How many events are younger than the last checkpoint: nobody would see if the last of them were missing."""
        return self.events - self.proven_up_to

    @property
    def first_bad(self) -> int | None:
        """The first event at which something was found."""
        return min((found.seq for found in self.findings if found.seq is not None), default=None)

    def told(self) -> dict[str, Value]:
        """As the trail keeps it."""
        return {
            "events": self.events,
            "checkpoints": self.checkpoints,
            "proven_up_to": self.proven_up_to,
            "findings": len(self.findings),
            "first_bad": self.first_bad,
            "first": self.findings[0].sentence if self.findings else None,
        }

    def sentences(self) -> list[str]:
        """The whole of it for a person."""
        said = [found.sentence for found in self.findings[:LISTED]]
        if len(self.findings) > LISTED:
            said.append(f"... and {len(self.findings) - LISTED} more.")
        if self.lost_by_restores:
            said.append(f"{self.lost_by_restores} events were lost when a backup was restored; a signed checkpoint says so.")
        if self.unproven:
            said.append(f"Unproven tail: the last {self.unproven} events are younger than the last checkpoint.")
        if self.checkpoints and not self.is_trusted:
            said.append("No public key is named (CHAIRTIME_AUDIT_PUBLIC_KEY), so that the checkpoints may be anybody's.")
        if self.unwatched:
            said.append(f"{self.unwatched} rows are older than the trail and have not changed since.")
        return said
