"""Who waits in the demo clinic: a line for each course that is ordered and has no place yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

from courses.plans.ongoing.course import CourseWish
from courses.plans.request import Window
from courses.protocols.located.document import read_document
from courses.protocols.located.part import Part
from scheduler.demo.treated import window_of

KEYS = ("patient", "protocol", "days_waiting", "days_ahead", "priority", "window", "ordered_by")


@dataclass(frozen=True, slots=True)
class Awaited:
    """One course that somebody waits for. `starts` is its earliest start, in days from the day on which the demo is made."""

    patient: str
    protocol: str
    waiting: timedelta
    starts: int
    priority: int
    window: Window | None
    ordered_by: str

    def wish(self, site: str, today: date) -> CourseWish:
        """What is asked for."""
        begins = today + timedelta(days=self.starts)
        return CourseWish(site, self.patient, self.protocol, begins, priority=self.priority, window=self.window)


def awaited() -> tuple[Awaited, ...]:
    """All who wait, the longest first."""
    text = files("scheduler.demo").joinpath("waiting.yaml").read_bytes()
    found = read_document(text, "waiting.yaml").read(lambda part: [_one(each) for each in part.items()])
    return tuple(sorted(found, key=lambda each: each.waiting, reverse=True))


def _one(part: Part) -> Awaited:
    fields = part.fields(KEYS, required=("patient", "protocol"))
    return Awaited(
        fields["patient"].text(),
        fields["protocol"].text(),
        timedelta(days=fields.whole("days_waiting", 0)),
        fields.whole("days_ahead", 0),
        fields.whole("priority", 1),
        window_of(fields),
        fields.text("ordered_by"),
    )
