"""A version of a checklist: what is asked in one kind of session, and how long a patient is watched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from courses.checklists.item import Item, Moment
from courses.errors import Faulty
from courses.protocols.provenance import Note


@dataclass(frozen=True, slots=True)
class UsedFor:
    """The session templates for which a checklist is used: of a protocol of this modality, with this name; empty: all."""

    modality: str
    templates: tuple[str, ...] = ()
    sessions: tuple[int, ...] = ()
    """Only for the sessions with these numbers; empty: all. Session 1 may have a checklist of its own."""
    several_a_day: bool | None = None
    """Only where the protocol has (or has not) several sessions on one day; None: either way."""

    def serves(self, modality: str, template: str, number: int, *, several_a_day: bool) -> bool:
        """Whether this is for such a session."""
        return (
            self.modality == modality
            and (not self.templates or template in self.templates)
            and (not self.sessions or number in self.sessions)
            and self.several_a_day in (None, several_a_day)
        )

    def may_meet(self, other: UsedFor) -> bool:
        """Whether there may be a session that both are for."""
        return (
            self.modality == other.modality
            and (not self.templates or not other.templates or bool({*self.templates} & {*other.templates}))
            and (not self.sessions or not other.sessions or bool({*self.sessions} & {*other.sessions}))
            and (None in (self.several_a_day, other.several_a_day) or self.several_a_day == other.several_a_day)
        )


@dataclass(frozen=True, slots=True)
class Watch:
    """A patient is not released before `minutes` elapsed minutes after the moment `counted_from`; reports count from `reported_from`."""

    minutes: int
    counted_from: Moment = Moment.LAST_DOSE
    reported_from: Moment = Moment.FIRST_DOSE
    source: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What somebody says by signing. `roles` may; `another`: nobody who signed before. It stands before the release if `before_release`."""

    code: str
    words: str
    roles: tuple[str, ...]
    another: bool = False
    before_release: bool = True


LEAST_WATCH = 120
"""Elapsed minutes after the last dose of a safety program's drug; no clinic may write fewer [REMS-FDA]."""


@dataclass(frozen=True)
class Checklist:
    """`program` is the safety program whose certification, enrollment and monitoring form a dose asks for; empty: none.

    `minutes_between_doses` are the elapsed minutes between two entries that mark a dose. `instructions` are handed over at the release.
    `notes` tell where the numbers beside the items come from.
    """

    code: str
    title: str
    items: tuple[Item, ...]
    used_for: tuple[UsedFor, ...] = ()
    watch: Watch | None = None
    meanings: tuple[Meaning, ...] = ()
    program: str = ""
    minutes_between_doses: int = 0
    late_after_minutes: int = 10
    """From when on what is written down counts as late (reliability bar, section 4.5; 5 to 30)."""
    instructions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        codes = [item.code for item in self.items]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice:
            raise Faulty("items", f"the checklist {self.code!r} asks for {twice!r} twice; give each item a code of its own")
        if not 5 <= self.late_after_minutes <= 30:
            raise Faulty("late_after_minutes", f"{self.late_after_minutes} is not between 5 and 30 minutes")
        if self.program and not self._watches_long_enough:
            said = f"the safety program asks for at least {LEAST_WATCH} minutes, counted from the last dose"
            raise Faulty("watch", f"{said}; write that, or leave `program` out")
        unknown = next((item.below for item in self.items if item.below and item.below not in codes), None)
        if unknown:
            raise Faulty("items", f"`below` names {unknown!r}, which the checklist does not ask for")

    @property
    def _watches_long_enough(self) -> bool:
        return self.watch is not None and self.watch.minutes >= LEAST_WATCH and self.watch.counted_from is Moment.LAST_DOSE

    def serves(self, modality: str, template: str, number: int, *, several_a_day: bool) -> bool:
        """Whether such a session is charted by it."""
        return any(each.serves(modality, template, number, several_a_day=several_a_day) for each in self.used_for)

    def may_meet(self, other: Checklist) -> bool:
        """Whether a session may be charted by both."""
        return any(mine.may_meet(theirs) for mine in self.used_for for theirs in other.used_for)

    @property
    def unsigned(self) -> tuple[Item, ...]:
        """The items that the medical director has to sign off."""
        return tuple(item for item in self.items if item.unconfirmed)

    @cached_property
    def by_code(self) -> dict[str, Item]:
        """Its items by their codes."""
        return {item.code: item for item in self.items}
