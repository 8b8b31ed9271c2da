"""In a re-plan: the places that sessions have, and what it weighs to leave them. Fewest moves come first, then fewest reassignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from courses.plans.best_plan.graph import Visit
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import Offer, Offers
from courses.plans.plan import PlannedSession, Seat
from courses.plans.possible.openings import Openings
from courses.plans.possible.runs import Run
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar

MOVE, REASSIGN = 1e9, 1e5
"""What moving a session and giving it other resources weigh against the soft goals, so that fewest moves come first."""


class KeptPlaces:
    """Where each session (from 0) is that should stay, if it can."""

    def __init__(
        self, kept: Mapping[int, PlannedSession], calendar: Calendar, openings: Openings, templates: Sequence[SessionTemplate]
    ) -> None:
        self._calendar, self._openings, self._templates = calendar, openings, templates
        self._kept = {number - 1: session for number, session in kept.items()}
        self._dates = {at: calendar.time.date_of(session.interval.starts_at) for at, session in self._kept.items()}

    @property
    def any(self) -> bool:
        """Whether any session should stay."""
        return bool(self._kept)

    def day_of(self, at: int) -> int | None:
        """The day number of a session's place."""
        on = self._dates.get(at)
        return None if on is None else on.toordinal()

    def price_of_date(self, at: int, day: int) -> float:
        """What it weighs that a session is not on its date."""
        return MOVE if at in self._dates and self._dates[at].toordinal() != day else 0

    def touches(self, run: Run, on: date) -> bool:
        """Whether any session of a run has its place on that date."""
        return any(self._dates.get(at) == on for at in range(run.first, run.first + run.length))

    def staying(self, at: int, on: date, start: int) -> tuple[Seat, ...] | None:
        """The resources of a session, where that is its place and all of them can still be had."""
        session = self._kept.get(at)
        if session is None or self._dates[at] != on or self._minute(at) != start or session.template != self._templates[at].name:
            return None
        return session.seats if self._still_free(session, on, at, start) else None

    def _minute(self, at: int) -> int:
        return self._calendar.day(self._dates[at]).minute(self._kept[at].interval.starts_at)

    def _still_free(self, session: PlannedSession, on: date, at: int, start: int) -> bool:
        if start < 0 or not self._openings.patient_starts(on, self._templates[at].minutes) >> start & 1:
            return False
        day = self._calendar.day(on)
        parts = [(seat, (day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load)) for seat in session.seats]
        return all(
            self._calendar.bears(
                self._calendar.resources[seat.resource],
                on,
                part,
                [other for s, other in parts if s.resource == seat.resource and s is not seat],
            )
            for seat, part in parts
        )

    def offers(self, offers: Offers, known: Acquaintances) -> dict[Visit, Offer]:
        """What the dates of all places offer, each place for nothing and everything else at what it weighs."""
        found = {}
        for at, on in self._dates.items():
            if (offer := offers.of(self._templates[at], on)) is not None:
                found[Visit(at, on)] = self._weighed(at, offer, known)
        return found

    def _weighed(self, at: int, offer: Offer, known: Acquaintances) -> Offer:
        start = self._minute(at)
        costs = offer.costs + np.where(offer.minutes == start, REASSIGN, MOVE)
        seats = self.staying(at, self._dates[at], start)
        if seats is not None and start in offer.minutes:
            index = (*self._who(at, seats, known, costs), int(np.searchsorted(offer.minutes, start)))
            costs[index] = offer.costs[index]
        return Offer(offer.minutes, offer.clocks, costs)

    def _who(self, at: int, seats: tuple[Seat, ...], known: Acquaintances, costs: np.ndarray) -> list[int]:
        met: dict[str, set[str]] = defaultdict(set)
        wanted = self._templates[at].requirements
        for seat in seats:
            if wanted[seat.requirement].requirement.continuity:
                met[seat.capability].add(seat.resource)
        return [
            known.who[axis].index(frozenset(met[capability])) if costs.shape[axis] > 1 else 0
            for axis, capability in enumerate(known.capabilities)
        ]
