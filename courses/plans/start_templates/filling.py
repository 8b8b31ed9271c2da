"""How many patients a day holds who ask one after another, with and without a template: the measure of what templates are worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from courses.plans.batch import Clinic
from courses.plans.plan import Seat
from courses.plans.possible.openings import Openings
from courses.plans.request import PatientHours
from courses.plans.start_templates.template import Place, StartTemplates
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits, nearest
from rooms.bookings.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Filled:
    """A day after all who asked: the visits that found a place, and how far from the time asked for they begin, on average."""

    n: int
    minutes_from_asked: float


def fill_a_day(clinic: Clinic, protocol: TreatmentProtocol, on: date, asks: Iterable[int], *, templates: bool) -> Filled:
    """Gives each who asks, by the wall-clock minute wished for, the free start nearest to it, until nobody fits any more.

    With `templates` the starts of the weekday's template come first, and others only where none of them is left. Visits are the
    protocol's first sessions. The clinic's bookings are there from the beginning.
    """
    template = protocol.template_of(1)
    places = StartTemplates(clinic.site, clinic.resources).of(template, on).places if templates else ()
    day = _Filling(Calendar(clinic.site, clinic.resources, clinic.held), template, on, places)
    away = []
    for wish in asks:
        start = day.book_nearest(wish)
        if start is None:
            break
        away.append(abs(start - wish))
    return Filled(len(away), sum(away) / max(1, len(away)))


class _Filling:
    def __init__(self, calendar: Calendar, template: SessionTemplate, on: date, places: Iterable[Place]) -> None:
        self._calendar, self._template, self._on = calendar, template, on
        self._left = list(places)

    def book_nearest(self, wish: int) -> int | None:
        """The wall-clock minute at which one more visit begins, now booked; None where there is no room."""
        openings, day = Openings(self._calendar, PatientHours("")), self._calendar.day(self._on)
        free = {day.wall_minute(start): start for start in bits(openings.starts(self._template, self._on))}
        place, clock = self._place(openings, free, wish)
        if clock is None:
            return None
        if place is not None:
            self._left.remove(place)
        self._take(next(openings.seatings(self._template.demands, self._on, free[clock], place.seats if place else {})))
        return clock

    def _place(self, openings: Openings, free: dict[int, int], wish: int) -> tuple[Place | None, int | None]:
        for place in sorted(self._left, key=lambda place: (abs(place.clock - wish), place.clock)):
            if place.clock in free and self._still_there(openings, place, free[place.clock]):
                return place, place.clock
        return None, nearest(sum(1 << clock for clock in free), wish)

    def _still_there(self, openings: Openings, place: Place, start: int) -> bool:
        """Whether a visit would have a place's own resources."""
        seats = next(openings.seatings(self._template.demands, self._on, start, place.seats), ())
        return all(seat.resource in place.seats.get(seat.requirement, (seat.resource,)) for seat in seats)

    def _take(self, seats: Iterable[Seat]) -> None:
        for seat in seats:
            self._calendar.take(seat.resource, seat.interval, seat.load)
