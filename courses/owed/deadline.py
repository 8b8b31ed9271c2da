"""By when a monitoring form is owed: seven calendar days after the dose, weekends and holidays counted, until the end of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from rooms.availability.hours import SiteTime

DAYS = 7
"""Calendar days from the dose to the form (clinical facts, 2.4 and 2.6); no day is left out and none is rolled forward."""
FIRST_CALL, SECOND_CALL = 3, 5
"""On which day after the dose it is pressed for."""
LAST_MINUTE = time(23, 59)


class Urgency(IntEnum):
    """How pressing a form is, the most pressing last."""

    IN_TIME = 0
    DAY_3 = 1
    DAY_5 = 2
    OVERDUE = 3

    @property
    def words(self) -> str:
        """What it is called on a screen."""
        return ("in time", "day 3: send it soon", "day 5: send it now", "overdue")[self]


def due_at(dose_on: date, time_here: SiteTime) -> datetime:
    """The last minute by which the form of a dose is to be submitted: 23:59 by the site's clock, seven calendar days later."""
    return time_here.instant(datetime.combine(dose_on + timedelta(days=DAYS), LAST_MINUTE))


@dataclass(frozen=True, slots=True)
class Countdown:
    """How much time is left for a form. `days_left` are calendar days: 0 on the last one, below zero when it is past."""

    days_left: int
    urgency: Urgency

    @property
    def words(self) -> str:
        """`3 days left`, `today`, `2 days late`."""
        if self.days_left < 0:
            return f"{-self.days_left} day{'' if self.days_left == -1 else 's'} late"
        return f"{self.days_left} day{'' if self.days_left == 1 else 's'} left" if self.days_left else "due today"


def countdown(dose_on: date, time_here: SiteTime, *, now: datetime) -> Countdown:
    """How much time is left for the form of a dose, in calendar days of the site."""
    passed = (time_here.date_of(now) - dose_on).days
    if passed > DAYS:
        return Countdown(DAYS - passed, Urgency.OVERDUE)
    called = Urgency.DAY_5 if passed >= SECOND_CALL else Urgency.DAY_3 if passed >= FIRST_CALL else Urgency.IN_TIME
    return Countdown(DAYS - passed, called)
