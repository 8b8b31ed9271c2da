"""One course mended from its first session without a place on: near its old place if the rules leave one, else later, the rest following.

What stands stays unless the rules push it on. A moved session goes where it costs least by day, wished window and distance from the
course's usual time. The answer is found at once and is seldom not the best; where it may not be, the whole course is planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from statistics import median_low

from courses.plans.plan import PlannedSession
from courses.plans.possible.cadence import Trail, advance, possible_days, refusal
from courses.plans.repair.board import Board
from courses.plans.repair.same_start import wanted_by
from courses.plans.repair.score import changes_of
from courses.plans.repair.seated import seated_session
from courses.protocols.protocol import SessionSlot
from rooms.availability.free_time import nearest, span

MOST_DATES = 12
"""How many dates are tried for a session whose course says nothing about how late it may be."""
FARTHEST_DAYS = 60
"""How long after the session before it a session is looked for."""


@dataclass(frozen=True, slots=True)
class _Place:
    price: float
    on: date
    start: int


class Walk:
    """Mends one course on a board. The board is left with a course that keeps all rules, or not to be used further."""

    def __init__(self, board: Board, course: str) -> None:
        self._board, self._case, self._course = board, board.case, course
        self._request = self._case.requests[course]
        self._slots = self._request.protocol.slots
        self._home = self._usual_clock()

    def near(self, number: int) -> bool:
        """Give one session without a place one that pushes no other session of the course on. False where there is none."""
        if self._slots[number - 1].spacing.per_day > 1:
            return False
        trail, over = self._before(number)
        place = None if trail is None else self._nearby(trail, over)
        if place is not None:
            self._put(number, place)
        return place is not None

    def mend(self) -> bool:
        """Give every session to come a place, those that stand staying where they can. False where this way of looking finds none."""
        trail, over = self._begin()
        if any(slot.spacing.per_day > 1 for slot in self._slots[trail.placed :]):
            return not self.missing() and not changes_of(self._board, self._course).moved
        while trail.placed < len(self._slots):
            session = self._next(trail, over)
            if session is None:
                return False
            trail, over = advance(self._slots, trail, self._case.day_of(session)), session.interval.ends_at
        return True

    def is_sound(self) -> bool:
        """Whether all sessions to come have places that the rules allow, of phases with one session a day."""
        trail, over = self._begin()
        for number in range(trail.placed + 1, len(self._slots) + 1):
            session = self._board.sessions(self._course).get(number)
            if session is None or not self._may_stand(session, trail, over):
                return False
            trail, over = advance(self._slots, trail, self._case.day_of(session)), session.interval.ends_at
        return True

    def _begin(self) -> tuple[Trail, datetime | None]:
        done = self._case.done[self._course]
        return self._case.trail(self._course), done[-1].interval.ends_at if done else None

    def missing(self) -> list[int]:
        """The numbers of the sessions without a place."""
        n_done, standing = len(self._case.done[self._course]), self._board.sessions(self._course)
        return [number for number in range(n_done + 1, len(self._slots) + 1) if number not in standing]

    def _before(self, number: int) -> tuple[Trail | None, datetime | None]:
        """The trail before a session and the end of the one before it; those without a place count where they were, if they were."""
        trail, over = self._begin()
        for earlier in range(trail.placed + 1, number):
            session = self._stands_or_was(earlier)
            if session is None:
                return None, None
            trail = advance(self._slots, trail, self._case.day_of(session))
            over = session.interval.ends_at
        return trail, over

    def _stands_or_was(self, number: int) -> PlannedSession | None:
        return self._board.sessions(self._course).get(number) or self._case.ahead[self._course].get(number)

    def _next(self, trail: Trail, over: datetime | None) -> PlannedSession | None:
        """The next session with its place: where it stands, near where it was, or as soon as it can be."""
        number = trail.placed + 1
        session = self._board.sessions(self._course).get(number)
        if session is not None:
            if self._may_stand(session, trail, over):
                return session
            self._board.lift(self._course, number)
        place = self._nearby(trail, over) or self._soonest(trail, over)
        return None if place is None else self._put(number, place)

    def _may_stand(self, session: PlannedSession, trail: Trail, over: datetime | None) -> bool:
        day = self._case.day_of(session)
        after = over is None or session.interval.starts_at >= over
        return after and self._in_bounds(day, session.number) and refusal(self._slot(trail), trail, day, self._board.is_open) is None

    def _slot(self, trail: Trail) -> SessionSlot:
        return self._slots[trail.placed]

    def _usual_clock(self) -> int:
        whole = [*self._case.done[self._course], *self._case.ahead[self._course].values()]
        clocks = [local.hour * 60 + local.minute for s in whole for local in [self._case.time.local(s.interval.starts_at)]]
        return median_low(clocks) if clocks else 12 * 60

    def _bounds(self, number: int) -> tuple[int, int]:
        first = max(self._request.start_on_or_after, self._case.time.date_of(self._case.now)).toordinal()
        by = [each for each in (self._request.finish_on_or_before, self._request.start_on_or_before if number == 1 else None) if each]
        return first, min(by).toordinal() if by else date.max.toordinal()

    def _in_bounds(self, day: int, number: int) -> bool:
        first, last = self._bounds(number)
        return first <= day <= last

    def _days(self, trail: Trail) -> Iterator[int]:
        first, last = self._bounds(trail.placed + 1)
        since = first if trail.last is None else max(first, trail.last)
        return possible_days(self._slot(trail), trail, since, min(last, since + FARTHEST_DAYS), self._board.is_open)

    def _nearby(self, trail: Trail, over: datetime | None) -> _Place | None:
        """The cheapest place that pushes no later session on."""
        number, best = trail.placed + 1, None
        old = self._case.ahead[self._course].get(number)
        was = None if old is None else advance(self._slots, trail, self._case.day_of(old))
        later = [session for n, session in sorted(self._board.sessions(self._course).items()) if n > number]
        for day in islice(self._days(trail), MOST_DATES):
            if later and day > self._case.day_of(later[0]):
                break
            if self._rest_stands(advance(self._slots, trail, day), was):
                until = later[0].interval.starts_at if later and self._case.day_of(later[0]) == day else None
                place = self._cheapest_on(number, day, (over, until))
                if place is not None and (best is None or place.price < best.price):
                    best = place
        return best

    def _rest_stands(self, trail: Trail, was: Trail | None) -> bool:
        """Whether the rules leave all later sessions where they stand, and those without a place where they were. Where a session's own
        move is forgotten (`was` is the trail without it) the rest need not be looked at."""
        while trail != was and trail.placed < len(self._slots):
            session = self._stands_or_was(trail.placed + 1)
            if session is None:
                return False
            day = self._case.day_of(session)
            if refusal(self._slot(trail), trail, day, self._board.is_open) is not None:
                return False
            trail, was = advance(self._slots, trail, day), None if was is None else advance(self._slots, was, day)
        return True

    def _soonest(self, trail: Trail, over: datetime | None) -> _Place | None:
        """The first date with room; the later sessions that this passes give their places up and follow."""
        number = trail.placed + 1
        for day in self._days(trail):
            for passed, session in [*self._board.sessions(self._course).items()]:
                if passed > number and self._case.day_of(session) <= day:
                    self._board.lift(self._course, passed)
            place = self._cheapest_on(number, day, (over, None))
            if place is not None:
                return place
        return None

    def _cheapest_on(self, number: int, day: int, between: tuple[datetime | None, datetime | None]) -> _Place | None:
        on, template = date.fromordinal(day), self._request.protocol.template_of(number)
        openings = self._board.openings(self._course, on)
        here = self._board.calendar.day(on)
        over, until = (None if moment is None else here.minute(moment) for moment in between)
        mask = openings.starts(template, on) & span(
            max(0, over or 0), here.length if until is None else max(0, until - template.minutes + 1)
        )
        window = self._request.window
        inside = mask & here.mask_of_wall(window.opens, window.closes + 1) if window else mask
        starts = [start for part in (inside, mask) if (start := nearest(part, self._home)) is not None]
        places = [_Place(self._price(number, on, here.wall_minute(start)), on, start) for start in starts]
        return min(places, key=lambda place: place.price, default=None)

    def _price(self, number: int, on: date, clock: int) -> float:
        weights, window, ideal = self._case.clinic.weights, self._request.window, self._board.ideal(self._course)
        price = weights.spread_step * abs(clock - self._home) / self._case.clinic.site.granularity_minutes
        price += weights.delay_day * (on.toordinal() - ideal[number - 1]) if ideal else 0
        return price + (weights.outside_window if window is not None and not window.holds(clock) else 0)

    def _put(self, number: int, place: _Place) -> PlannedSession:
        openings, template = self._board.openings(self._course, place.on), self._request.protocol.template_of(number)
        wanted = wanted_by(self._board, self._course, number)
        seats = next(openings.seatings(template.demands, place.on, place.start, wanted))
        session = seated_session(self._request, openings, number, place.on, place.start, seats)
        self._board.put(self._course, session)
        return session
