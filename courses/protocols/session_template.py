"""What one kind of session is made of: steps in order, and the resources that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from courses.errors import Faulty
from rooms.resources.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a session, in whole minutes."""

    name: str
    minutes: int

    def __post_init__(self) -> None:
        if self.minutes < 1:
            raise Faulty("minutes", f"step {self.name!r} lasts {self.minutes} minutes; at least 1 is needed")


@dataclass(frozen=True, slots=True)
class StepRequirement:
    """A requirement and the steps for which it holds; no steps named means all of them."""

    requirement: Requirement
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """A requirement laid on the session's minutes: booked from `begin` until `end` after the session's start, turnover included."""

    index: int
    requirement: Requirement
    begin: int
    end: int


@dataclass(frozen=True)
class SessionTemplate:
    """Steps follow each other without a gap; the patient is there for all of them."""

    name: str
    steps: tuple[Step, ...]
    requirements: tuple[StepRequirement, ...] = ()

    def __post_init__(self) -> None:
        if not self.steps:
            raise Faulty("steps", f"session template {self.name!r} has no steps")
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names):
            raise Faulty("steps", f"session template {self.name!r} names a step twice")
        for each in self.requirements:
            strange = [step for step in each.steps if step not in names]
            if strange:
                raise Faulty("requirements", f"{strange[0]!r} is no step of {self.name!r}; its steps are {', '.join(names)}")
            places = sorted(names.index(step) for step in each.steps)
            if places and (len(set(places)) != len(places) or places[-1] - places[0] + 1 != len(places)):
                raise Faulty("requirements", f"the steps {', '.join(each.steps)} do not follow each other in {self.name!r}")

    @cached_property
    def minutes(self) -> int:
        """How long the patient is there."""
        return sum(step.minutes for step in self.steps)

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """Each requirement with its minutes after the start."""
        return tuple(self._demand(index, each) for index, each in enumerate(self.requirements))

    def _demand(self, index: int, each: StepRequirement) -> Demand:
        names = [step.name for step in self.steps]
        places = [names.index(step) for step in each.steps] or [0, len(names) - 1]
        begin = sum(step.minutes for step in self.steps[: min(places)])
        end = sum(step.minutes for step in self.steps[: max(places) + 1])
        return Demand(index, each.requirement, begin, end + each.requirement.turnover_minutes)
