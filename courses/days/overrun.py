"""A patient who has to be watched for longer than was booked: how long, and what of the visit's bookings then lasts longer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from courses.checklists.item import Verb
from courses.protocols.session_template import SessionTemplate
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim

GOING = "discharge"
"""The step in which a patient is sent home; it comes after the watch, and is put off with it."""
MINUTE, GRAIN = timedelta(minutes=1), timedelta(minutes=5)
"""Past its end a watch is made longer by so much at a time, so that its bookings are a little ahead of the clock."""
LONGEST = timedelta(hours=8)
"""A watch that nobody ends is made longer by no more than that."""


@dataclass(frozen=True)
class Watched:
    """A visit whose patient is being watched: its template and its booked start.

    What lasts longer is its last step but the going home.
    """

    template: SessionTemplate
    starts_at: datetime

    @cached_property
    def watch_ends(self) -> int:
        """The minute of the visit at which the watch was to end."""
        return sum(step.minutes for step in self.template.steps[: self._last + 1])

    @cached_property
    def _last(self) -> int:
        """The place of the step that lasts longer."""
        steps = self.template.steps
        return len(steps) - (2 if len(steps) > 1 and steps[-1].name == GOING else 1)

    @property
    def dose_begins(self) -> int:
        """The minute of the visit at which the step before the watch begins."""
        steps = self.template.steps[: self._last + 1]
        return self.watch_ends - sum(step.minutes for step in steps[-2:])

    def left(self, verb: Verb) -> timedelta:
        """How long the patient is there from a move on: from the start the whole visit, from the dose what begins with it."""
        return (self.template.minutes - (self.dose_begins if verb is Verb.DOSE else 0)) * MINUTE

    def presences(self, verb: Verb) -> dict[str, timedelta]:
        """Those who have to be on site without being taken up by it, and how long from a move on."""
        before = self.dose_begins if verb is Verb.DOSE else 0
        asked = [demand for demand in self.template.demands if demand.requirement.load == 0 and demand.end > before]
        return {demand.requirement.capability: (demand.end - before) * MINUTE for demand in asked}

    def over(self, earliest_release: datetime | None, now: datetime) -> timedelta:
        """By how much the watch is longer than booked: at least until the earliest release, and always a little past the present."""
        booked = self.starts_at + self.watch_ends * MINUTE
        by_clock = _up(now - booked, GRAIN)
        by_dose = _up(earliest_release - booked, MINUTE) if earliest_release else timedelta()
        return min(LONGEST, max(by_clock, by_dose))

    def until(self, over: timedelta) -> Interval:
        """The patient's time with the longer watch."""
        return Interval(self.starts_at, self.starts_at + self.template.minutes * MINUTE + over)

    def longer(self, claim: Claim, over: timedelta) -> Claim:
        """A booking of the visit as the longer watch needs it: one that comes after the watch later, one that ends with it longer."""
        demand = self.template.demands[claim.part]
        watched_until = demand.end - demand.requirement.turnover_minutes
        if watched_until < self.watch_ends:
            return claim
        put_off = over if demand.begin >= self.watch_ends else timedelta()
        starts_at = max(claim.interval.starts_at, self.starts_at + demand.begin * MINUTE + put_off)
        ends_at = max(claim.interval.ends_at, self.starts_at + demand.end * MINUTE + over)
        return replace(claim, interval=Interval(starts_at, ends_at))


def _up(length: timedelta, grain: timedelta) -> timedelta:
    """Rounded up to whole grains; nothing for what lies behind."""
    return max(timedelta(), -(-length // grain) * grain)
