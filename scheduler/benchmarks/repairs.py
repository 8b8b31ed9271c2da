"""Mishaps in a running clinic: how soon a first answer stands, how many sessions it moves, and how few the polished one does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from courses.plans.batch import Clinic, plan_clinic
from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession
from courses.plans.repair import Disruptions, Missed, PatientUnavailable, Polish, ResourceDown, SiteClosed, replan
from courses.plans.request import CourseRequest, PatientHours
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.resources.resource import Absence
from scheduler.benchmarks.families import Family
from scheduler.benchmarks.judging import BrokenPlan, Judge
from scheduler.benchmarks.measuring import Say, Stopwatch, settle
from scheduler.clock import SystemClock

WEEKS_ON = 4
"""The mishaps come so long after the first course may start, when all are running."""
TIMES = 3
"""How often each first answer is measured; the median is told."""

Mishap = ResourceDown | SiteClosed | PatientUnavailable | Missed
Key = tuple[str, int]
OWN_REPAIR, POLISHED = "the first answer", "the polished answer"


@dataclass(frozen=True)
class RepairFigures:
    """One mishap. `struck` are the sessions that cannot be as they were; `lost` are courses that have no place any more."""

    clinic: str
    mishap: str
    struck: int
    first_cpu_ms: float
    first_wall_ms: float
    first_moved: int
    first_reassigned: int
    first_lost: int
    moved: int
    reassigned: int
    lost: int
    polished_seconds: float
    fewest_proven: bool
    """Whether fewer moves than the polished answer's are proven impossible, and fewer lost courses."""
    at_least: int | None
    """So many moves at least, with the same courses kept; None where nothing is proven."""


@dataclass(frozen=True)
class Changed:
    """What a re-plan did to the sessions to come."""

    moved: int
    reassigned: int
    lost: int


def repairs(family: Family, seconds: float, say: Say) -> list[RepairFigures]:
    """Measures each mishap on each clinic of a family; polishing is given so many seconds. Raises `BrokenPlan`."""
    found = []
    for seed, file in enumerate(family.clinics(), 1):
        clinic, requests = replace(file.as_planned_against(), movable={}), file.requests
        before = plan_clinic(clinic, requests)
        running = _Running(clinic, requests, before)
        for name, happened in running.mishaps():
            say(f"{family.name}, clinic {seed} of {family.seeds}: {name}")
            found.append(running.measured(f"{family.name}, {seed}", name, happened, seconds))
    return found


class _Running:
    """A clinic in the midst of its courses, early on a Monday."""

    def __init__(self, clinic: Clinic, requests: Sequence[CourseRequest], before: ClinicPlan) -> None:
        self.clinic, self.requests, self.before = clinic, requests, before
        self.time = SiteTime(clinic.site.timezone)
        first = min(request.start_on_or_after for request in requests)
        self.monday = first + timedelta(days=7 * WEEKS_ON - first.weekday())
        self.now = self._at(self.monday, 6)
        self.plans = [answer for answer in before.courses if isinstance(answer, CoursePlan)]
        self.ahead = {
            (plan.course, session.number): session
            for plan in self.plans
            for session in plan.sessions
            if session.interval.starts_at >= self.now
        }

    def _at(self, day: date, hour: int) -> datetime:
        return self.time.instant(datetime.combine(day, time(hour)))

    def _days(self, day: date, n: int) -> Interval:
        return Interval(self._at(day, 0), self._at(day + timedelta(days=n), 0))

    def mishaps(self) -> Iterator[tuple[str, list[Mishap]]]:
        """Each by its name; the last is several at once. What nobody's session would notice is left out."""
        found: dict[str, list[Mishap]] = {}
        week, day = self._days(self.monday, 5), self._days(self.monday, 1)
        if device := self._busiest("tms-device", week):
            found["a TMS device lost for five days"] = [ResourceDown(device, week)]
        if operator := self._busiest("tms-operator", day):
            found["an operator away for a day"] = [ResourceDown(operator, day)]
        found |= self._lost_morning()
        found["the clinic closed for a day"] = [SiteClosed(day, "snow")]
        if struck := sorted(key for key, session in self.ahead.items() if session.interval.overlaps(day)):
            patient = next(request.patient for request in self.requests if request.id == struck[0][0])
            found["a patient away for two days"] = [PatientUnavailable(patient, self._days(self.monday, 2))]
        if missed := self._last_before():
            found["a missed session"] = [Missed(*missed)]
        several = [mishap for name in found if "clinic closed" not in name for mishap in found[name]]
        yield from found.items()
        yield "all of these but the closed day", several

    def _lost_morning(self) -> dict[str, list[Mishap]]:
        for offset in range(5):
            on = self.monday + timedelta(days=offset)
            morning = Interval(self._at(on, 7), self._at(on, 12))
            if who := self._busiest("anesthesia", morning):
                return {"a morning of anesthesia lost": [ResourceDown(who, morning)]}
        return {}

    def _busiest(self, capability: str, then: Interval) -> str | None:
        seats = (seat for session in self.ahead.values() for seat in session.seats)
        often = Counter(seat.resource for seat in seats if seat.capability == capability and seat.interval.overlaps(then))
        return min(often, key=lambda resource: (-often[resource], resource), default=None)

    def _last_before(self) -> Key | None:
        over = [
            (session.interval.starts_at, plan.course, session.number)
            for plan in self.plans
            for session in plan.sessions
            if session.interval.starts_at < self.now and plan.sessions[-1].interval.starts_at >= self.now
        ]
        return max(over)[1:] if over else None

    def measured(self, clinic: str, name: str, happened: list[Mishap], seconds: float) -> RepairFigures:
        """One mishap, repaired at once and then polished; both are judged."""
        disruptions = Disruptions(self.now, tuple(happened))
        watch, after = Stopwatch(), self.before
        settle()
        for _ in range(TIMES):
            with watch.once():
                after = replan(self.clinic, self.requests, self.before, disruptions)
        first = self._approved(f"{OWN_REPAIR} to {name}", after, disruptions)
        polishing, clock = Stopwatch(), SystemClock()
        began = clock.monotonic()
        with polishing.once():
            polish = Polish(lambda: clock.monotonic() - began, seconds)
            after = replan(self.clinic, self.requests, self.before, disruptions, polish=polish)
        best = self._approved(f"{POLISHED} to {name}", after, disruptions)
        times = watch.times()
        return RepairFigures(
            clinic=clinic,
            mishap=name,
            struck=len(self._struck(disruptions)),
            first_cpu_ms=times.cpu_median if times else 0.0,
            first_wall_ms=times.wall_median if times else 0.0,
            first_moved=first.moved,
            first_reassigned=first.reassigned,
            first_lost=first.lost,
            moved=best.moved,
            reassigned=best.reassigned,
            lost=best.lost,
            polished_seconds=sum(polishing.wall) / 1000,
            fewest_proven=after.proof is not None and after.proof.fewest_moves,
            at_least=None if after.proof is None else after.proof.at_least,
        )

    def _struck(self, disruptions: Disruptions) -> list[Key]:
        """Sessions that cannot be as they were, missed ones among them."""
        judge = Judge(with_mishaps(self.clinic, disruptions))
        faults = judge.faults(self.requests, self.plans, self.now)
        keys = [(plan.course, s.number) for plan in self.plans for s in plan.sessions if (plan.course, s.number) in self.ahead]
        broken = [key for key in keys if any(fault.startswith(f"{key[0]}: session {key[1]}: ") for fault in faults)]
        return [*broken, *((each.course, each.session) for each in disruptions.happened if isinstance(each, Missed))]

    def _approved(self, way: str, after: ClinicPlan, disruptions: Disruptions) -> Changed:
        """What a re-plan changed. Raises `BrokenPlan` where it breaks a rule, touches history or says something else."""
        clinic = with_mishaps(self.clinic, disruptions)
        faults = Judge(clinic).faults(self.requests, after.courses, self.now)
        changed, more = changes_between(self.plans, after, self.now, [m for m in disruptions.happened if isinstance(m, Missed)])
        if faults or more:
            raise BrokenPlan(way, [*faults, *more])
        return changed


def changes_between(before: Sequence[CoursePlan], after: ClinicPlan, now: datetime, missed: Sequence[Missed]) -> tuple[Changed, list[str]]:
    """What is different after a re-plan, and what it may not have done: touched history, or told other moves than it made."""
    owed = {(each.course, each.session) for each in missed}
    plans = {answer.course: answer for answer in after.courses if isinstance(answer, CoursePlan)}
    moved, reassigned, faults = set[Key](), 0, list[str]()
    for old in before:
        if old.course not in plans:
            continue
        for was, now_is in zip(old.sessions, plans[old.course].sessions, strict=True):
            key = (old.course, was.number)
            same_start = was.interval.starts_at == now_is.interval.starts_at
            if not same_start:
                moved.add(key)
                if now_is.interval.starts_at < now:
                    faults.append(f"{key} is put into the past")
            reassigned += same_start and _who(was) != _who(now_is)
            if was.interval.starts_at < now and key not in owed and (not same_start or _who(was) != _who(now_is)):
                faults.append(f"{key} is history, and changed")
    told = {(plan.course, number) for plan in plans.values() for number in plan.moved}
    if told != moved:
        faults.append(f"it says that {sorted(told)} moved; it is {sorted(moved)}")
    return Changed(len(moved), reassigned, len(before) - len(plans.keys() & {plan.course for plan in before})), faults


def _who(session: PlannedSession) -> set[tuple[int, str]]:
    return {(seat.requirement, seat.resource) for seat in session.seats}


def with_mishaps(clinic: Clinic, disruptions: Disruptions) -> Clinic:
    """The clinic with what happened laid on it, as the judge sees it: by no code of the repair's."""
    site, resources = clinic.site, {each.id: each for each in clinic.resources}
    patients: Mapping[str, PatientHours] = dict(clinic.patients)
    for each in disruptions.happened:
        if isinstance(each, SiteClosed):
            site = replace(site, closures=(*site.closures, Closure(each.interval)))
        elif isinstance(each, ResourceDown):
            down = resources[each.resource]
            resources[down.id] = replace(down, absences=(*down.absences, Absence(each.interval)))
        elif isinstance(each, PatientUnavailable):
            hours = patients.get(each.patient) or PatientHours(each.patient)
            patients = {**patients, each.patient: replace(hours, unavailable=(*hours.unavailable, each.interval))}
    return replace(clinic, site=site, resources=[*resources.values()], patients=patients)
