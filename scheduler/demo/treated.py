"""What the demo clinic treats: a line for each course, in days from the day on which the demo is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files

from courses.plans.ongoing.course import CourseWish
from courses.plans.request import Authorization, Window
from courses.protocols.located.document import read_document
from courses.protocols.located.part import Fields, Part
from rooms.availability.hours import clock_minutes

KEYS = ("patient", "protocol", "days_ago", "days_ahead", "window", "authorization", "misses", "then")
BOOKED_AHEAD = timedelta(days=4)
"""How long before its start a course was booked."""
AUTHORIZED_DAYS = 120


@dataclass(frozen=True, slots=True)
class Treated:
    """One course of the demo. `misses` are numbers of sessions that the patient did not come to; `then` is hold, stop or nothing."""

    code: str
    patient: str
    protocol: str
    starts: int
    window: Window | None = None
    authorized: int | None = None
    misses: tuple[int, ...] = ()
    then: str = ""

    def wish(self, site: str, today: date) -> CourseWish:
        """What was asked for."""
        begins = today + timedelta(days=self.starts)
        until = begins + timedelta(days=AUTHORIZED_DAYS)
        permit = None if self.authorized is None else Authorization(self.authorized, begins, until)
        return CourseWish(site, self.patient, self.protocol, begins, window=self.window, authorization=permit, code=self.code)

    def booked_at(self, now: datetime) -> datetime:
        """When it was asked for: some days before it began, in the morning of New York, and never later than now."""
        day = now.date() + timedelta(days=self.starts) - BOOKED_AHEAD
        return min(now, datetime.combine(day, time(14), now.tzinfo))


def treated() -> tuple[Treated, ...]:
    """All courses, the earliest first: so they were booked."""
    text = files("scheduler.demo").joinpath("courses.yaml").read_bytes()
    found = read_document(text, "courses.yaml").read(lambda part: [_one(index, each) for index, each in enumerate(part.items(), 1)])
    return tuple(sorted(found, key=lambda each: each.starts))


def window_of(fields: Fields) -> Window | None:
    """The wished window of a line, if it has one."""
    ends = fields.items("window")
    return Window(*(clock_minutes(each.text()) for each in ends)) if ends else None


def _one(index: int, part: Part) -> Treated:
    fields = part.fields(KEYS, required=("patient", "protocol"))
    return Treated(
        f"C-{index:04d}",
        fields["patient"].text(),
        fields["protocol"].text(),
        fields.whole("days_ahead", 0) - fields.whole("days_ago", 0),
        window_of(fields),
        fields.whole_or_none("authorization"),
        tuple(each.whole(1) for each in fields.items("misses")),
        fields.text("then"),
    )
