"""Courses that share what they need, planned together: prices of scarce time, plans at those prices, and their best combination.

Column generation over the exact planner of one course. Every step is the same on every machine; time only decides which step is the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from courses.plans.batch.ascent import Ascent
from courses.plans.batch.best_so_far import BestSoFar, gap_between, is_whole, safely_below
from courses.plans.batch.building import Building
from courses.plans.batch.by_dates import Dates
from courses.plans.batch.columns import Column, Columns
from courses.plans.batch.crew import Answer, Crew, Pricing, Task, Turns
from courses.plans.batch.limit import Limit, TimeUp
from courses.plans.batch.neighbors import Guide, Neighbors
from courses.plans.batch.one_by_one import Clinic, plan_clinic
from courses.plans.batch.scarcity import Bottleneck, ScarcityPrices, Table, Vector, overfilled
from courses.plans.batch.solver import choose, has_solver
from courses.plans.batch.uses import Room, Uses, uses_of
from courses.plans.batch.worth import Tried, Worth
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.request import CourseRequest
from rooms.bookings.calendar import Calendar

LANES = 8
"""Into so many tasks the pricing of all courses is divided."""
BEGUN = 5
"""A part counts as if so many rounds had gone into it before the first, so that no part waits for all others to be done."""
GIVING_WAY, AROUND = 2, 4
"""So many neighborhoods in which others give way, and around so many mixtures, are tried side by side."""
FOR_ONE_MORE = 6
"""One more of the former for so many courses."""
RISING, LATELY, SELDOM, OFTEN = 0.02, 10, 10, 2
"""While the bound rises by such a share in so many rounds, it is asked after so many what came of neighborhoods; else after so few."""
PROVEN = 1e-5
"""A smaller gap is rounding."""
CROWDED = 1e-3
"""What a mixture overfills by less is left."""
CALM = 25
"""After so many rounds with no better plan and no better bound there is nothing more to be found."""
CHOICE_EVERY = 25
"""After so many rounds the columns are weighed against each other."""
MOST_COLUMNS = 600
"""So many columns, the most promising ones, are weighed against each other at once."""


@dataclass(frozen=True)
class _Anew:
    """Neighborhoods that others plan, to be asked about after so many rounds: beside which answers, what each takes of other plans, and
    what comes of it."""

    until: int
    beside: Sequence[Answer]
    taken: Sequence[Sequence[Column]]
    done: Iterator[list[Answer]]


class Part:
    """Courses of a clinic that nothing binds to its other courses. Begins with the courses one by one and never gets worse."""

    def __init__(self, clinic: Clinic, requests: Sequence[CourseRequest], limit: Limit, seed: int) -> None:
        self.clinic, self.requests, self.limit = clinic, requests, limit
        self.calendar = Calendar(clinic.site, clinic.resources)
        self.room = Room(clinic, self.calendar, requests)
        self.columns = Columns(request.priority for request in requests)
        self.chance = np.random.default_rng(seed)
        self.whole = is_whole(requests, clinic.weights)
        first = plan_clinic(replace(clinic, movable={}), requests).courses
        self.best = BestSoFar(requests, [self._answer(course, found) for course, found in enumerate(first)])
        self.wanted: dict[int, Answer] = {}
        self.aims: dict[int, Uses] = {}
        self.penalties: list[float] = []
        self.worth = Worth()
        self.n_rounds = 0
        self._bounds: list[float] = []
        self._anew: _Anew | None = None

    def _answer(self, course: int, found: CoursePlan | Unplaceable) -> Answer:
        uses = uses_of(self.calendar, self.requests[course].patient, found) if isinstance(found, CoursePlan) else ()
        return Answer(course, found, uses, proven=False)

    def _cost(self, answer: Answer) -> float:
        return self.requests[answer.course].priority * answer.found.cost.total if isinstance(answer.found, CoursePlan) else 0.0

    def rounds(self, crew: Crew) -> Iterator[None]:
        """Round after round until the limit, or until nothing better is found. It stops for others before each, and while each is under
        way."""
        self._plan_each_alone(crew)
        self._keep(self.best.answers)
        overfull = partial(overfilled, self.room, by=CROWDED)
        ascent = Ascent(self.worth, self.columns.all, overfull, self.penalties, self.limit.check)
        neighbors = Neighbors(self.requests, list(self.wanted), self.room, self.chance)
        building = Building(neighbors.by_weight(self.best))
        built = None if building.done else self._done(crew, [building.task()])
        tried, calm, chosen_of = self._tried_first(crew), 0, 0
        while self.wanted and not self._is_proven() and calm < CALM and self.limit.allows(self.n_rounds):
            yield
            before, was_settled = (self.best.value(), self.worth.bound), ascent.settled()
            duals = None if was_settled else ascent.next(tried, self.best.value()[1])
            priced = iter(()) if duals is None else self._priced(crew, duals)
            if built is None and not building.done:
                built = self._done(crew, [building.task()])
            if built is None and self._anew is None:
                self._anew = self._begin(crew, self._neighborhoods(neighbors, ascent), self._patience(ascent))
            yield
            if duals is not None:
                tried = self._learn(_in_order(priced), duals)
            self.n_rounds += 1
            is_building = built is not None
            if built is not None:
                self._build(building, *built)
                built = None
            elif self._anew is not None and self._anew.until <= self.n_rounds:
                self._end_neighborhoods()
            due = self.n_rounds % CHOICE_EVERY == 0 or ascent.settled() != was_settled
            if due and has_solver() and len(self.columns.all) > chosen_of:
                self._choose()
                chosen_of = len(self.columns.all)
            calm = calm + 1 if not is_building and before == (self.best.value(), self.worth.bound) else 0
        self._end_neighborhoods()
        self._last_look(crew)

    def end_early(self) -> None:
        """When time is up: take what came until now of neighborhoods under way."""
        with suppress(TimeUp):
            self._end_neighborhoods()

    def _plan_each_alone(self, crew: Crew) -> None:
        """Each course as if it were the only one. One that has no place even so has none in any plan."""
        for answer in _in_order(self._done(crew, self._pricing({}, range(len(self.requests))))):
            if isinstance(answer.found, CoursePlan):
                self.wanted[answer.course] = answer
            else:
                self.best.answers[answer.course] = answer
        dearest = max((request.priority * self._own_cost(course) for course, request in enumerate(self.requests)), default=0.0)
        self.penalties = [(request.priority or 1.0) * (10 * dearest + 1000) for request in self.requests]

    def _own_cost(self, course: int) -> float:
        found = self.best.answers[course].found
        return found.cost.total if isinstance(found, CoursePlan) else 0.0

    def _tried_first(self, crew: Crew) -> Tried:
        """At nothing, then at what dates alone are worth."""
        tried = self._learn(list(self.wanted.values()), self.worth.best())
        for one, _ in (found := self._of_dates()):
            self.worth.bottlenecks.add(one)
        if not found:
            return tried
        duals = np.array([dual for _, dual in found])
        return self._learn(_in_order(self._priced(crew, duals)), duals)

    def _of_dates(self) -> list[tuple[Bottleneck, float]]:
        if len(self.wanted) < 2 or self._is_proven():
            return []
        cost = {course: self._own_cost(course) for course in self.wanted}
        dates = Dates(self.clinic, self.requests, cost, self.room, self.limit.check)
        return dates.worth(self.penalties, self.best.value()[1])

    def _neighborhoods(self, neighbors: Neighbors, ascent: Ascent) -> list[tuple[list[Column], Task]]:
        """What to plan anew, and with what of other plans: neighborhoods of the best plan, and what a mixture says."""
        guide = self._guide(ascent)
        found: list[tuple[list[Column], Task]] = [neighbors.around(self.best, guide) for _ in range(AROUND)] if guide.mixture else []
        found += [neighbors.from_nothing(guide.table)] if self._left_out() else []
        found += [neighbors.making_way(self.best, guide) for _ in range(GIVING_WAY + len(self.wanted) // FOR_ONE_MORE)]
        if (swapped := neighbors.swapped(self.best, guide)) is not None:
            found.append(swapped)
        return [*found, neighbors.some(self.best, guide)]

    def _patience(self, ascent: Ascent) -> int:
        """In how many rounds to ask what became of neighborhoods. While the bound rises much, better prices are worth more."""
        if ascent.settled():
            return 1
        much = RISING * abs(self.worth.bound)
        is_rising = len(self._bounds) < LATELY or self._bounds[-1] - self._bounds[0] > much
        return SELDOM if is_rising and ascent.promised() > much else OFTEN

    def _guide(self, ascent: Ascent) -> Guide:
        table = self.worth.bottlenecks.priced(self.worth.best().tolist())
        prices = ScarcityPrices(table, self.calendar)
        placed = [answer for answer in self.best.answers if isinstance(answer.found, CoursePlan)]
        excess = {a.course: self._cost(a) + prices.total(a.uses) - self.worth.least.get(a.course, 0.0) for a in placed}
        return Guide(table, excess, self.aims, [(self.columns.all[index], share) for index, share in ascent.mixture()])

    def _begin(self, crew: Crew, neighborhoods: Sequence[tuple[list[Column], Task]], patience: int) -> _Anew:
        taken, tasks = [taken for taken, _ in neighborhoods], [task for _, task in neighborhoods]
        return _Anew(self.n_rounds + patience, self.best.answers, taken, self._done(crew, tasks))

    def _end_neighborhoods(self) -> None:
        """Take the best outcome of what was planned anew, and of the others what goes with it."""
        anew, self._anew = self._anew, None
        if anew is None:
            return
        outcomes: list[dict[int, Answer]] = []
        try:
            for taken, answers in zip(anew.taken, anew.done, strict=True):
                self._keep(answers)
                there = {column.course: Answer(column.course, column.plan, column.uses, proven=False) for column in taken}
                outcomes.append(dict(enumerate(anew.beside)) | there | {answer.course: answer for answer in answers})
        finally:  # also of those that came in time
            self.best.take_together(outcomes, anew.beside, self.room)

    def _build(self, building: Building, answers: Sequence[Answer]) -> None:
        building.take(answers)
        if building.done:
            self._keep(building.answers.values())
            self.best.take(building.answers)

    def _priced(self, crew: Crew, duals: Vector) -> Iterator[list[Answer]]:
        """The answers of all courses at multipliers, some at a time."""
        return self._done(crew, self._pricing(self.worth.bottlenecks.priced(duals.tolist()), list(self.wanted)))

    def _pricing(self, table: Table, courses: Sequence[int]) -> list[Task]:
        lanes = {lane: tuple(course for course in courses if course % LANES == lane) for lane in range(LANES)}
        return [Pricing(of_lane, table, lane) for lane, of_lane in lanes.items() if of_lane]

    def _done(self, crew: Crew, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        return crew.each(tasks)

    def _learn(self, answers: Sequence[Answer], duals: Vector) -> Tried:
        prices = ScarcityPrices(self.worth.bottlenecks.priced(duals.tolist()), self.calendar)
        least = {answer.course: self._least(answer, prices) for answer in answers}
        tried = Tried(duals, least, [answer.uses for answer in answers])
        if self.worth.learn(tried):
            self.aims = {answer.course: answer.uses for answer in answers}
        self._bounds = [*self._bounds, self.worth.bound][-LATELY:]
        self._keep(answers)
        return tried

    def _least(self, answer: Answer, prices: ScarcityPrices) -> float:
        """What no plan of the course undercuts at prices: the answer's own cost if that is proven, else what it costs alone, if that is."""
        if answer.proven:
            return self._cost(answer) + prices.total(answer.uses)
        alone = self.wanted[answer.course]
        return self._cost(alone) if alone.proven else 0.0

    def _keep(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            if isinstance(answer.found, CoursePlan):
                self.columns.add(answer.course, answer.found, answer.uses)

    def _choose(self) -> None:
        """Look for a better combination of the columns seen so far."""
        promising = self._promising()
        columns = [self.columns.all[index] for index in promising]
        first = [at for at, column in enumerate(columns) if self.best.answers[column.course].uses == column.uses]
        chosen = choose(columns, self.room, self.penalties, first, self.limit.left())
        if chosen is not None:
            found = {columns[at].course: columns[at] for at in chosen}
            self.best.take({course: Answer(course, column.plan, column.uses, proven=False) for course, column in found.items()})

    def _promising(self) -> list[int]:
        """The columns that a better plan may have, by what they cost above the least at the best prices; the best plan's own first."""
        prices = ScarcityPrices(self.worth.bottlenecks.priced(self.worth.best().tolist()), self.calendar)
        room = float("inf") if self._left_out() else self.best.value()[1] - self.worth.bound
        own = {answer.course: answer.uses for answer in self.best.answers}
        above: list[tuple[float, int]] = []
        for index, column in enumerate(self.columns.all):
            excess = column.cost + prices.total(column.uses) - self.worth.least[column.course]
            if own[column.course] == column.uses:
                above.append((float("-inf"), index))
            elif excess <= room + 1e-6:
                above.append((excess, index))
        return sorted(index for _, index in sorted(above)[:MOST_COLUMNS])

    def _last_look(self, crew: Crew) -> None:
        """Each course once more beside all others, as none of its neighbors may need room any more."""
        for course in self.best.placed():
            (answers,) = self._done(crew, [Turns((course,), self.best.uses(without=[course]))])
            self.best.take({course: answers[0]})

    def bound(self) -> float | None:
        """What no plan undercuts in which every course has a place that can have one; None while ours leaves such a course out."""
        worth = self.worth
        if self._left_out() or worth.bound == float("-inf"):
            return None
        return min(safely_below(worth.bound, worth.magnitude, self.whole), self.best.value()[1])

    def gap(self) -> float | None:
        """How far the best plan is above the bound."""
        return gap_between(self.best.value()[1], self.bound())

    def _is_proven(self) -> bool:
        gap = self.gap()
        return gap is not None and gap <= PROVEN

    def _left_out(self) -> list[int]:
        """The courses without a place that would have one if they were alone."""
        return [course for course in self.wanted if not isinstance(self.best.answers[course].found, CoursePlan)]

    def n_left_out(self) -> int:
        """How many courses have no place."""
        return len(self.requests) - len(self.best.placed())

    def promise(self) -> float:
        """How much better a plan may still be, so far as is known, for every round that went into it."""
        bound = self.worth.bound if self._left_out() else self.bound()
        return (self.best.value()[1] - max(bound if bound is not None else 0.0, 0.0)) / (self.n_rounds + BEGUN)


def _in_order(priced: Iterable[list[Answer]]) -> list[Answer]:
    return sorted((answer for answers in priced for answer in answers), key=lambda answer: answer.course)
