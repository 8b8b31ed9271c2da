"""The sessions of one date: usually one, with accelerated phases a chain of them with short gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from courses.plans.plan import Seat
from courses.plans.possible.openings import Openings
from courses.protocols.protocol import SessionSlot, TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits, reachable, span
from rooms.bookings.calendar import Load


@dataclass(frozen=True, slots=True)
class Placed:
    """A session's start on its date, in elapsed minutes, and its resources."""

    number: int
    start: int
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive sessions that share a date: from session `first` (counted from 0), `length` of them."""

    first: int
    length: int


class Runs:
    """Starts and seats for the sessions of one date, exact: no start is offered from which the rest of the run has no place.

    Of the course's sessions, `n_done` took place already, the last of them until `done_until`.
    """

    def __init__(self, protocol: TreatmentProtocol, openings: Openings, n_done: int = 0, done_until: datetime | None = None) -> None:
        self._n_done, self._done_until = n_done, done_until
        self._slots = protocol.slots
        self._templates = [protocol.template_of(slot.number) for slot in protocol.slots]
        self._openings = openings
        self._starts: dict[tuple[Run, date], int] = {}

    def starts(self, run: Run, on: date) -> int:
        """The starts of the run's first session from which all of the run has a place on a date."""
        if run.length == 1:
            return self._openings.starts(self._templates[run.first], on) & self._after_done(run, on)
        if (run, on) not in self._starts:
            self._starts[run, on] = self._find(run, on)
        return self._starts[run, on]

    def _find(self, run: Run, on: date) -> int:
        onward = self._onward(run, on)
        found, groups = onward[0], self.entangled(run)
        apart = self._onward(run, on, apart=True)[0] if groups else 0
        for capabilities in groups if len(groups) < 2 else [*groups, frozenset[str]().union(*groups)]:
            search = _Search(self, run, on, onward, capabilities)
            found &= apart | sum(1 << start for start in bits(found & ~apart) if search.place(0, start, {}, ()) is not None)
        return found

    def _onward(self, run: Run, on: date, *, apart: bool = False) -> list[int]:
        """For each session of the run, the starts from which the later ones can follow in time; if they are to lie `apart`, so far from
        each other that nothing of a session reaches into the next, and any choice of resources will do."""
        masks = [self._openings.starts(template, on) for template in self._templates[run.first : run.first + run.length]]
        for k in range(run.length - 2, -1, -1):
            least, most = self.gaps(run.first + k)
            masks[k] &= reachable(masks[k + 1], max(least, self._reach(run.first + k)) if apart else least, most)
        masks[0] &= self._after_done(run, on)
        return masks

    def _reach(self, at: int) -> int:
        """Minutes from the start of a session to the start of the next from which on neither takes anything at the same time."""
        mine, following = self._templates[at], self._templates[at + 1]
        return max([mine.minutes, *(each.end for each in mine.demands)]) - min([0, *(each.begin for each in following.demands)])

    def _after_done(self, run: Run, on: date) -> int:
        """Where the sessions before took place already, and the last of them on this very date: the starts that keep the gap to it."""
        day = self._openings.calendar.day(on)
        if self._done_until is None or run.first != self._n_done or day.minute(self._done_until) < 0:
            return -1
        spacing, over = self._slots[run.first].spacing, day.minute(self._done_until)
        if spacing.per_day > 1:
            return span(over + spacing.min_gap_minutes, over + spacing.max_gap_minutes + 1)
        return -1 << over

    def gaps(self, at: int) -> tuple[int, int]:
        """Minutes from the start of a session to the start of the next on the same date, at least and at most."""
        spacing, lasts = self._slots[at + 1].spacing, self._templates[at].minutes
        if spacing.per_day > 1:
            return lasts + spacing.min_gap_minutes, lasts + spacing.max_gap_minutes
        return lasts, lasts + 24 * 60

    def entangled(self, run: Run) -> list[frozenset[str]]:
        """The capabilities for which the choice at one session can bar the next, since a turnover may reach into it: in groups that
        may want the same resource."""
        if run.length < 2:
            return []
        demands = [demand for at in range(run.first, run.first + run.length) for demand in self._templates[at].demands]
        groups: list[list[Demand]] = []
        for demand in demands:
            near = [group for group in groups if any(self._openings.share_resources(demand, other) for other in group)]
            groups = [group for group in groups if group not in near] + [[demand, *chain.from_iterable(near)]]
        least = min(self.gaps(at)[0] for at in range(run.first, run.first + run.length - 1))
        found = [frozenset(each.requirement.capability for each in group) for group in groups if any(each.end > least for each in group)]
        return sorted(found, key=lambda names: sum(len(self._openings.calendar.pool(name)) for name in names))

    def place(self, run: Run, on: date, start: int, wanted: dict[int, list[str]]) -> tuple[Placed, ...] | None:
        """Starts and seats for the whole run, its first session at `start`; None where the seats do not work out."""
        return _Search(self, run, on, self._onward(run, on)).place(0, start, wanted, ())

    def template(self, at: int) -> SessionTemplate:
        """What the session at a place (from 0) is made of."""
        return self._templates[at]

    def slot(self, at: int) -> SessionSlot:
        """The place of a session in the course (from 0)."""
        return self._slots[at]

    @property
    def openings(self) -> Openings:
        """Where single sessions can be."""
        return self._openings


class _Search:
    """Depth first through the starts and seats of one run, for some capabilities or all; a state that failed is not tried again."""

    def __init__(self, runs: Runs, run: Run, on: date, onward: list[int], capabilities: frozenset[str] | None = None) -> None:
        self._runs, self._run, self._on, self._onward, self._capabilities = runs, run, on, onward, capabilities
        self._failed: set[tuple[int, int, frozenset[tuple[str, Load]]]] = set()

    def place(self, k: int, start: int, wanted: dict[int, list[str]], tails: tuple[tuple[str, Load], ...]) -> tuple[Placed, ...] | None:
        state = (k, start, frozenset(tails))
        if state in self._failed:
            return None
        at = self._run.first + k
        for seats in self._seatings(at, start, wanted, tails):
            mine = Placed(self._runs.slot(at).number, start, seats)
            if k + 1 == self._run.length:
                return (mine,)
            rest = self._rest(k, start, wanted | _same_again(seats), self._tails(at, start, seats, tails))
            if rest is not None:
                return (mine, *rest)
        self._failed.add(state)
        return None

    def _rest(self, k: int, start: int, wanted: dict[int, list[str]], tails: tuple[tuple[str, Load], ...]) -> tuple[Placed, ...] | None:
        least, most = self._runs.gaps(self._run.first + k)
        for later in bits(self._onward[k + 1] & span(start + least, start + most + 1)):
            if (rest := self.place(k + 1, later, wanted, tails)) is not None:
                return rest
        return None

    def _seatings(
        self, at: int, start: int, wanted: dict[int, list[str]], tails: tuple[tuple[str, Load], ...]
    ) -> Iterator[tuple[Seat, ...]]:
        taken: dict[str, list[Load]] = defaultdict(list)
        for resource, load in tails:
            taken[resource].append(load)
        demands = self._runs.template(at).demands
        if self._capabilities is not None:
            demands = tuple(demand for demand in demands if demand.requirement.capability in self._capabilities)
        return self._runs.openings.seatings(demands, self._on, start, wanted, taken)

    def _tails(self, at: int, start: int, seats: tuple[Seat, ...], before: tuple[tuple[str, Load], ...]) -> tuple[tuple[str, Load], ...]:
        """What still lies on resources after the session at `at` is over."""
        demands = {demand.index: demand for demand in self._runs.template(at).demands}
        over = start + self._runs.template(at).minutes
        mine = [
            (seat.resource, (start + demands[seat.requirement].begin, start + demands[seat.requirement].end, seat.load)) for seat in seats
        ]
        return tuple((resource, load) for resource, load in [*before, *mine] if load[1] > over)


def _same_again(seats: tuple[Seat, ...]) -> dict[int, list[str]]:
    """For the next session of the same date, the resources of this one first."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for seat in seats:
        wanted[seat.requirement].append(seat.resource)
    return dict(wanted)
