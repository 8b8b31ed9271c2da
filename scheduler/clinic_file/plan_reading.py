"""Reading a plan beside its clinic file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from courses.plans.plan import ClinicPlan, Cost, CoursePlan, MissedWish, PlannedSession, Reseat, Seat, Unplaceable
from courses.plans.request import CourseRequest
from courses.protocols.located.document import read_document
from courses.protocols.located.part import Part
from courses.protocols.session_template import SessionTemplate
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from scheduler.clinic_file.clinic import ClinicFile
from scheduler.clinic_file.plan_writing import ALONE, BESIDE_OTHERS
from scheduler.clinic_file.reading import by_id, content_of
from scheduler.clinic_file.times import interval_of

PLAN_KEYS = ("courses", "objective", "bound", "gap", "reseated")
COURSE_KEYS = ("id", "status", "cost", "sessions", "moved", "reason")
COST_KEYS = ("delay", "outside", "spread", "changes", "total")
REASON_KEYS = ("session", "code", "detail", "proof")
SESSION_KEYS = ("number", "phase", "template", "start", "end", "authorized", "bookings", "missed")
SEAT_KEYS = ("requirement", "resource", "start", "end", "load")
RESEAT_KEYS = ("booking", "resource")
WISH_KEYS = ("wish", "reason")

MOST_COST = 10**12


def open_plan(path: Path, clinic: ClinicFile, *, now: datetime | None = None) -> ClinicPlan:
    """The plan in a file. Raises `FaultyDocument`, also where there is no such file."""
    return read_plan(content_of(path), clinic, str(path), now=now)


def read_plan(content: bytes | str, clinic: ClinicFile, file: str = "plan", *, now: datetime | None = None) -> ClinicPlan:
    """The plan in a document for a clinic. What starts before `now` is history, which may be off the grid.

    Raises `FaultyDocument` for what could not be a plan of this clinic; whether its rules hold is not asked.
    """
    return read_document(content, file).read(_PlanReader(clinic, now).plan)


class _PlanReader:
    """Reads a plan by what its clinic file says."""

    def __init__(self, clinic: ClinicFile, now: datetime | None) -> None:
        self.here = SiteTime(clinic.site.timezone)
        self.granularity = clinic.site.granularity_minutes
        self.now = now
        self.requests = {request.id: request for request in clinic.requests}
        self.resources = {resource.id: None for resource in clinic.resources}
        self.n_bookings = len(clinic.bookings)

    def plan(self, part: Part) -> ClinicPlan | None:
        fields = part.fields(PLAN_KEYS, required=("courses",))
        courses: dict[str, CoursePlan | Unplaceable] = by_id(fields["courses"].items(), self._course, lambda answer: answer.course)
        objective = fields["objective"].number(MOST_COST) if "objective" in fields else 0
        reseated = tuple(found for each in fields.items("reseated") if (found := self._reseat(each)) is not None)
        bound, gap = (fields[key].number(MOST_COST) if key in fields else None for key in ("bound", "gap"))
        return fields.build(lambda: ClinicPlan(tuple(courses.values()), objective, reseated, bound, gap))

    def _reseat(self, part: Part) -> Reseat | None:
        fields = part.fields(RESEAT_KEYS, required=RESEAT_KEYS)
        booking, resource = fields["booking"].whole(), fields["resource"].choice(self.resources, "resource")
        if booking >= self.n_bookings:
            fields["booking"].refuse(f"the clinic file has {self.n_bookings} bookings, counted from 0")
        return fields.build(lambda: Reseat(booking, resource))

    def _course(self, part: Part) -> CoursePlan | Unplaceable | None:
        fields = part.fields(COURSE_KEYS, required=("id", "status"))
        course = fields["id"].choice(self.requests, "course")
        status = fields["status"].choice(("planned", "unplaceable"), "status")
        needed = "reason" if status == "unplaceable" else "sessions"
        if needed not in fields:
            part.refuse(f"{needed} is missing")
            return None
        if status == "unplaceable":
            return self._unplaceable(course, fields["reason"])
        request = self.requests.get(course)
        if request is None:
            return None
        sessions = tuple(found for each in fields["sessions"].items() if (found := self._session(each, request)) is not None)
        if fields.sound and [session.number for session in sessions] != list(range(1, request.protocol.n_sessions + 1)):
            fields["sessions"].refuse(f"the course has the sessions 1 to {request.protocol.n_sessions}, in order, and these are others")
        cost = self._cost(fields["cost"]) if "cost" in fields else Cost(0, 0, 0, 0, 0)
        moved = tuple(each.whole(1) for each in fields.items("moved"))
        return fields.build(lambda: CoursePlan(course, sessions, cost, moved))

    @staticmethod
    def _unplaceable(course: str, part: Part) -> Unplaceable | None:
        fields = part.fields(REASON_KEYS, required=("code",))
        session, code, detail = fields.whole("session", 1), fields["code"].text(), fields.text("detail")
        proof = fields["proof"].choice((ALONE, BESIDE_OTHERS), "proof") if "proof" in fields else None
        return fields.build(lambda: Unplaceable(course, session, code, detail, None if proof is None else proof == ALONE))

    @staticmethod
    def _cost(part: Part) -> Cost:
        fields = part.fields(COST_KEYS)
        delay, outside, spread, changes = (fields[key].whole(0, MOST_COST) if key in fields else 0 for key in COST_KEYS[:4])
        return Cost(delay, outside, spread, changes, fields["total"].number(MOST_COST) if "total" in fields else 0)

    def _session(self, part: Part, request: CourseRequest) -> PlannedSession | None:
        fields = part.fields(SESSION_KEYS, required=("number", "start", "end", "bookings"))
        number = fields["number"].whole(1, request.protocol.n_sessions)
        slot, template = request.protocol.slots[number - 1], request.protocol.template_of(number)
        interval = interval_of(fields, self.here, starts_a_visit=True)
        if fields.sound:
            self._refuse_off_grid(fields["start"], interval)
        name = fields["template"].choice(request.protocol.templates, "session template") if "template" in fields else template.name
        used = request.protocol.templates.get(name, template)
        seats = tuple(found for each in fields["bookings"].items() if (found := self._seat(each, used)) is not None)
        authorized = fields["authorized"].truth() if "authorized" in fields else True
        missed = tuple(wish for each in fields.items("missed") if (wish := self._missed(each)) is not None)
        phase = fields.text("phase", slot.phase)
        return fields.build(lambda: PlannedSession(number, phase, used.name, interval, seats, authorized, missed))

    def _refuse_off_grid(self, part: Part, interval: Interval) -> None:
        local = self.here.local(interval.starts_at)
        if self.now is not None and interval.starts_at < self.now:
            return
        if local.second or local.microsecond or (local.hour * 60 + local.minute) % self.granularity:
            part.refuse(f"{local:%H:%M:%S} is off the grid; sessions start every {self.granularity} minutes from midnight")

    def _seat(self, part: Part, template: SessionTemplate) -> Seat | None:
        fields = part.fields(SEAT_KEYS, required=("requirement", "resource", "start", "end"))
        index = fields["requirement"].whole()
        resource = fields["resource"].choice(self.resources, "resource")
        interval, load = interval_of(fields, self.here, starts_a_visit=True), fields.whole("load", 1)
        if index >= len(template.requirements):
            fields["requirement"].refuse(f"session template {template.name} has {len(template.requirements)} requirements, counted from 0")
            return None
        capability = template.requirements[index].requirement.capability
        return fields.build(lambda: Seat(index, capability, resource, interval, load))

    @staticmethod
    def _missed(part: Part) -> MissedWish | None:
        fields = part.fields(WISH_KEYS, required=WISH_KEYS)
        wish, reason = fields["wish"].text(), fields["reason"].text()
        return fields.build(lambda: MissedWish(wish, reason))
