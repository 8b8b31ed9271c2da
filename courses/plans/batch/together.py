"""Many courses planned together, with a bound that no plan can undercut: those that share nothing apart from each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from courses.plans.batch.best_so_far import gap_between
from courses.plans.batch.crew import Answer, Crew, MakingWay, Pricing, Task, Turns, crew_of
from courses.plans.batch.limit import Limit, Standing, TimeUp, Watch, no_watch
from courses.plans.batch.one_by_one import Clinic
from courses.plans.batch.part import Part
from courses.plans.batch.uses import Uses
from courses.plans.plan import ClinicPlan, CoursePlan, Unplaceable
from courses.plans.request import CourseRequest
from rooms.resources.resource import Resource

AT_ONCE = 2
"""So many parts have a round under way: what one needs is thought of while others work for the other."""


def plan_together(
    clinic: Clinic,
    requests: Sequence[CourseRequest],
    *,
    limit: Limit,
    seed: int = 0,
    progress: Watch = no_watch,
    processes: int = 1,
) -> ClinicPlan:
    """Answers for all courses: as few as can be without a place, weighed by priority, then the least objective, with a proven bound.

    Begins with the courses one by one and never gets worse. An interruption (`KeyboardInterrupt`) ends it with the best plan so far.
    The same rounds with the same seed give the same plan, with any number of `processes`. All bookings that are there stay as they are.
    Courses that share no resource and no patient are parts of their own; rounds are counted part by part.
    """
    courses = parts_of(clinic.resources, requests)
    parts = _Parts(requests, courses, [Part(clinic, [requests[course] for course in each], limit, seed) for each in courses])
    with suppress(TimeUp, KeyboardInterrupt), crew_of(processes, clinic, requests, limit) as crew:
        try:
            parts.run(crew, progress)
        except TimeUp:
            parts.end_early()
    return parts.plan()


def parts_of(resources: Sequence[Resource], requests: Sequence[CourseRequest]) -> list[list[int]]:
    """The courses, by their places, in parts that share neither a resource nor a patient."""
    able: dict[str, set[str]] = {}
    for resource in resources:
        for capability in resource.capabilities:
            able.setdefault(capability, set()).add(resource.id)
    parts: list[tuple[set[str], list[int]]] = []
    for course, request in enumerate(requests):
        needs = {f"patient {request.patient}"}
        for template in request.protocol.templates.values():
            for demand in template.demands:
                if demand.requirement.load != 0:
                    needs |= {f"resource {resource}" for resource in able.get(demand.requirement.capability, ())}
        bound = [part for part in parts if not part[0].isdisjoint(needs)]
        parts = [part for part in parts if part[0].isdisjoint(needs)]
        together = sorted([course, *(other for _, others in bound for other in others)])
        parts.append((needs.union(*(part[0] for part in bound)), together))
    return sorted(courses for _, courses in parts)


class _Parts:
    """All parts; the one that promises most has the next round."""

    def __init__(self, requests: Sequence[CourseRequest], courses: Sequence[Sequence[int]], parts: Sequence[Part]) -> None:
        self._requests, self._courses, self._parts = requests, courses, parts

    def run(self, crew: Crew, progress: Watch) -> None:
        """Rounds until the limit, or until nothing better is found in any part."""
        going: dict[int, Iterator[None]] = {}
        for index, (courses, part) in enumerate(zip(self._courses, self._parts, strict=True)):
            rounds = part.rounds(_Translating(crew, courses))
            if next(rounds, part) is None:
                going[index] = rounds
            progress(self.standing())
        under_way: deque[int] = deque()
        while going:
            waiting = [index for index in going if index not in under_way]
            if waiting and len(under_way) < AT_ONCE:
                most = max(waiting, key=lambda index: (self._parts[index].promise(), -index))
                under_way.append(most)
            else:
                most = under_way.popleft()
            if next(going[most], self) is not None:
                del going[most]
                under_way = deque(index for index in under_way if index != most)
            progress(self.standing())

    def end_early(self) -> None:
        """When time is up: what came of neighborhoods until now still counts."""
        for part in self._parts:
            part.end_early()

    def standing(self) -> Standing:
        """How it stands."""
        objective, bound = self._objective(), self._bound()
        n_left_out = sum(part.n_left_out() for part in self._parts)
        return Standing(sum(part.n_rounds for part in self._parts), objective, bound, gap_between(objective, bound), n_left_out)

    def _objective(self) -> float:
        return sum(part.best.value()[1] for part in self._parts)

    def _bound(self) -> float | None:
        bounds = [part.bound() for part in self._parts]
        return None if None in bounds else sum(bound for bound in bounds if bound is not None)

    def plan(self) -> ClinicPlan:
        """The best plan so far, with what is proven of it."""
        found: dict[int, CoursePlan | Unplaceable] = {}
        for courses, part in zip(self._courses, self._parts, strict=True):
            found |= dict(zip(courses, part.best.found(), strict=True))
        objective, bound = self._objective(), self._bound()
        answers = tuple(found[course] for course in range(len(self._requests)))
        return ClinicPlan(answers, objective, bound=bound, gap=gap_between(objective, bound))


class _Translating:
    """A crew for one part, which counts its own courses only."""

    def __init__(self, crew: Crew, courses: Sequence[int]) -> None:
        self._crew, self._courses = crew, courses
        self._own = {course: own for own, course in enumerate(courses)}

    def each(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """What came out, task by task."""
        done = self._crew.each([self._told(task) for task in tasks])
        return ([replace(answer, course=self._own[answer.course]) for answer in answers] for answers in done)

    def _told(self, task: Task) -> Task:
        if isinstance(task, Pricing):
            return Pricing(self._all(task.courses), task.table, task.lane)
        if isinstance(task, Turns):
            kept: Mapping[int, Uses] = {self._courses[own]: uses for own, uses in task.kept.items()}
            return Turns(self._all(task.order), kept, task.table)
        if isinstance(task, MakingWay):
            order = tuple(replace(wanted, course=self._courses[wanted.course]) for wanted in task.order)
            plans = {self._courses[own]: plan for own, plan in task.plans.items()}
            return MakingWay(order, plans, {self._courses[own]: uses for own, uses in task.kept.items()})
        raise TypeError(f"no such task: {task}")

    def _all(self, courses: Sequence[int]) -> tuple[int, ...]:
        return tuple(self._courses[own] for own in courses)
