"""What of one course's planning depends on no prices: where it can be, the rules of its dates, and one way that keeps all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property, partial

from courses.plans.best_plan.graph import Graph, path_graph
from courses.plans.best_plan.kept_places import KeptPlaces
from courses.plans.best_plan.lattice import Lattice
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.on_one_date import Turn
from courses.plans.best_plan.rows import DateRows
from courses.plans.best_plan.situation import Situation
from courses.plans.best_plan.tables import HomeTimes, home_times
from courses.plans.costs import cost_of
from courses.plans.plan import CoursePlan, MissedWish, PlannedSession, Seat, Unplaceable
from courses.plans.possible.cadence import Sieve, Trail, advance, blank, ideal_days
from courses.plans.possible.date_path import Bounds, DatePath, DatePrices, Stuck, Walk
from courses.plans.possible.openings import Openings
from courses.plans.possible.proof import first_without_place
from courses.plans.possible.reasons import why_missed, why_unplaceable
from courses.plans.possible.runs import Run, Runs
from courses.plans.request import CourseRequest, Window
from courses.protocols.session_template import SessionTemplate
from rooms.availability.hours import clock_text

HORIZON_DAYS = 400
"""How long after its ideal end a course is still looked for."""


class Unpriced:
    """One course in its situation. Everything is worked out when it is first asked for."""

    def __init__(self, request: CourseRequest, situation: Situation) -> None:
        self.request, self.situation = request, situation
        self.calendar = situation.calendar
        self.slots = request.protocol.slots
        self.templates = [request.protocol.template_of(slot.number) for slot in self.slots]
        self.openings = Openings(self.calendar, situation.hours, situation.busy, situation.not_before)
        done = situation.done
        self.runs = Runs(request.protocol, self.openings, len(done), done[-1].interval.ends_at if done else None)
        self._prices_of_runs: dict[tuple[str, date], float | None] = {}
        self.ideal = ideal_days(self.slots, request.start_on_or_after, self._is_open)
        self.bounds = self._bounds()
        sieves = {template.name: self._sieve(template) for template in self.templates}
        self._sieves = [sieves[template.name] for template in self.templates]
        self._whys: dict[tuple[str, date], str] = {}
        self._homes: HomeTimes | None = None
        self._with_homes = set[tuple[str, date]]()
        self.kept = KeptPlaces(situation.kept, self.calendar, self.openings, self.templates)

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    @cached_property
    def walk(self) -> Walk:
        """Its dates, passing over what makes no difference to the way found."""
        return self._walk(self._n_weekdays())

    @cached_property
    def first_way(self) -> Graph | None:
        """One way that keeps every rule, the cheapest by its dates; None where there is none."""
        if self._lacks_capability():
            return None
        found = None if self.situation.kept else self.walk.straight(self.trail)
        found = found or DatePath(self.walk).find(self.trail)
        return None if found is None else path_graph(self.walk, self.trail, *found)

    @cached_property
    def lattice(self) -> Lattice | None:
        """The ways through its dates, where none holds two sessions."""
        several = any(slot.spacing.per_day > 1 for slot in self.slots)
        return None if several or not self.walk.forgets else Lattice(self.walk, self.trail)

    @cached_property
    def known(self) -> Acquaintances:
        """Whom the patient may meet again."""
        return Acquaintances(self.request.protocol, [t.name for t in self.templates], self.calendar, self.situation.done)

    @cached_property
    def rows(self) -> DateRows:
        """The starts of its dates."""
        return DateRows(self.openings, self.known)

    def homes_for(self, visits: Iterable[tuple[SessionTemplate, date]]) -> HomeTimes:
        """All times of day at which the course may be at home, if it goes by no dates but these and those asked about before."""
        new = [(template, on) for template, on in visits if (template.name, on) not in self._with_homes]
        if new or self._homes is None:
            if self._homes is None or not self._homes.cover(self._home_times(new)):
                new += self.openings.looked_at()
                self._homes = self._home_times(new)
            self._with_homes |= {(template.name, on) for template, on in new}
        return self._homes

    def _home_times(self, visits: Sequence[tuple[SessionTemplate, date]]) -> HomeTimes:
        clocks = list(self.spread_of_done[0])
        if self._homes is not None:
            clocks += [self._homes.first, int(self._homes.clocks[-1])]
        return home_times(self.openings, visits, clocks, self.situation.weights.spread_step)

    def _walk(self, n_weekdays: int | None, n_sessions: int | None = None) -> Walk:
        return Walk(self.slots[:n_sessions], self.request.start_on_or_after, self._is_open, self.bounds, self._prices(), n_weekdays)

    @cached_property
    def unplaceable(self) -> Unplaceable:
        """Why it has no place. Looks once more without forgetting anything, so that the dates tried are those that every rule allows."""
        number, stuck, trail = len(self.situation.done) + 1, Stuck(len(self.situation.done)), self.trail
        if not self._lacks_capability():
            quick, full = (partial(self._walk, n_weekdays) for n_weekdays in (self._n_weekdays(), None))
            number, stuck = first_without_place(quick, full, trail, len(self.slots))
        number, code, detail = why_unplaceable(self.request, self.runs, number, stuck, self.bounds)
        return Unplaceable(self.request.id, number, code, detail)

    def _lacks_capability(self) -> bool:
        templates = {template.name: template for template in self.templates[len(self.situation.done) :]}
        demands = [demand for template in templates.values() for demand in template.demands]
        return any(len(self.calendar.pool(demand.requirement.capability)) < demand.requirement.count for demand in demands)

    @cached_property
    def trail(self) -> Trail:
        """The dates of its sessions so far."""
        trail = blank(self.request.start_on_or_after)
        for session in self.situation.done:
            trail = advance(self.slots, trail, self.calendar.time.date_of(session.interval.starts_at).toordinal())
        return trail

    def _bounds(self) -> Bounds:
        start = self.request.start_on_or_after.toordinal()
        if self.situation.not_before is not None:
            start = max(start, self.calendar.time.date_of(self.situation.not_before).toordinal())
        latest = max(self.ideal[-1] if self.ideal else start, start) + HORIZON_DAYS
        if self.request.finish_on_or_before:
            latest = min(latest, self.request.finish_on_or_before.toordinal())
        first = self.request.start_on_or_before
        return Bounds(start, latest, min(latest, first.toordinal()) if first else latest)

    def _n_weekdays(self) -> int:
        """On how many weekdays sessions can be at all, by the hours of all that they need."""
        found = set[int]()
        for template in {template.name: template for template in self.templates}.values():
            hours = [
                {
                    day
                    for r in self.calendar.pool(d.requirement.capability)
                    for day, spans in enumerate((r.hours or self.calendar.site.hours).days)
                    if spans
                }
                for d in template.demands
            ]
            found |= set(range(7)).intersection(*hours)
        return len(found)

    def _prices(self) -> DatePrices:
        weigh = self.situation.weights.delay_day

        def of_date(at: int, day: int) -> float:
            delay = weigh * (day - self.ideal[at]) if self.ideal else 0
            return delay + self.kept.price_of_date(at, day)

        def from_date(at: int, day: int) -> float:
            kept = self.kept.day_of(at)
            return of_date(at, day) if kept is None or kept < day else min(of_date(at, day), of_date(at, kept))

        return DatePrices(of_date, from_date, self._price_of_run, self._next_day)

    def _next_day(self, at: int, since: int) -> int | None:
        return self._sieves[at].next_day(since)

    def _sieve(self, template: SessionTemplate) -> Sieve:
        return Sieve(lambda day: self.openings.starts(template, date.fromordinal(day)) != 0, self.bounds.latest)

    def _price_of_run(self, run: Run, on: date) -> float | None:
        """The least that a run costs beyond its dates; None where it has no room."""
        key = (self.templates[run.first].name, on)
        if run.length > 1 or self.kept.any or run.first == len(self.situation.done):
            return self._find_price_of_run(run, on)
        if key not in self._prices_of_runs:
            self._prices_of_runs[key] = self._find_price_of_run(run, on)
        return self._prices_of_runs[key]

    def _find_price_of_run(self, run: Run, on: date) -> float | None:
        if not (starts := self.runs.starts(run, on)):
            return None
        if self.kept.touches(run, on):
            return 0
        window = self.request.window
        if window is None or self.calendar.day(on).mask_of_wall(window.opens, window.closes + 1) & starts:
            return 0
        return self.situation.weights.outside_window

    def plan(self, seated: Iterable[tuple[Turn, tuple[Seat, ...]]]) -> CoursePlan:
        """The plan that turns with their seats come to."""
        sessions = list(self.situation.done)
        sessions += [self._session(turn, seats) for turn, seats in seated]
        time, step = self.calendar.time, self.calendar.site.granularity_minutes
        cost = cost_of(self.request, sessions, self.ideal, time, step, self.situation.weights)
        kept = self.situation.kept
        moved = tuple(s.number for s in sessions if s.number in kept and kept[s.number].interval.starts_at != s.interval.starts_at)
        return CoursePlan(self.request.id, tuple(sessions), cost, moved)

    def _why_missed(self, template: SessionTemplate, on: date, window: Window) -> str:
        key = (template.name, on)
        if key not in self._whys:
            self._whys[key] = why_missed(self.openings, template, on, window)
        return self._whys[key]

    def _session(self, turn: Turn, seats: tuple[Seat, ...]) -> PlannedSession:
        slot, template = self.slots[turn.at], self.templates[turn.at]
        day = self.calendar.day(turn.on)
        permit, window = self.request.authorization, self.request.window
        missed: tuple[MissedWish, ...] = ()
        if window is not None and not window.holds(day.wall_minute(turn.start)):
            wish = f"start between {clock_text(window.opens)} and {clock_text(window.closes)}"
            missed = (MissedWish(wish, self._why_missed(template, turn.on, window)),)
        return PlannedSession(
            slot.number,
            slot.phase,
            template.name,
            day.interval(turn.start, turn.start + template.minutes),
            seats,
            permit is None or permit.covers(slot.number, turn.on),
            missed,
        )

    @cached_property
    def spread_of_done(self) -> tuple[list[int], date | None]:
        """The clock times, in grid steps, that the sessions that took place count with, and the date of the last of them."""
        clocks: list[int] = []
        before: date | None = None
        for at, session in enumerate(self.situation.done):
            local = self.calendar.time.local(session.interval.starts_at)
            if self.slots[at].spacing.per_day == 1 or local.date() != before:
                clocks.append((local.hour * 60 + local.minute) // self.calendar.site.granularity_minutes)
            before = local.date()
        return clocks, before
