"""A treatment protocol: phases in order, how their sessions are spaced, and which kind of session each is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from courses.errors import Faulty
from courses.protocols.session_template import SessionTemplate


@dataclass(frozen=True, slots=True)
class Spacing:
    """How the sessions of a phase lie to each other and to those before. Dates are local; a week is Monday to Sunday."""

    per_week: int | None = None
    per_7_days: int | None = None
    per_day: int = 1
    min_gap_days: int = 1
    max_gap_days: int | None = None
    min_gap_minutes: int = 0
    max_gap_minutes: int = 24 * 60
    weekdays: frozenset[int] | None = None
    """0 is Monday; None is any."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a course. One of `sessions`, `weekly` (blocks) and `windows` (days after the phase before) says how many sessions."""

    name: str
    spacing: Spacing = Spacing()
    sessions: int | None = None
    weekly: tuple[int, ...] = ()
    windows: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if sum((self.sessions is not None, bool(self.weekly), bool(self.windows))) != 1:
            raise Faulty(f"phases.{self.name}", "a phase says how many sessions it has by one of sessions, weekly and windows")
        if self.n_sessions < 1:
            raise Faulty(f"phases.{self.name}", "a phase has at least one session")

    @property
    def n_sessions(self) -> int:
        """How many sessions the phase holds."""
        return self.sessions if self.sessions is not None else sum(self.weekly) + len(self.windows)


@dataclass(frozen=True, slots=True)
class SessionSlot:
    """The place of one session in a course: its number, phase and the spacing that binds it."""

    number: int
    phase: str
    spacing: Spacing
    phase_begins: int
    """How many sessions come before the phase."""
    later_week: bool = False
    """It opens a block that must start in a later ISO week than the session before it."""
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SessionRule:
    """Which template a session uses: those numbered so, or every so many, or (neither) all that are left."""

    template: str
    sessions: frozenset[int] | None = None
    every: int | None = None

    def fits(self, number: int) -> bool:
        """Whether the rule speaks of a session."""
        return (self.sessions is None or number in self.sessions) and (self.every is None or number % self.every == 0)


@dataclass(frozen=True, slots=True)
class Reserve:
    """Room kept for courses of a protocol: this share of what each date holds of their scarcest resource, until so many days before."""

    share: float
    until_days: int

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise Faulty("share", f"{self.share:g} is no share of a day; use a number above 0 and up to 1, such as 0.1")
        if self.until_days < 0:
            raise Faulty("until_days", f"{self.until_days} is below 0; use 0 to keep the room until the date itself")


@dataclass(frozen=True)
class TreatmentProtocol:
    """What should happen to a patient under a treatment, session by session. Immutable once published."""

    id: str
    title: str
    modality: str
    phases: tuple[Phase, ...]
    templates: dict[str, SessionTemplate]
    rules: tuple[SessionRule, ...]
    late_allowed: frozenset[int] = frozenset()
    """Sessions that may be later than `max_gap_days` after the one before, as a person decided for one course."""
    reserve: Reserve | None = None
    """Room that courses of other protocols leave to those of this one, who cannot wait."""

    def __post_init__(self) -> None:
        if not self.phases:
            raise Faulty("phases", f"protocol {self.id!r} has no phases")
        names = [phase.name for phase in self.phases]
        if len(set(names)) != len(names):
            raise Faulty("phases", f"protocol {self.id!r} names a phase twice")
        for slot in self.slots:
            self.template_of(slot.number)

    @cached_property
    def slots(self) -> tuple[SessionSlot, ...]:
        """The protocol's sessions in order, blocks and windows unfolded."""
        found: list[SessionSlot] = []
        for phase in self.phases:
            found += _unfold(phase, len(found))
        return tuple(self._allowed_late(slot) if slot.number in self.late_allowed else slot for slot in found)

    def _allowed_late(self, slot: SessionSlot) -> SessionSlot:
        return replace(slot, spacing=replace(slot.spacing, max_gap_days=None))

    @property
    def n_sessions(self) -> int:
        """How many sessions the whole course has."""
        return len(self.slots)

    def template_of(self, number: int) -> SessionTemplate:
        """What session `number` (from 1) is made of. Raises `Faulty` where no rule speaks of it or its template is missing."""
        for rule in self.rules:
            if rule.fits(number):
                if rule.template not in self.templates:
                    raise Faulty("session_rules", f"{rule.template!r} is no session template of protocol {self.id!r}")
                return self.templates[rule.template]
        raise Faulty("session_rules", f"no rule says what session {number} of protocol {self.id!r} is; end with a rule without a condition")

    def allowing_late(self, *numbers: int) -> TreatmentProtocol:
        """The protocol with no longest gap before some sessions."""
        return replace(self, late_allowed=self.late_allowed | set(numbers))

    def extended(self, phases: tuple[Phase, ...]) -> TreatmentProtocol:
        """The protocol with more phases after its last."""
        return replace(self, phases=self.phases + phases)


def _unfold(phase: Phase, before: int) -> list[SessionSlot]:
    if phase.weekly:
        return [
            SessionSlot(
                before + sum(phase.weekly[:block]) + k + 1, phase.name, replace(phase.spacing, per_week=size), before, block > 0 and k == 0
            )
            for block, size in enumerate(phase.weekly)
            for k in range(size)
        ]
    windows: tuple[tuple[int, int] | None, ...] = phase.windows or (None,) * phase.n_sessions
    return [SessionSlot(before + k + 1, phase.name, phase.spacing, before, window=window) for k, window in enumerate(windows)]
