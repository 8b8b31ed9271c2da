"""A database turned back into a clinic file: to try the clinic out, to move it, or to report a planning bug.

The courses that are under way are written as courses that are wanted, so that planning can be tried on them; `present_plan` is the plan
that they have now. What is taken by anything else stands under `bookings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from courses import queries
from courses.patients.patient import Patient
from courses.plans.ongoing.course import Course, place_of
from courses.plans.plan import ClinicPlan, Cost, CoursePlan, Unplaceable
from courses.plans.repair import Disruptions, replan
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.provenance import ProtocolDocument
from courses.protocols.version import VersionStatus
from courses.queries import SessionLine
from courses.sessions.status import CourseStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Claim
from rooms.resources.resource import Resource
from scheduler.clinic_file import ClinicFile, HeldBooking, Person

FAR = timedelta(days=3660)
"""How far ahead bookings are looked for."""

UNDER_WAY = (CourseStatus.DRAFT, CourseStatus.ACTIVE)


@dataclass(frozen=True)
class Exported:
    """A site as a clinic file, and the courses that it speaks of as they stand."""

    clinic: ClinicFile
    courses: tuple[Course, ...]

    def present_plan(self, now: datetime) -> ClinicPlan:
        """The plan that the courses have. One that is owed a session without a place is unplaceable until it has one."""
        requests = self.clinic.requests
        answers = tuple(_answer(course, request) for course, request in zip(self.courses, requests, strict=True))
        unchanged = Disruptions(now, ())
        return replan(self.clinic.as_planned_against(), requests, ClinicPlan(answers, 0), unchanged)


def export_clinic(db: Db, site_key: str, *, now: datetime, names: bool = False, booked: bool = False) -> Exported:
    """A site (by code or public id) as a clinic file. Raises `Unknown`.

    Patients are told by the clinic's own code alone unless `names` is asked for. With `booked`, the sessions to come of every course
    are bookings like any other, and no course is wanted: a clinic as somebody finds it who asks for one more course.
    """
    site = rooms_queries.site(db, site_key)
    courses = (
        () if booked else tuple(queries.course(db, line.id).course for line in queries.courses(db, site.id, now=now, statuses=UNDER_WAY))
    )
    courses = tuple(sorted(courses, key=lambda course: course.code))
    protocols = {
        known.version.code: replace(known.version.document, protocol=replace(known.version.protocol, id=known.version.code))
        for known in queries.protocols(db, site.id)
        if known.version.status is VersionStatus.ACTIVE
    }
    requests = tuple(_request(course, protocols) for course in courses)
    everybody = [known.patient for known in queries.patients(db, site.id)]
    since = min([now, *(_midnight(site.site.timezone, course.request.start_on_or_after) for course in courses)])
    clinic = ClinicFile(
        site.site,
        tuple(_plainly_named(known.resource) for known in rooms_queries.resources(db, site.id)),
        protocols,
        tuple(_hours(patient) for patient in everybody),
        requests,
        _bookings(db, site.id, since, now, courses),
        people={patient.code: _person(patient) for patient in everybody if names and patient.born_on},
    )
    return Exported(clinic, courses)


def _plainly_named(resource: Resource) -> Resource:
    return replace(resource, name="") if resource.name == resource.id else resource


def _request(course: Course, protocols: dict[str, ProtocolDocument]) -> CourseRequest:
    """What the course was asked as; the protocol is entered under a name of its own where it is not the clinic's present one."""
    protocol = replace(course.request.protocol, id=course.version_of.code)
    present = protocols.get(protocol.id)
    if present is None or present.protocol != protocol:
        own = f"{protocol.id}@{course.version_of.number}" + (f"+{course.code}" if course.extended else "")
        protocol = replace(protocol, id=own)
        protocols.setdefault(own, replace(course.version_of.document, protocol=protocol, extension=None))
    return replace(course.request, id=course.code, patient=course.patient.code, protocol=protocol)


def _answer(course: Course, request: CourseRequest) -> CoursePlan | Unplaceable:
    live = course.live
    owed = next((session for session in live if session.interval is None), None)
    if owed is not None or len(live) != request.protocol.n_sessions:
        number = owed.number if owed else len(live) + 1
        return Unplaceable(request.id, number, "no_date", f"session {number} is owed and has no place")
    return CoursePlan(request.id, tuple(place_of(session) for session in live), Cost(0, 0, 0, 0, 0))


def _bookings(db: Db, site_id: int, since: datetime, now: datetime, courses: Iterable[Course]) -> tuple[HeldBooking, ...]:
    """What is taken by anything but these courses, saying for whom where it is another course."""
    taken = rooms_queries.bookings_on(db, site_id, Interval(since, since + FAR), now=now)
    usable = {known.resource.id: known.reseat_allowed for known in rooms_queries.resources(db, site_id)}
    of_courses = {session.id for course in courses for session in course.live}
    claims = [each.claim for each in taken if each.claim.purpose not in of_courses and each.claim.resource in usable]
    claims.sort(key=lambda claim: (claim.interval, claim.resource))
    lines = {line.id: line for line in queries.sessions_with(db, {claim.purpose for claim in claims}, now=now)}
    codes = {key: queries.course(db, key).course.code for key in {line.course_id for line in lines.values()}}
    claims = [replace(claim, reseat=claim.reseat and usable[claim.resource]) for claim in claims]
    return tuple(_held(index, claim, lines.get(claim.purpose), codes) for index, claim in enumerate(claims))


def _held(index: int, claim: Claim, line: SessionLine | None, codes: Mapping[str, str]) -> HeldBooking:
    course, number = (codes[line.course_id], line.number) if line else ("", None)
    return HeldBooking(index, claim.resource, claim.interval, claim.load, claim.capability, claim.reseat, course, number)


def _midnight(zone: str, on: date) -> datetime:
    return SiteTime(zone).instant(datetime.combine(on, time()))


def _hours(patient: Patient) -> PatientHours:
    return PatientHours(patient.code, patient.available, tuple(absence.interval for absence in patient.absences))


def _person(patient: Patient) -> Person:
    return Person(patient.given_name, patient.family_name, patient.born_on)
