"""The work of planning many courses that can be done side by side: tasks, and who does them, in this process or in several."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from multiprocessing.synchronize import Event
from typing import Protocol

from courses.plans.batch.giving_way import Placing, Standing, Way, squeezed
from courses.plans.batch.limit import Check, Limit, TimeUp, no_check
from courses.plans.batch.one_by_one import Clinic
from courses.plans.batch.scarcity import ScarcityPrices, Table
from courses.plans.batch.uses import PATIENT, RESOURCE, Uses, uses_of
from courses.plans.best_plan import Pricer, Situation
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.request import CourseRequest
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Load


@dataclass(frozen=True, slots=True)
class Answer:
    """What the planner said of one course. `proven`: there is no cheaper plan at the prices asked, or no plan at all."""

    course: int
    found: CoursePlan | Unplaceable
    uses: Uses
    proven: bool


class Bench:
    """Where tasks are done: the clinic with its bookings, once bare and once with the courses that a task wants to stay.

    Tasks ask `check` from course to course and from date to date.
    """

    def __init__(self, clinic: Clinic, requests: Sequence[CourseRequest], check: Check = no_check) -> None:
        self.clinic, self.requests, self.check = clinic, requests, check
        self.bare = Calendar(clinic.site, clinic.resources, clinic.held)
        self._pricers: dict[int, Pricer] = {}
        self._filled: Calendar | None = None
        self._there: dict[int, Uses] = {}
        self._ways: dict[int, Way | None] = {}
        self._prices = ScarcityPrices({}, self.bare)

    def prices(self, table: Table) -> ScarcityPrices:
        """The prices of a table; several tasks in turn ask for the same."""
        if table != self._prices.table:
            self._prices = ScarcityPrices(table, self.bare)
        return self._prices

    def priced(self, course: int, prices: ScarcityPrices) -> Answer:
        """One course as if it were alone in the clinic; what depends on no prices is kept for the next time."""
        self.check()
        return self._answer(course, self.bare, self.pricer(course), prices)

    def pricer(self, course: int) -> Pricer:
        """One course as if it were alone in the clinic."""
        if course not in self._pricers:
            self._pricers[course] = self._pricer(course, self.bare, ())
        return self._pricers[course]

    def way(self, course: int) -> Way | None:
        """A course that may give way; None where it may not, as where its patient has other courses."""
        if course not in self._ways:
            request = self.requests[course]
            way = Way(course, request, Situation(self.bare, self.clinic.hours_of(request.patient), self.clinic.weights))
            shared = sum(other.patient == request.patient for other in self.requests) > 1
            self._ways[course] = None if shared or not way.may_give_way else way
        return self._ways[course]

    def beside(self, course: int, prices: ScarcityPrices) -> Answer:
        """One course beside those in the filled calendar."""
        self.check()
        calendar = self._filled or self.bare
        return self._answer(course, calendar, self._pricer(course, calendar, self.busy(course)), prices)

    def _pricer(self, course: int, calendar: Calendar, busy: tuple[Interval, ...]) -> Pricer:
        request = self.requests[course]
        return Pricer(request, Situation(calendar, self.clinic.hours_of(request.patient), self.clinic.weights, busy))

    def _answer(self, course: int, calendar: Calendar, pricer: Pricer, prices: ScarcityPrices) -> Answer:
        """What a course comes to at prices, which are weighed by what its own cost weighs."""
        request = self.requests[course]
        priced = pricer.at(prices.at(1 / request.priority if request.priority > 0 else 0.0))
        found = priced.answer
        uses = uses_of(calendar, request.patient, found) if isinstance(found, CoursePlan) else ()
        return Answer(course, found, uses, priced.proven and request.priority > 0)

    def filled(self, kept: Mapping[int, Uses]) -> Calendar:
        """The calendar in which just these courses have their places."""
        if self._filled is None:
            self._filled = Calendar(self.clinic.site, self.clinic.resources, self.clinic.held)
        for course in [course for course, uses in self._there.items() if kept.get(course) != uses]:
            self.lift(course)
        for course, uses in kept.items():
            if course not in self._there:
                self.take(course, uses)
        return self._filled

    def take(self, course: int, uses: Uses) -> None:
        """Give one course its places in the filled calendar."""
        if self._filled is not None:
            self._there[course] = uses
            self._each(self._filled.take_part, uses)

    def lift(self, course: int) -> None:
        """Take one course out of the filled calendar."""
        if self._filled is not None and course in self._there:
            self._each(self._filled.give_back_part, self._there.pop(course))

    def _each(self, verb: Callable[[str, date, Load], None], uses: Uses) -> None:
        for use in uses:
            if use.place.kind == RESOURCE:
                verb(use.place.name, date.fromordinal(use.place.day), (use.begin, use.end, use.load))

    def busy(self, course: int) -> tuple[Interval, ...]:
        """When the course's patient is taken by courses in the filled calendar."""
        patient = self.requests[course].patient
        mine = [uses for other, uses in self._there.items() if self.requests[other].patient == patient]
        return tuple(use.interval(self.bare) for uses in mine for use in uses if use.place.kind == PATIENT)


class Task(Protocol):
    """Something to do at a bench."""

    def done_at(self, bench: Bench) -> list[Answer]:
        """What comes out."""


@dataclass(frozen=True)
class Pricing:
    """Plan some courses at prices, each as if it were alone in the clinic. Those of one lane are always planned by the same process."""

    courses: tuple[int, ...]
    table: Table
    lane: int

    def done_at(self, bench: Bench) -> list[Answer]:
        """The best plan of each."""
        prices = bench.prices(self.table)
        return [bench.priced(course, prices) for course in self.courses]


@dataclass(frozen=True)
class Turns:
    """Plan some courses one after another beside those that stay; each leaves room for those still to come as the prices say."""

    order: tuple[int, ...]
    kept: Mapping[int, Uses] = field(default_factory=dict)
    table: Table = field(default_factory=dict)

    def done_at(self, bench: Bench) -> list[Answer]:
        """The plan of each, in turn."""
        calendar = bench.filled(self.kept)
        guided, free = bench.prices(self.table), ScarcityPrices({}, calendar)
        answers: list[Answer] = []
        for course in self.order:
            answer = bench.beside(course, free if course == self.order[-1] else guided)
            answers.append(answer)
            if answer.uses:
                bench.take(course, answer.uses)
        return answers


@dataclass(frozen=True)
class MakingWay:
    """Place courses one after another beside plans that keep their dates but may give way within them; then each once more by itself."""

    order: tuple[Placing, ...]
    plans: Mapping[int, CoursePlan]
    kept: Mapping[int, Uses]

    def done_at(self, bench: Bench) -> list[Answer]:
        """The plan of each, and those that gave way."""
        calendar = bench.filled(self.kept)
        plans, found = dict(self.plans), dict[int, Answer]()
        for wanted in self.order:
            for changed, plan in self._placed(bench, calendar, plans, wanted).items():
                bench.lift(changed)
                uses = uses_of(bench.bare, bench.requests[changed].patient, plan)
                bench.take(changed, uses)
                plans[changed], found[changed] = plan, Answer(changed, plan, uses, proven=False)
        for wanted in self.order:
            bench.lift(wanted.course)
            found[wanted.course] = answer = bench.beside(wanted.course, ScarcityPrices({}, bench.bare))
            if answer.uses:
                bench.take(wanted.course, answer.uses)
        return list(found.values())

    def _placed(self, bench: Bench, calendar: Calendar, plans: Mapping[int, CoursePlan], wanted: Placing) -> dict[int, CoursePlan]:
        way = bench.way(wanted.course)
        if way is None:
            return {}
        ways = {other: there for other in plans if (there := bench.way(other)) is not None}
        standing = Standing(bench.bare, ways, plans)
        found = squeezed(way, wanted, standing, calendar, bench.check)
        if found is None:
            return {}
        changed = {wanted.course}
        for on, stays in found:
            for stay in stays:
                standing.move(on, stay)
                changed.add(stay.wish.who[0])
        return {each: bench.pricer(each).as_placed(standing.visits_of(each)) for each in sorted(changed)}


class Crew(Protocol):
    """Does tasks and gives what came out, in the tasks' order."""

    def each(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """What came out, task by task."""


class Alone:
    """Does one task after another."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def each(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """What came out, task by task."""
        for task in tasks:
            self._bench.check()
            yield task.done_at(self._bench)


class _Several:
    """Has each process do one task at a time: pricing of its own lanes first, since the next prices wait for that, then what is next."""

    def __init__(self, processes: Sequence[ProcessPoolExecutor], limit: Limit) -> None:
        self._processes, self._limit = processes, limit
        self._lock, self._idle = threading.Lock(), list(range(len(processes)))
        self._pricing: list[deque[_Waiting]] = [deque() for _ in processes]
        self._others: deque[_Waiting] = deque()

    def each(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        waiting = [_Waiting(task, Future()) for task in tasks]
        with self._lock:
            for one in waiting:
                lane = one.task.lane if isinstance(one.task, Pricing) else None
                (self._others if lane is None else self._pricing[lane % len(self._processes)]).append(one)
        self._go_on()
        return (self._waited_for(one) for one in waiting)

    def _waited_for(self, one: _Waiting) -> list[Answer]:
        """What came out; when time is up only what is there already. Raises `TimeUp`."""
        left = self._limit.left()
        try:
            return one.answers.result(None if left == float("inf") else max(left, 0.0))
        except TimeoutError:
            raise TimeUp from None

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            for queue in (self._others, *self._pricing):
                queue.clear()

    def _go_on(self) -> None:
        with self._lock:
            able = [(n, self._pricing[n] or self._others) for n in self._idle]
            begun = [(n, queue.popleft()) for n, queue in able if queue]
            self._idle = [n for n in self._idle if n not in [other for other, _ in begun]]
        for n, one in begun:
            try:
                self._processes[n].submit(_do, one.task).add_done_callback(partial(self._done, n, one))
            except RuntimeError as error:  # the process is gone
                one.answers.set_exception(error)

    def _done(self, n: int, one: _Waiting, done: Future[list[Answer]]) -> None:
        error = CancelledError() if done.cancelled() else done.exception()
        if error is not None:
            one.answers.set_exception(error)
        else:
            one.answers.set_result(done.result())
        with self._lock:
            self._idle.append(n)
        self._go_on()


@dataclass(frozen=True)
class _Waiting:
    task: Task
    answers: Future[list[Answer]]


GARBAGE = 50_000
"""After so many new objects a process that helps looks for garbage."""

_bench: list[Bench] = []
"""In a process that helps: its bench."""


def _set_up(clinic: Clinic, requests: Sequence[CourseRequest], over: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption is for the process that asked
    gc.freeze()  # what is there already stays; a look through all of it for garbage takes longer than to plan a course
    gc.set_threshold(GARBAGE)
    _bench[:] = [Bench(clinic, requests, partial(_check, over))]


def _check(over: Event) -> None:
    if over.is_set():
        raise TimeUp


def _do(task: Task) -> list[Answer]:
    return task.done_at(_bench[0])


def _can_fork() -> bool:
    """Whether a copy of this process may go on by itself, which begins at once; else new ones have to be set up, which takes seconds."""
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def crew_of(processes: int, clinic: Clinic, requests: Sequence[CourseRequest], limit: Limit) -> Iterator[Crew]:
    """So many processes, each with a bench of its own; with one, this process. What comes out is the same. At the end a task that is
    under way is broken off."""
    if processes < 2:
        yield Alone(Bench(clinic, requests, limit.check))
        return
    context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
    over = context.Event()
    pools = [ProcessPoolExecutor(1, context, _set_up, (clinic, requests, over)) for _ in range(processes)]
    crew = _Several(pools, limit)
    try:
        yield crew
    finally:
        over.set()
        crew.close()
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)
