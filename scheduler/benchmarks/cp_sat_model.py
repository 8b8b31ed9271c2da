"""One course as a CP-SAT model: for each session one of its starts, tables of the resources that are free then, and the whole objective.

The only file that needs the extra `solver`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil, inf, lcm

from ortools.sat.python import cp_model

from courses.plans.plan import PlannedSession, Seat
from courses.protocols.session_template import Demand
from rooms.resources.resource import Resource
from scheduler.benchmarks.cp_sat_bounds import TOLERANCE, Worthwhile
from scheduler.benchmarks.cp_sat_choices import Choices, Effort, Outcome, Relation, Sessions

Start = tuple[int, int]
"""A day (ordinal) and an elapsed minute of it."""
Literal = cp_model.IntVar
EPOCH = datetime(2000, 1, 3, tzinfo=UTC)


class CourseModel:
    """Variables, rules and objective of one course. With a home time, spread is counted from there."""

    def __init__(self, worthwhile: Worthwhile) -> None:
        self.choices, self.model, self._home = worthwhile.choices, cp_model.CpModel(), worthwhile.home
        choices, self._worthwhile = worthwhile.choices, worthwhile
        self._n = len(choices.slots)
        self._scale, self._weights = _whole_weights(choices)
        self._terms: list[cp_model.LinearExprT] = []
        self._never = self.model.new_constant(0)
        self._by_turn = {turn: self._days_of_turn(turn) for turn in worthwhile.days}
        self._chosen = [self._starts(at) for at in range(self._n)]
        self._minute = [self._start_minute(at) for at in range(self._n)]
        self._same = {at: self._same_date(at) for at in range(self._n) if self._may_join(at)}
        self._seats: dict[tuple[int, int], dict[str, Literal]] = {}
        self._rules()
        self._resources()
        self._objective()

    # Dates and starts.

    def _days_of_turn(self, turn: int) -> dict[int, Literal]:
        days = {day: self.model.new_bool_var(f"on {turn} {day}") for day in self._worthwhile.days[turn]}
        self.model.add_exactly_one(days.values())
        return days

    def _on(self, at: int) -> dict[int, Literal]:
        return self._by_turn[self.choices.turns[at]]

    def _starts(self, at: int) -> dict[Start, Literal]:
        found: dict[Start, Literal] = {}
        for day, on in self._on(at).items():
            starts = {(day, minute): self.model.new_bool_var(f"start {at} {day} {minute}") for minute in self._worthwhile.starts(at, day)}
            self.model.add(sum(starts.values()) == on)
            found |= starts
        return found

    def _start_minute(self, at: int) -> Literal:
        minutes = {start: _minutes(self.choices.day(start[0]).instant(start[1]) - EPOCH) for start in self._chosen[at]}
        known = self.model.new_int_var_from_domain(cp_model.Domain.from_values(list(minutes.values())), f"minute {at}")
        self.model.add(sum(minutes[start] * chosen for start, chosen in self._chosen[at].items()) == known)
        return known

    def _may_join(self, at: int) -> bool:
        return self.choices.may_share_date(at) and self.choices.turns[at] == at

    def _same_date(self, at: int) -> Literal:
        """Whether a session that may be on the date of the one before it is."""
        both = []
        before, here = self._on(at - 1), self._on(at)
        for day in here.keys() & before.keys():
            both.append(joined := self.model.new_bool_var(f"both {at} {day}"))
            self.model.add_bool_and(before[day], here[day]).only_enforce_if(joined)
            self.model.add_bool_or(~before[day], ~here[day], joined)
        same = self.model.new_bool_var(f"same {at}")
        self.model.add(sum(both) == same)
        return same

    def _rules(self) -> None:
        for relation in self.choices.relations:
            self._relate(relation)
        for at in range(1, self._n):
            spacing, lasts = self.choices.slots[at].spacing, self.choices.templates[at - 1].minutes
            apart = self._minute[at] - self._minute[at - 1]
            least, most = (spacing.min_gap_minutes, spacing.max_gap_minutes) if spacing.per_day > 1 else (0, 24 * 60)
            if at in self._same:
                self.model.add_linear_constraint(apart, lasts + least, lasts + most).only_enforce_if(self._same[at])
            elif self.choices.turns[at] != at:
                self.model.add_linear_constraint(apart, lasts + least, lasts + most)

    def _relate(self, relation: Relation) -> None:
        """Date by date: the later session is no earlier than the relation allows, and no later."""
        before, after = self._on(relation.earlier), self._on(relation.later)
        least = {day: relation.least(day) for day in before}
        for day in after:
            self.model.add(
                sum(on for each, on in after.items() if each <= day) <= sum(on for each, on in before.items() if least[each] <= day)
            )
        if relation.most is None:
            return
        most = {day: relation.most(day) for day in before}
        for day in after:
            self.model.add(
                sum(on for each, on in after.items() if each >= day) <= sum(on for each, on in before.items() if most[each] >= day)
            )

    # Resources.

    def _resources(self) -> None:
        bound = set(self.choices.entangled())
        for at, template in enumerate(self.choices.templates):
            for demand in template.demands:
                if demand.requirement.continuity or (at, demand.index) in bound:
                    self._seats[at, demand.index] = self._seat(at, demand)
        for resource in self.choices.clinic.resources:
            self._capacity(resource, [key for key in sorted(bound) if resource.id in self._seats[key]])

    def _seat(self, at: int, demand: Demand) -> dict[str, Literal]:
        """Which resources meet a requirement: so many of those that are free at the start chosen."""
        seats: dict[str, Literal] = {}
        for resource in self.choices.calendar.pool(demand.requirement.capability):
            able = {day: self.choices.bears(resource, demand, day) for day in self._on(at)}
            free = [chosen for (day, minute), chosen in self._chosen[at].items() if able[day] >> minute & 1]
            if not free:
                continue
            seats[resource.id] = seat = self.model.new_bool_var(f"seat {at} {demand.index} {resource.id}")
            if 2 * len(free) <= len(self._chosen[at]):
                self.model.add(sum(free) >= seat)
            else:
                taken = [chosen for (day, minute), chosen in self._chosen[at].items() if not able[day] >> minute & 1]
                self.model.add(sum(taken) + seat <= 1)
        self.model.add(sum(seats.values()) == demand.requirement.count)
        return seats

    def _capacity(self, resource: Resource, wanting: Sequence[tuple[int, int]]) -> None:
        """What the course puts on a resource, beside what is on it already, is within its capacity at every minute."""
        if not wanting:
            return
        intervals, loads = [], []
        for at, index in wanting:
            demand = self.choices.templates[at].demands[index]
            begin, lasts = self._minute[at] + demand.begin, demand.end - demand.begin
            seat = self._seats[at, index][resource.id]
            intervals.append(self.model.new_optional_interval_var(begin, lasts, begin + lasts, seat, f"use {at} {index} {resource.id}"))
            loads.append(demand.requirement.load_on(resource.capacity))
        for since, until, load in self._held(resource):
            intervals.append(self.model.new_fixed_size_interval_var(since, until - since, f"held {resource.id} {since}"))
            loads.append(min(load, resource.capacity))
        self.model.add_cumulative(intervals, loads, resource.capacity)

    def _held(self, resource: Resource) -> Iterator[tuple[int, int, int]]:
        """What is on a resource already: from, until and how much, in stretches that do not overlap."""
        turns: dict[int, int] = defaultdict(int)
        for name, interval, load in self.choices.clinic.held:
            if name == resource.id:
                turns[_minutes(interval.starts_at - EPOCH)] += load
                turns[-_minutes(EPOCH - interval.ends_at)] -= load
        total, moments = 0, sorted(turns)
        for since, until in pairwise(moments):
            total += turns[since]
            if total:
                yield since, until, total

    # The objective.

    def _objective(self) -> None:
        for at in range(self._n):
            if self.choices.has_ideal:
                self._terms += [self._weights[0] * (day - self.choices.ideal[at]) * on for day, on in self._on(at).items()]
            window = self.choices.request.window
            if window is not None:
                outside = [chosen for start, chosen in self._chosen[at].items() if not window.holds(self.choices.wall(*start))]
                self._terms += [self._weights[1] * chosen for chosen in outside]
        if self._weights[2]:
            self._spread()
        if self._weights[3]:
            self._terms += [self._weights[3] * change for change in self._changes()]
        self.model.minimize(sum(self._terms))

    def better_than(self, cost: float) -> None:
        """Only plans that cost less are wanted."""
        self.model.add(sum(self._terms) <= ceil(cost * self._scale - TOLERANCE) - 1)

    def _counted(self) -> list[int]:
        """The sessions whose starts are compared: of phases with several a day the first of each date."""
        return [at for at in range(self._n) if self.choices.turns[at] == at]

    def _spread(self) -> None:
        step = self.choices.clinic.site.granularity_minutes
        walls = sorted({self.choices.wall(*start) // step for at in self._counted() for start in self._chosen[at]})
        if self._home is None:
            home = self.model.new_int_var_from_domain(cp_model.Domain.from_values(walls), "home")
        for at in self._counted():
            clock = {start: self.choices.wall(*start) // step for start in self._chosen[at]}
            if self._home is not None:
                away = sum(abs(clock[start] - self._home // step) * chosen for start, chosen in self._chosen[at].items())
                apart = self.model.new_int_var(0, 24 * 60, f"apart {at}") if self._uncounted(at) is not None else None
            else:
                away = sum(clock[start] * chosen for start, chosen in self._chosen[at].items()) - home
                apart = self.model.new_int_var(0, 24 * 60, f"apart {at}")
            if apart is None:
                self._terms.append(self._weights[2] * away)
                continue
            for side in (away, -away):
                bound = self.model.add(apart >= side)
                if (joined := self._uncounted(at)) is not None:
                    bound.only_enforce_if(~joined)
            self._terms.append(self._weights[2] * apart)

    def _uncounted(self, at: int) -> Literal | None:
        """True where a session of a phase with several a day joins a date that holds sessions of the phase before."""
        return self._same.get(at) if self.choices.slots[at].spacing.per_day > 1 else None

    def _changes(self) -> Iterator[Literal]:
        last: dict[str, dict[str, Literal]] = {}
        for at, template in enumerate(self.choices.templates):
            for capability in sorted({d.requirement.capability for d in template.demands if d.requirement.continuity}):
                met = self._met(at, capability)
                if capability in last:
                    before = last[capability]
                    change = self.model.new_bool_var(f"change {at} {capability}")
                    for name in {**before, **met}:
                        was, now = before.get(name, self._never), met.get(name, self._never)
                        self.model.add(change >= now - was)
                        self.model.add(change >= was - now)
                    yield change
                last[capability] = met

    def _met(self, at: int, capability: str) -> dict[str, Literal]:
        """For each resource, whether it meets some requirement with continuity of a capability."""
        by_name: dict[str, list[Literal]] = defaultdict(list)
        for demand in self.choices.templates[at].demands:
            if demand.requirement.continuity and demand.requirement.capability == capability:
                for name, seat in self._seats[at, demand.index].items():
                    by_name[name].append(seat)
        met: dict[str, Literal] = {}
        for name, seats in by_name.items():
            met[name] = seats[0]
            if len(seats) > 1:
                met[name] = some = self.model.new_bool_var(f"met {at} {capability} {name}")
                self.model.add_max_equality(some, seats)
        return met

    # Solving.

    def solve(self, effort: Effort) -> Outcome:
        """The best plan within the time given."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(effort.seconds, 0.01)
        solver.parameters.num_workers = effort.workers
        solver.parameters.random_seed = 1
        stop = None if effort.stop_at is None else _StopAt(effort.stop_at * self._scale)
        status = solver.solve(self.model, stop)
        if status == cp_model.INFEASIBLE:
            return Outcome(None, inf, proven=True)
        if status == cp_model.UNKNOWN:
            return Outcome(None, -inf, proven=False)
        if status == cp_model.MODEL_INVALID:
            raise ValueError(self.model.validate())
        sessions = tuple(self._session(solver, at) for at in range(self._n))
        return Outcome(sessions, solver.best_objective_bound / self._scale, proven=status == cp_model.OPTIMAL)

    def hint(self, sessions: Sessions) -> None:
        """Begin with the starts of a plan."""
        for at, session in enumerate(sessions):
            day = self.choices.calendar.time.date_of(session.interval.starts_at).toordinal()
            here = day, self.choices.day(day).minute(session.interval.starts_at)
            for start, chosen in self._chosen[at].items():
                self.model.add_hint(chosen, start == here)

    def _session(self, solver: cp_model.CpSolver, at: int) -> PlannedSession:
        day, minute = next(start for start, chosen in self._chosen[at].items() if solver.boolean_value(chosen))
        template, slot, on = self.choices.templates[at], self.choices.slots[at], self.choices.day(day)
        seats = []
        for demand in template.demands:
            need = demand.requirement
            interval = on.interval(minute + demand.begin, minute + demand.end)
            for resource in self._chosen_resources(solver, at, demand, (day, minute)):
                seats.append(Seat(demand.index, need.capability, resource.id, interval, need.load_on(resource.capacity)))
        permit = self.choices.request.authorization
        authorized = permit is None or permit.covers(slot.number, on.date)
        stay = on.interval(minute, minute + template.minutes)
        return PlannedSession(slot.number, slot.phase, template.name, stay, tuple(seats), authorized)

    def _chosen_resources(self, solver: cp_model.CpSolver, at: int, demand: Demand, start: Start) -> list[Resource]:
        pool = self.choices.calendar.pool(demand.requirement.capability)
        if (at, demand.index) in self._seats:
            seats = self._seats[at, demand.index]
            return [resource for resource in pool if resource.id in seats and solver.boolean_value(seats[resource.id])]
        day, minute = start
        return [r for r in pool if self.choices.bears(r, demand, day) >> minute & 1][: demand.requirement.count]


class _StopAt(cp_model.CpSolverSolutionCallback):
    def __init__(self, cost: float) -> None:
        super().__init__()
        self._cost = cost

    def on_solution_callback(self) -> None:
        if self.objective_value <= self._cost + 1e-6:
            self.stop_search()


def _minutes(time: timedelta) -> int:
    """Whole minutes, rounded down."""
    return time // timedelta(minutes=1)


def _whole_weights(choices: Choices) -> tuple[int, tuple[int, int, int, int]]:
    """The weights as whole numbers, and what they were multiplied by."""
    weights = choices.clinic.weights
    exact = [Fraction(str(w)) for w in (weights.delay_day, weights.outside_window, weights.spread_step, weights.change)]
    scale = lcm(*(each.denominator for each in exact))
    delay, outside, spread, change = (int(each * scale) for each in exact)
    return scale, (delay, outside, spread, change)
