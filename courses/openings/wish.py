"""Who would come sooner, or at other times, and what they can do: kept until it is met or taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from courses.errors import DomainError, Faulty
from courses.plans.ongoing.course import FARTHEST, MOST_PRIORITY, Course
from courses.sessions.session import TreatmentSession
from courses.sessions.status import SessionStatus
from rooms.availability.hours import MINUTES_OF_DAY, WEEKDAYS, SiteTime, clock_text
from rooms.availability.interval import Interval

EVERY_DAY = frozenset(range(len(WEEKDAYS)))
LEAST_GAIN = timedelta(hours=1)
"""By so much a place is sooner, or it is not worth a call."""
MOST_NOTICE = 14 * 24
"""Hours."""


class Aim(StrEnum):
    """What somebody wishes for. A visit that is owed and has no place suits both."""

    SOONER = "sooner"
    OTHER_TIMES = "other_times"


class WishStatus(StrEnum):
    """open -> met, or withdrawn."""

    OPEN = "open"
    MET = "met"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class When:
    """The times at which somebody can come: weekdays (0 is Monday), wall-clock minutes, dates, and hours of notice that they need."""

    weekdays: frozenset[int] = EVERY_DAY
    opens: int = 0
    closes: int = MINUTES_OF_DAY
    earliest: date | None = None
    latest: date | None = None
    notice_hours: int = 0

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out any time of the week."""
        return self.weekdays != EVERY_DAY or (self.opens, self.closes) != (0, MINUTES_OF_DAY)

    def allows(self, visit: Interval, time: SiteTime) -> bool:
        """Whether a visit lies within the weekdays and times of day; it begins and ends on one date."""
        day = time.day(time.date_of(visit.starts_at))
        part = day.part(visit)
        if part is None or day.date.weekday() not in self.weekdays:
            return False
        return self.opens <= day.wall_minute(part[0]) and day.wall_minute(part[1]) <= self.closes

    def allows_date(self, on: date) -> bool:
        """Whether a date is one on which they would come."""
        return on.weekday() in self.weekdays and (self.earliest or on) <= on <= (self.latest or on)


@dataclass(frozen=True, slots=True)
class NewWish:
    """What the desk writes down. `course` and `session` are public ids; without a session it is for every visit to come."""

    course: str
    session: str | None
    aim: Aim
    when: When
    priority: float = 1


@dataclass(frozen=True, slots=True)
class OpeningWish:
    """A wish as it stands. `id` is public and random; the row numbers are for joining."""

    id: str
    row: int
    site_id: int
    patient_id: int
    course: str
    session: str | None
    aim: Aim
    when: When
    priority: float
    since: datetime
    status: WishStatus
    by: str
    version: int
    barred: frozenset[date] = field(default=frozenset())
    """Dates on which they were offered a place and did not take it: they are not asked about those again."""

    @property
    def turn(self) -> tuple[float, datetime, int]:
        """The order in which wishes have their turn: by weight, then by how long they wait."""
        return -self.priority, self.since, self.row

    def visits(self, course: Course, time: SiteTime, now: datetime) -> tuple[TreatmentSession, ...]:
        """The visits that it is about and that are not as wished: those without a place first, then in order of time."""
        found = [each for each in course.live if self.session in {None, each.id} and is_open(each, now)]
        wished = [each for each in found if each.interval is None or self.is_away(each.interval, time)]
        return tuple(sorted(wished, key=lambda each: (each.interval is not None, each.interval, each.number)))

    def is_away(self, place: Interval, time: SiteTime) -> bool:
        """Whether a visit is not where it is wished to be."""
        return self.aim is Aim.SOONER or not self.when.allows(place, time)


def is_open(session: TreatmentSession, now: datetime) -> bool:
    """Whether a visit may still get another place."""
    return session.status in {SessionStatus.PLANNED, SessionStatus.BOOKED} and not session.is_history(now)


class NotOpen(DomainError):
    """A wish was met or taken back meanwhile."""

    code = "wish_not_open"

    def __init__(self, status: WishStatus) -> None:
        done = "was met" if status is WishStatus.MET else "was taken back"
        super().__init__(f"This wish {done}; look at the openings again.")
        self.status = status


class WishedAlready(DomainError):
    """There is a wish of this kind for the same visits."""

    code = "wished_already"

    def __init__(self) -> None:
        super().__init__("There is a wish for these visits already; take that one back first.")


def check_when(when: When, aim: Aim, today: date) -> None:
    """Raises `Faulty` for times that cannot be, or a wish for other times that names none."""
    if not when.weekdays or not when.weekdays <= EVERY_DAY:
        raise Faulty("weekdays", "tick at least one weekday")
    if not 0 <= when.opens < when.closes <= MINUTES_OF_DAY:
        raise Faulty("until", f"{clock_text(when.opens)} to {clock_text(when.closes)} is no stretch of a day")
    if aim is Aim.OTHER_TIMES and not when.is_narrow:
        raise Faulty("aim", "say which times of day or weekdays suit, or ask for an earlier place")
    for name, on in (("earliest", when.earliest), ("latest", when.latest)):
        if on is not None and not today <= on <= today + FARTHEST:
            raise Faulty(name, f"{on} is past or too far ahead; today is {today}")
    if when.earliest and when.latest and when.latest < when.earliest:
        raise Faulty("latest", "the last date is before the first")
    if not 0 <= when.notice_hours <= MOST_NOTICE:
        raise Faulty("notice_hours", f"from 0 to {MOST_NOTICE} hours")


def check_priority(priority: float) -> None:
    """Raises `Faulty` for a weight that is none."""
    if not 0 < priority <= MOST_PRIORITY:
        raise Faulty("priority", f"a number above 0, up to {MOST_PRIORITY}; 1 is as usual")
