"""What is due when, told from what was written down. Minutes are elapsed ones: an instant is UTC before anything is added to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from courses.checklists.answers import Flag, answer_words, flag_of, range_words
from courses.checklists.checklist import Checklist
from courses.checklists.fold import Chart, Reading
from courses.checklists.item import Due, Item, Moment

SOON = timedelta(minutes=5)
"""How long before it is due something is spoken of."""


@dataclass(frozen=True, slots=True)
class Moments:
    """When what minutes are counted from happened; None: not yet."""

    arrival: datetime | None = None
    start: datetime | None = None
    first_dose: datetime | None = None
    last_dose: datetime | None = None
    end_of_treatment: datetime | None = None

    def of(self, moment: Moment) -> datetime | None:
        """One of them in UTC, where adding minutes adds elapsed ones."""
        found = {
            Moment.ARRIVAL: self.arrival,
            Moment.START: self.start,
            Moment.FIRST_DOSE: self.first_dose,
            Moment.LAST_DOSE: self.last_dose,
            Moment.END_OF_TREATMENT: self.end_of_treatment,
        }[moment]
        return found.astimezone(UTC) if found else None


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item that is asked for at a time; `is_missed` when it is not done and the next of its kind has come."""

    item: Item
    due_at: datetime
    overdue_at: datetime
    done_by: Reading | None
    is_missed: bool = False


class Priority(StrEnum):
    """high: outside limits or overdue; medium: due now; low: due soon."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should see. `code` stays the same as long as its cause and its priority do."""

    code: str
    priority: Priority
    words: str


def moments_of(checklists: Sequence[Checklist], chart: Chart, *, arrived_at: datetime | None, started_at: datetime | None) -> Moments:
    """The moments of a session. What marks the first or the last dose is a dose: the first is the earliest of all, the last the latest."""
    doses = _marked(checklists, chart, (Moment.FIRST_DOSE, Moment.LAST_DOSE))
    arrivals, starts = _marked(checklists, chart, (Moment.ARRIVAL,)), _marked(checklists, chart, (Moment.START,))
    ends = _marked(checklists, chart, (Moment.END_OF_TREATMENT,))
    return Moments(
        arrival=arrived_at or min(arrivals, default=None),
        start=started_at or min(starts, default=None),
        first_dose=min(doses, default=None),
        last_dose=max(doses, default=None),
        end_of_treatment=max(ends, default=None),
    )


def _marked(checklists: Sequence[Checklist], chart: Chart, moments: Sequence[Moment]) -> list[datetime]:
    """When what marks a moment was observed; a check answered with no marks nothing."""
    codes = [item.code for checklist in checklists for item in checklist.items if item.marks in moments]
    return [reading.observed_at.astimezone(UTC) for code in codes for reading in chart.of(code) if reading.value is not False]


def due_list(checklists: Sequence[Checklist], chart: Chart, moments: Moments, *, now: datetime, until: datetime) -> tuple[DueItem, ...]:
    """All that is asked for at a time up to `until`, by when it is due, with the reading that did it.

    A reading does the asking whose time it is nearest after, or shortly before (`early_minutes`); one reading does one.
    """
    found = [each for checklist in checklists for item in checklist.items for each in _dues_of(item, chart, moments, now, until)]
    return tuple(sorted(found, key=lambda each: each.due_at))


def _dues_of(item: Item, chart: Chart, moments: Moments, now: datetime, until: datetime) -> list[DueItem]:
    asked = sorted(_asked(item, moments, until.astimezone(UTC)), key=lambda each: each[0])
    opens = [at - _early(due) for at, due in asked]
    found: list[DueItem] = []
    for place, (at, due) in enumerate(asked):
        closes = opens[place + 1] if place + 1 < len(asked) else None
        done = next(
            (each for each in chart.of(item.code) if each.observed_at >= opens[place] and not _from(closes, each.observed_at)), None
        )
        found.append(DueItem(item, at, at + timedelta(minutes=due.overdue_minutes), done, done is None and _from(closes, now)))
    return found


def _early(due: Due) -> timedelta:
    """How long before its time something may be done: of what repeats, never as long as to the asking before."""
    allowed = timedelta(minutes=due.early_minutes)
    return allowed if due.every is None else min(allowed, timedelta(minutes=due.every) / 2)


def _from(closes: datetime | None, moment: datetime) -> bool:
    return closes is not None and moment >= closes


def _asked(item: Item, moments: Moments, until: datetime) -> Iterator[tuple[datetime, Due]]:
    for due in item.due:
        base = moments.of(due.after) if due.after else None
        if base is None:
            continue
        at = base + timedelta(minutes=due.minutes)
        while at <= until:
            yield at, due
            if due.every is None:
                break
            at += timedelta(minutes=due.every)


def alerts(checklists: Sequence[Checklist], chart: Chart, moments: Moments, *, now: datetime) -> tuple[Alert, ...]:
    """What somebody should see now, the most pressing first. What was missed is spoken of by the asking that came after it."""
    now = now.astimezone(UTC)
    due = due_list(checklists, chart, moments, now=now, until=now + SOON)
    open_dues = [_due_alert(each, now) for each in due if each.done_by is None and not each.is_missed]
    found = [*_limit_alerts(checklists, chart), *open_dues]
    return tuple(sorted(found, key=lambda alert: (list(Priority).index(alert.priority), alert.code)))


def _limit_alerts(checklists: Sequence[Checklist], chart: Chart) -> Iterator[Alert]:
    for checklist in checklists:
        for item in checklist.items:
            reading = chart.latest(item.code)
            if reading and reading.current and item.bands and flag_of(item, reading.value) is Flag.OUTSIDE_LIMITS:
                words = f"{item.words} {answer_words(item, reading.value)}: outside the limits, {range_words(item.bands.limits, item.unit)}"
                yield Alert(f"limits:{reading.current.id}", Priority.HIGH, words)


def _due_alert(due: DueItem, now: datetime) -> Alert:
    minutes = int((now - due.due_at).total_seconds() // 60)
    if now >= due.overdue_at:
        priority, said = Priority.HIGH, f"overdue, {minutes} min late"
    elif now >= due.due_at:
        priority, said = Priority.MEDIUM, "due now"
    else:
        priority, said = Priority.LOW, f"due in {-minutes} min"
    return Alert(f"due:{due.item.code}:{due.due_at:%Y%m%dT%H%M%SZ}:{priority}", priority, f"{due.item.words}: {said}")
