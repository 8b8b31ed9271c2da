"""One course planned: the dates first, then one time of day for all of it, then the resources that change least.

Feasibility is exact and lives in `openings`, `runs` and `date_path`; this file only chooses among what they allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from courses.plans.cadence import Sieve, Trail, advance, blank, ideal_days
from courses.plans.continuity import Continuity, Preferred
from courses.plans.costs import cost_of
from courses.plans.date_path import Bounds, DatePath, DatePrices
from courses.plans.home_time import Offer, best_home
from courses.plans.openings import Openings
from courses.plans.plan import CoursePlan, MissedWish, PlannedSession, Unplaceable
from courses.plans.reasons import why_missed, why_unplaceable
from courses.plans.request import CourseRequest, PatientHours, Weights
from courses.plans.runs import Placed, Run, Runs
from rooms.availability.free_time import bits
from rooms.availability.hours import clock_text
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

HORIZON_DAYS = 400
"""How long after its ideal end a course is still looked for."""
MOVE, REASSIGN = 1e9, 1e5
"""In a re-plan: what moving a session and giving it other resources weigh against the soft goals, so that fewest moves come first."""


@dataclass(frozen=True)
class Situation:
    """What a course is planned against. `done` are its sessions that stay as they are (history); `kept` those that should stay.

    `busy` are the patient's other sessions. Nothing is placed before `not_before`.
    """

    calendar: Calendar
    hours: PatientHours
    weights: Weights = field(default_factory=Weights)
    busy: tuple[Interval, ...] = ()
    done: tuple[PlannedSession, ...] = ()
    kept: Mapping[int, PlannedSession] = field(default_factory=dict)
    not_before: datetime | None = None


def plan_course(request: CourseRequest, situation: Situation) -> CoursePlan | Unplaceable:
    """A place for every session of a course that keeps all hard rules, or why there is none. Books nothing."""
    return _Planning(request, situation).answer()


class _Planning:
    def __init__(self, request: CourseRequest, situation: Situation) -> None:
        self.request, self.situation = request, situation
        self.calendar = situation.calendar
        self.slots = request.protocol.slots
        self.openings = Openings(self.calendar, situation.hours, situation.busy, situation.not_before)
        done = situation.done
        self.runs = Runs(request.protocol, self.openings, len(done), done[-1].interval.ends_at if done else None)
        self._sieves: dict[str, Sieve] = {}
        self.ideal = ideal_days(self.slots, request.start_on_or_after, self._is_open)
        self.bounds = self._bounds()
        self.kept_days = {number - 1: self._day_of(session) for number, session in situation.kept.items()}

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    def _day_of(self, session: PlannedSession) -> int:
        return self.calendar.time.date_of(session.interval.starts_at).toordinal()

    def answer(self) -> CoursePlan | Unplaceable:
        path = DatePath(self.slots, self.request.start_on_or_after, self._is_open, self.bounds, self._prices())
        found = None if self._lacks_capability() else path.find(self._trail())
        if found is None:
            number, code, detail = why_unplaceable(self.request, self.runs, path.stuck, self.bounds)
            return Unplaceable(self.request.id, number, code, detail)
        return self._plan(*found)

    def _lacks_capability(self) -> bool:
        templates = {self.request.protocol.template_of(slot.number).name for slot in self.slots[len(self.situation.done) :]}
        demands = [demand for name in templates for demand in self.request.protocol.templates[name].demands]
        return any(len(self.calendar.pool(demand.requirement.capability)) < demand.requirement.count for demand in demands)

    def _trail(self) -> Trail:
        trail = blank(self.request.start_on_or_after)
        for session in self.situation.done:
            trail = advance(self.slots, trail, self._day_of(session))
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

    def _prices(self) -> DatePrices:
        weigh = self.situation.weights.delay_day

        def of_date(at: int, day: int) -> float:
            delay = weigh * (day - self.ideal[at]) if self.ideal else 0
            return delay if at not in self.kept_days or self.kept_days[at] == day else delay + MOVE

        def from_date(at: int, day: int) -> float:
            kept = self.kept_days.get(at, -1)
            return min(of_date(at, day), of_date(at, kept)) if kept >= day else of_date(at, day)

        return DatePrices(of_date, from_date, self._price_of_run, self._next_day)

    def _next_day(self, at: int, since: int) -> int | None:
        template = self.runs.template(at)
        if template.name not in self._sieves:
            self._sieves[template.name] = Sieve(lambda day: self.openings.starts(template, date.fromordinal(day)) != 0, self.bounds.latest)
        return self._sieves[template.name].next_day(since)

    def _price_of_run(self, run: Run, on: date) -> float | None:
        if not (starts := self.runs.starts(run, on)):
            return None
        kept = [self.situation.kept[at + 1] for at in range(run.first, run.first + run.length) if self.kept_days.get(at) == on.toordinal()]
        if kept and not self._stay(run, on):
            stays = len(kept) == run.length and run.length == 1 and starts >> self._minute(on, kept[0]) & 1
            return REASSIGN if stays else MOVE * len(kept)
        window = self.request.window
        inside = window is None or any(window.holds(self.calendar.day(on).wall_minute(start)) for start in bits(starts))
        return 0 if inside or kept else self.situation.weights.outside_window

    def _minute(self, on: date, session: PlannedSession) -> int:
        return self.calendar.day(on).minute(session.interval.starts_at)

    def _stay(self, run: Run, on: date) -> tuple[Placed, ...] | None:
        """The run just as it was, where all of it was on that date and its resources are still to be had."""
        placed = []
        for at in range(run.first, run.first + run.length):
            session = self.situation.kept.get(at + 1)
            if session is None or self.kept_days[at] != on.toordinal() or session.template != self.runs.template(at).name:
                return None
            start = self._minute(on, session)
            if not self._still_free(session, on, at, start):
                return None
            placed.append(Placed(at + 1, start, session.seats))
        return tuple(placed)

    def _still_free(self, session: PlannedSession, on: date, at: int, start: int) -> bool:
        if start < 0 or not self.openings.patient_starts(on, self.runs.template(at).minutes) >> start & 1:
            return False
        day = self.calendar.day(on)
        parts = [(seat, (day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load)) for seat in session.seats]
        return all(
            self.calendar.bears(
                self.calendar.resources[seat.resource],
                on,
                part,
                [other for s, other in parts if s.resource == seat.resource and s is not seat],
            )
            for seat, part in parts
        )

    def _plan(self, runs: tuple[Run, ...], dates: tuple[date, ...]) -> CoursePlan:
        home = self._home(runs, dates)
        turns = list(zip(runs, dates, strict=True))
        continuity = Continuity(self.request.protocol, self.runs, self.calendar, turns, self.situation.done)
        sessions = list(self.situation.done)
        for index, (run, on) in enumerate(turns):
            placed = self._stay(run, on) or self._place(run, on, home, continuity.preferred(index))
            added = [self._session(on, each) for each in placed]
            continuity.note(added)
            sessions += added
        time, step = self.calendar.time, self.calendar.site.granularity_minutes
        cost = cost_of(self.request, sessions, self.ideal, time, step, self.situation.weights)
        kept = self.situation.kept
        moved = tuple(s.number for s in sessions if s.number in kept and kept[s.number].interval.starts_at != s.interval.starts_at)
        return CoursePlan(self.request.id, tuple(sessions), cost, moved)

    def offer(self, run: Run, on: date) -> Offer:
        """The wall-clock starts that a date offers, inside the wished window and outside it."""
        day, window = self.calendar.day(on), self.request.window
        clocks = sorted({day.wall_minute(start) for start in bits(self.runs.starts(run, on))})
        kept = self.situation.kept.get(run.first + 1)
        if kept is not None and self._stay(run, on):
            clocks = [day.wall_minute(self._minute(on, kept))]
        return Offer.of(clocks, window.holds if window else None)

    def _home(self, runs: Sequence[Run], dates: Sequence[date]) -> int:
        done = [self.calendar.time.local(session.interval.starts_at) for session in self.situation.done]
        was = [Offer((local.hour * 60 + local.minute,), ()) for local in done]
        offers = was + [self.offer(run, on) for run, on in zip(runs, dates, strict=True)]
        weights = self.situation.weights
        return best_home(offers, weights.spread_step / self.calendar.site.granularity_minutes, weights.outside_window)

    def _place(self, run: Run, on: date, home: int, continuity: Preferred) -> tuple[Placed, ...]:
        for start in sorted(bits(self.runs.starts(run, on)), key=lambda start: self._price_of_start(run, on, home, continuity, start)):
            if (placed := self.runs.place(run, on, start, continuity.order(start))) is not None:
                return placed
        raise AssertionError("a date that was chosen for its room has none")

    def _price_of_start(self, run: Run, on: date, home: int, continuity: Preferred, start: int) -> tuple[bool, float, int]:
        """What a start costs: staying where it was comes first; then the wish, the distance from home and a change of resource."""
        window, weights = self.request.window, self.situation.weights
        kept = self.situation.kept.get(run.first + 1)
        stays = kept is not None and self.kept_days[run.first] == on.toordinal() and self._minute(on, kept) == start
        clock = self.calendar.day(on).wall_minute(start)
        price = weights.spread_step * abs(clock - home) / self.calendar.site.granularity_minutes + weights.change * continuity.changes(
            start
        )
        if window is not None and not window.holds(clock):
            price += weights.outside_window
        return not stays, price, start

    def _session(self, on: date, placed: Placed) -> PlannedSession:
        slot, template = self.slots[placed.number - 1], self.runs.template(placed.number - 1)
        day = self.calendar.day(on)
        permit, window = self.request.authorization, self.request.window
        missed: tuple[MissedWish, ...] = ()
        if window is not None and not window.holds(day.wall_minute(placed.start)):
            wish = f"start between {clock_text(window.opens)} and {clock_text(window.closes)}"
            missed = (MissedWish(wish, why_missed(self.openings, template, on, window)),)
        return PlannedSession(
            placed.number,
            slot.phase,
            template.name,
            day.interval(placed.start, placed.start + template.minutes),
            placed.seats,
            permit is None or permit.covers(placed.number, on),
            missed,
        )


def loads_of(sessions: Iterable[PlannedSession]) -> list[tuple[str, Interval, int]]:
    """What sessions put on resources."""
    return [(seat.resource, seat.interval, seat.load) for session in sessions for seat in session.seats]
