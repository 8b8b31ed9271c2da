"""What stands before a move of a session: regulatory stops, clinical gates, and house rules that only warn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from courses.checklists.answers import answer_words, range_words
from courses.checklists.checklist import Checklist
from courses.checklists.clocks import Moments
from courses.checklists.fold import Chart, Reading
from courses.checklists.item import Gate, GateClass, Item, Moment, Verb
from courses.errors import DomainError
from rooms.availability.hours import SiteTime

CERTIFIED = "program-certified"
ENROLLED = "program-enrolled"
REST = "rest-between-doses"
MAY_END_A_REST = ("nurse", "physician")
UTC_TIME = SiteTime("UTC")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the chart: whether the site is certified for the safety program and the patient enrolled in it, here and today.

    None: nobody wrote it down; that is no yes.
    """

    certified: bool | None = None
    enrolled: bool | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Something in the way: `gate` is an item's code or a constant of this file. The roles of `overridden_by` may go past."""

    gate: str
    kind: GateClass
    sentence: str
    overridden_by: tuple[str, ...] = ()


class Stopped(DomainError):
    """A move has something in its way that the asker may not go past, or did not."""

    code = "stopped"

    def __init__(self, verb: Verb, stops: Sequence[Stop]) -> None:
        super().__init__(" ".join(stop.sentence for stop in stops))
        self.verb = verb
        self.stops = tuple(stops)


def standing(  # noqa: PLR0913  # each is a thing that a gate may ask for
    checklists: Sequence[Checklist],
    chart: Chart,
    verb: Verb,
    facts: Facts,
    overridden: Collection[str] = (),
    *,
    moments: Moments | None = None,
    now: datetime | None = None,
    time: SiteTime = UTC_TIME,
) -> tuple[Stop, ...]:
    """Every gate that a move has in its way still, house rules too. `overridden` are gates that somebody went past: clinical ones count.

    `time` is the site's, for days; `moments` and `now` are for the rest between two doses and for how old a date is.
    """
    stops = [stop for checklist in checklists for stop in _program_stops(checklist, verb, facts)]
    if verb is Verb.DOSE and moments and now:
        stops += [stop for checklist in checklists if (stop := _rest_stop(checklist, moments, now))]
    for checklist in checklists:
        for item in checklist.items:
            if item.gate and item.gate.before is verb and (said := _in_the_way(item, item.gate, chart, now, time)):
                stops.append(Stop(item.code, item.gate.kind, said, item.gate.overridden_by))
    return tuple(stop for stop in stops if stop.kind is not GateClass.CLINICAL or stop.gate not in overridden)


def check_standing(verb: Verb, stops: Sequence[Stop]) -> None:
    """Raises `Stopped` where anything but a house rule is in the way."""
    firm = [stop for stop in stops if stop.kind is not GateClass.HOUSE]
    if firm:
        raise Stopped(verb, firm)


def next_dose_at(checklist: Checklist, moments: Moments) -> datetime | None:
    """From when on the next dose may be given; None: nothing has to be waited for."""
    last_dose = moments.of(Moment.LAST_DOSE)
    if last_dose is None or not checklist.minutes_between_doses:
        return None
    return last_dose + timedelta(minutes=checklist.minutes_between_doses)


def _program_stops(checklist: Checklist, verb: Verb, facts: Facts) -> list[Stop]:
    """What a safety program asks for before a dose; the start is only warned of it, since it may be settled in the chair."""
    if not checklist.program or verb is Verb.RELEASE:
        return []
    kind = GateClass.REGULATORY if verb is Verb.DOSE else GateClass.HOUSE
    missing = {
        CERTIFIED: (facts.certified, "This site is not certified for the safety program today; no dose may be given here."),
        ENROLLED: (facts.enrolled, "The patient is not enrolled in the safety program at this site; enroll them before the dose."),
    }
    return [Stop(gate, kind, sentence) for gate, (is_so, sentence) in missing.items() if is_so is not True]


def _rest_stop(checklist: Checklist, moments: Moments, now: datetime) -> Stop | None:
    at = next_dose_at(checklist, moments)
    if at is None or now.astimezone(UTC) >= at:
        return None
    seconds = int((at - now.astimezone(UTC)).total_seconds())
    said = f"The rest of {checklist.minutes_between_doses} minutes after the dose before has {seconds // 60}:{seconds % 60:02d} to go."
    return Stop(REST, GateClass.CLINICAL, said, MAY_END_A_REST)


def _in_the_way(item: Item, gate: Gate, chart: Chart, now: datetime | None, time: SiteTime) -> str:
    """Why an item's gate stands; nothing where it lets pass."""
    reading = chart.latest(item.code)
    if reading is None:
        return f"{item.words}: not answered yet."
    if _passes(item, gate, reading, now, time):
        return ""
    return gate.says or f"{item.words}: {_answered(item, gate, reading, time)}."


def _answered(item: Item, gate: Gate, reading: Reading, time: SiteTime) -> str:
    if isinstance(reading.value, datetime):
        return f"{time.date_of(reading.value)} is more than {gate.at_most_days} days back, or has not come yet"
    limits = f", outside {range_words(item.bands.limits, item.unit)}" if item.bands else ""
    return f"answered {answer_words(item, reading.value)}{limits}"


def _passes(item: Item, gate: Gate, reading: Reading, now: datetime | None, time: SiteTime) -> bool:
    value = reading.value
    if gate.within_limits and item.bands and isinstance(value, int | float):
        return item.bands.limits.holds(value)
    if gate.at_most_days is not None and isinstance(value, datetime):
        back = (time.date_of(now) - time.date_of(value)).days if now else -1
        return 0 <= back <= gate.at_most_days
    return not gate.passing or answer_words(item, value) in gate.passing
