"""A version of a checklist: what is asked in one kind of session, and how long a patient is watched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from courses.checklists.item import Item, Moment
from courses.errors import Faulty


@dataclass(frozen=True, slots=True)
class UsedFor:
    """The session templates for which a checklist is used: of a protocol of this modality, with this name; empty: all."""

    modality: str
    templates: tuple[str, ...] = ()
    sessions: tuple[int, ...] = ()
    """Only for the sessions with these numbers; empty: all. Session 1 may have a checklist of its own."""


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


@dataclass(frozen=True)
class Checklist:
    """`program` is the safety program whose certification, enrollment and monitoring form a dose asks for; empty: none.

    `minutes_between_doses` are the elapsed minutes between two entries that mark a dose. `instructions` are handed over at the release.
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

    def __post_init__(self) -> None:
        codes = [item.code for item in self.items]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice:
            raise Faulty("items", f"the checklist {self.code!r} asks for {twice!r} twice; give each item a code of its own")
        if not 5 <= self.late_after_minutes <= 30:
            raise Faulty("late_after_minutes", f"{self.late_after_minutes} is not between 5 and 30 minutes")

    @cached_property
    def by_code(self) -> dict[str, Item]:
        """Its items by their codes."""
        return {item.code: item for item in self.items}
