"""The nearest thing that somebody could give way in, where a course has no place or keeps few of its wishes.

Only wishes, the patient's hours and the course's limits are given way in; what the protocol says never is. Other hours of the site are
only told, since they are not the desk's to grant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from courses.plans.best_plan import Situation, plan_course
from courses.plans.offering.choices import Aim, Difference, days, weights_for
from courses.plans.offering.missed import explained
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.request import CourseRequest, Window
from rooms.availability.hours import MINUTES_OF_DAY, WEEKDAYS, Span, WeeklyHours, clock_text
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

HALF_HOUR = 30
LONGER = (60, 120)
"""Minutes by which other hours of the site are tried."""
FEW_MISSED = 4
"""A placed course with fewer than every fourth session outside its window, and no more than a day of delay each, is well placed."""

NAMES = dict(zip(WEEKDAYS, ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"), strict=True))


class Gives(StrEnum):
    """Who or what gives way."""

    WINDOW = "window"
    PATIENT_HOURS = "patient_hours"
    FINISH = "finish_on_or_before"
    START = "start_on_or_before"
    SITE_HOURS = "site_hours"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What would have to give way, in a sentence, and the plan that it makes possible.

    `request` and `hours` are those that the plan was made for. A plan for other hours of the site cannot be booked.
    """

    gives: Gives
    words: str
    plan: CoursePlan
    request: CourseRequest
    available: WeeklyHours | None

    @property
    def can_be_booked(self) -> bool:
        """Whether the patient and the desk can agree on it by themselves."""
        return self.gives is not Gives.SITE_HOURS


@dataclass(frozen=True, slots=True)
class _Try:
    """One thing that gives way: `if` what, in words."""

    gives: Gives
    what: str
    request: CourseRequest
    situation: Situation


def nearest_relaxation(request: CourseRequest, situation: Situation, answer: CoursePlan | Unplaceable | None = None) -> Relaxation | None:
    """The first single thing that helps, in the order of what it asks of people; None where none does, or nothing need give way.

    `answer` is what the course was answered as it was asked, where that is known already.
    """
    answer = answer or plan_course(request, situation)
    if isinstance(answer, CoursePlan):
        return _better(request, situation, answer) if _misses_many(answer, len(request.protocol.slots)) else None
    if answer.code == "unknown_capability":
        return None
    for each in _patient_tries(request, situation):
        found = plan_course(each.request, each.situation)
        if isinstance(found, CoursePlan):
            return _relaxed(each, found, f"Possible if {each.what}.")
    return _later(request, situation, Gives.FINISH) or _later(request, situation, Gives.START) or _other_hours(request, situation)


def _relaxed(tried: _Try, plan: CoursePlan, words: str) -> Relaxation:
    plan = explained(tried.request, tried.situation, plan)
    return Relaxation(tried.gives, words, plan, tried.request, tried.situation.hours.available)


# A course that is placed, but keeps few wishes


def _misses_many(plan: CoursePlan, n_sessions: int) -> bool:
    return plan.cost.outside * FEW_MISSED >= n_sessions or plan.cost.delay > n_sessions


def _better(request: CourseRequest, situation: Situation, answer: CoursePlan) -> Relaxation | None:
    """What would at least halve what the missed dates and times cost."""
    weights = situation.weights

    def missed(plan: CoursePlan) -> float:
        return weights.outside_window * plan.cost.outside + weights.delay_day * plan.cost.delay

    for each in (*_window_tries(request, situation), *_patient_tries(request, situation)):
        found = plan_course(each.request, each.situation)
        if isinstance(found, CoursePlan) and missed(found) * 2 <= missed(answer):
            beside = Difference(each.request, situation.calendar.time).beside(found, answer)
            return _relaxed(each, found, f"Better if {each.what}: {beside}.")
    return None


def _window_tries(request: CourseRequest, situation: Situation) -> Iterator[_Try]:
    window = request.window
    if window is None:
        return
    opens, closes = max(0, window.opens - HALF_HOUR), min(MINUTES_OF_DAY, window.closes + HALF_HOUR)
    for wider, words in (
        (Window(opens, window.closes), f"sessions may start from {clock_text(opens)}"),
        (Window(window.opens, closes), f"sessions may start until {clock_text(closes)}"),
    ):
        yield _Try(Gives.WINDOW, words, replace(request, window=wider), situation)


# The patient's hours


def _patient_tries(request: CourseRequest, situation: Situation) -> Iterator[_Try]:
    available = situation.hours.available
    if available is None or not any(available.days):
        return
    for hours, words in (*_longer_hours(available), *_more_weekdays(available, situation.calendar)):
        if hours != available:
            yield _Try(Gives.PATIENT_HOURS, words, request, replace(situation, hours=replace(situation.hours, available=hours)))


def _longer_hours(available: WeeklyHours) -> Iterator[tuple[WeeklyHours, str]]:
    for minutes, words in ((HALF_HOUR, "half an hour"), (2 * HALF_HOUR, "an hour")):
        yield _shifted(available, before=minutes), f"the patient can come {words} earlier than said"
        yield _shifted(available, after=minutes), f"the patient can stay {words} longer than said"


def _shifted(hours: WeeklyHours, before: int = 0, after: int = 0) -> WeeklyHours:
    return WeeklyHours(
        tuple(tuple((max(0, opens - before), min(MINUTES_OF_DAY, closes + after)) for opens, closes in spans) for spans in hours.days)
    )


def _more_weekdays(available: WeeklyHours, calendar: Calendar) -> Iterator[tuple[WeeklyHours, str]]:
    """The patient's commonest hours on one weekday more, of those on which somebody works."""
    usual = Counter(spans for spans in available.days if spans).most_common(1)[0][0]
    for at, name in enumerate(WEEKDAYS):
        if not available.days[at] and _anybody_works(calendar, at):
            said = " and ".join(f"{clock_text(opens)}-{clock_text(closes)}" for opens, closes in usual)
            yield _on(available, at, usual), f"the patient can also come on {NAMES[name]}, {said}"


def _anybody_works(calendar: Calendar, weekday: int) -> bool:
    return any((calendar.site.hours if each.hours is None else each.hours).days[weekday] for each in calendar.resources.values())


def _on(hours: WeeklyHours, weekday: int, spans: tuple[Span, ...]) -> WeeklyHours:
    return WeeklyHours(tuple(spans if at == weekday else own for at, own in enumerate(hours.days)))


# The course's limits


def _later(request: CourseRequest, situation: Situation, gives: Gives) -> Relaxation | None:
    """The least later end or start with which there is a place: that of the plan that waits least, which is early in every session."""
    limit = request.finish_on_or_before if gives is Gives.FINISH else request.start_on_or_before
    if limit is None:
        return None
    soon = replace(situation, weights=weights_for(Aim.EARLIEST, situation.weights))
    earliest = plan_course(_limited(request, gives, None), soon)
    if isinstance(earliest, Unplaceable):
        return None
    at = -1 if gives is Gives.FINISH else 0
    least = situation.calendar.time.date_of(earliest.sessions[at].interval.starts_at)
    verb = "end" if gives is Gives.FINISH else "start"
    relaxed = _Try(gives, f"the course may {verb} on {least}, {days(least - limit)} than asked", _limited(request, gives, least), situation)
    found = plan_course(relaxed.request, situation)
    return _relaxed(relaxed, found, f"Possible if {relaxed.what}.") if isinstance(found, CoursePlan) else None


def _limited(request: CourseRequest, gives: Gives, last: date | None) -> CourseRequest:
    if gives is Gives.FINISH:
        return replace(request, finish_on_or_before=last)
    return replace(request, start_on_or_before=last)


# The site's hours


def _other_hours(request: CourseRequest, situation: Situation) -> Relaxation | None:
    """The first longer opening of one weekday, or else of all, with which there is a place; told, and not to be booked."""
    wanted = {demand.requirement.capability for template in request.protocol.templates.values() for demand in template.demands}
    site = _SiteHours(situation.calendar, wanted)
    if isinstance(plan_course(request, site.open_longer(situation, site.week, LONGER[-1], LONGER[-1])), Unplaceable):
        return None
    for minutes in LONGER:
        for weekdays in (*((at,) for at in site.week), site.week):
            for before, after in ((minutes, 0), (0, minutes)):
                longer = site.open_longer(situation, weekdays, before, after)
                found = plan_course(request, longer)
                if isinstance(found, CoursePlan):
                    words = site.words(weekdays, before, after)
                    return _relaxed(_Try(Gives.SITE_HOURS, words, request, longer), found, f"Possible if {words}.")
    return None


class _SameBookings(Calendar):
    """A calendar with the bookings of another, and resources with other hours."""

    def __init__(self, calendar: Calendar, resources: Iterable[Resource]) -> None:
        super().__init__(calendar.site, resources, time=calendar.time)
        self._loads.update({key: [*loads] for key, loads in calendar._loads.items()})
        self._busy.update(calendar._busy)


class _SiteHours:
    """When those whom a protocol needs work, by weekday; and what if they worked longer."""

    def __init__(self, calendar: Calendar, wanted: set[str]) -> None:
        self._calendar = calendar
        self._needed = [each for each in calendar.resources.values() if each.capabilities & wanted]
        spans = [[span for each in self._needed for span in self._hours(each).days[at]] for at in range(len(WEEKDAYS))]
        self._edges = [(min(opens for opens, _ in day), max(closes for _, closes in day)) if day else None for day in spans]
        self.week = tuple(at for at, edges in enumerate(self._edges) if edges)

    def _hours(self, resource: Resource) -> WeeklyHours:
        return self._calendar.site.hours if resource.hours is None else resource.hours

    def open_longer(self, situation: Situation, weekdays: tuple[int, ...], before: int, after: int) -> Situation:
        """The situation with all of them there so many minutes before the first begins, or after the last ends."""
        edges = {at: self._opening(at, before, after) for at in weekdays}
        resources = [
            replace(each, hours=_stretched(self._hours(each), edges, before, after)) if each in self._needed else each
            for each in self._calendar.resources.values()
        ]
        return replace(situation, calendar=_SameBookings(self._calendar, resources))

    def _opening(self, weekday: int, before: int, after: int) -> Span:
        opens, closes = self._edges[weekday] or (0, MINUTES_OF_DAY)
        return max(0, opens - before), min(MINUTES_OF_DAY, closes + after)

    def words(self, weekdays: tuple[int, ...], before: int, after: int) -> str:
        """`Thursdays may start at 07:00`."""
        if len(weekdays) > 1:
            return f"every day may {f'start {before} minutes earlier' if before else f'end {after} minutes later'}"
        opens, closes = self._opening(weekdays[0], before, after)
        return f"{NAMES[WEEKDAYS[weekdays[0]]]} may {f'start at {clock_text(opens)}' if before else f'go on until {clock_text(closes)}'}"


def _stretched(hours: WeeklyHours, edges: Mapping[int, Span], before: int, after: int) -> WeeklyHours:
    """Hours whose first stretch begins with the edge, or whose last ends with it."""
    days = [list(spans) for spans in hours.days]
    for at, (opens, closes) in edges.items():
        if days[at] and before:
            days[at][0] = (min(opens, days[at][0][0]), days[at][0][1])
        if days[at] and after:
            days[at][-1] = (days[at][-1][0], max(closes, days[at][-1][1]))
    return WeeklyHours(tuple(tuple(spans) for spans in days))
