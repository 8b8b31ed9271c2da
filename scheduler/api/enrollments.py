"""Safety programs: a site's certification, a patient's enrollment, and that the program was told of a change of site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, Response
from pydantic import Field

from courses import certifying, queries
from courses.certifying import NewCertification, NewEnrollment
from courses.owed.enrollment import Enrollment, Setting, owes_transfer
from courses.queries import enrollments
from rooms import queries as rooms_queries
from rooms.base import Db
from scheduler.api.fields import Date, Key, Line, Reason, Shape
from scheduler.api.owed_shapes import Certifications, CertificationShown, Enrollments, EnrollmentShown
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, Creating, shown

router = APIRouter(tags=["safety programs"])


class NewCertificationShape(Shape):
    """A certification as the program wrote it. The setting is what its forms name."""

    program: Line = Field(max_length=40, description="As checklists name it.")
    number: Line
    representative: Reason = ""
    from_on: Date
    until_on: Date | None = None
    setting_name: Reason = ""
    address: Reason = ""
    address_more: Reason = ""
    city: Reason = ""
    state: Reason = ""
    postal_code: Reason = ""
    telephone: Reason = ""
    email: Reason = ""

    def value(self) -> NewCertification:
        """What is to be kept."""
        there = (self.setting_name, self.address, self.address_more, self.city, self.state, self.postal_code, self.telephone, self.email)
        return NewCertification(self.program, self.number, self.representative, self.from_on, self.until_on, Setting(*there))


class NewEnrollmentShape(Shape):
    """An enrollment as it was signed."""

    site: Key = Field(description="Where the patient is treated.")
    program: Line = Field(max_length=40)
    from_on: Date
    number: Reason = ""
    middle_name: Reason = ""
    sex: Reason = ""
    transfer_told_on: Date | None = Field(None, description="When the program was told that they come from another site.")


class LastDay(Shape):
    """The last day on which it holds."""

    until_on: Date


class ToldOn(Shape):
    """When the program was told."""

    told_on: Date


@router.get("/sites/{site}/certifications", response_model=Certifications, responses=problems(404), summary="A site's certifications")
def list_certifications(site: Key, desk: AtDesk) -> Response:
    """All that a site ever had, the newest first."""
    with desk.reading() as db:
        held = enrollments.certifications(db, rooms_queries.site(db, site).id)
        return shown(Certifications(certifications=[CertificationShown.of(each) for each in held]))


@router.post(
    "/sites/{site}/certifications",
    status_code=201,
    response_model=CertificationShown,
    responses=changes(404),
    summary="A site is certified",
)
def add_certification(site: Key, new: NewCertificationShape, change: Creating) -> Response:
    """Each site is certified by itself; treatments under the program are refused at one that is not."""

    def work(db: Db) -> CertificationShown:
        return CertificationShown.of(certifying.certify(db, site, new.value(), by=change.by, new_id=change.new_id))

    return change.answer(new, work, status=201)


@router.post("/certifications/{certification}/end", response_model=CertificationShown, responses=changes(404, etag=True), summary="It ends")
def end_certification(certification: Key, last: LastDay, change: Changing) -> Response:
    """The last day of a certification."""

    def work(db: Db) -> CertificationShown:
        return CertificationShown.of(certifying.end_certification(db, certification, last.until_on, expected=change.version))

    return change.answer(last, work)


@router.get("/patients/{patient}/enrollments", response_model=Enrollments, responses=problems(404), summary="A patient's enrollments")
def list_enrollments(patient: Key, desk: AtDesk) -> Response:
    """All that a patient ever had, wherever, the newest first."""
    with desk.reading() as db:
        return shown(Enrollments(enrollments=_all_of(db, queries.patient(db, patient).patient.id)))


@router.post(
    "/patients/{patient}/enrollments", status_code=201, response_model=EnrollmentShown, responses=changes(404), summary="Enroll a patient"
)
def add_enrollment(patient: Key, new: NewEnrollmentShape, change: Creating) -> Response:
    """Keep that a patient is enrolled at a site. From another site, they count there once the program was told of it."""

    def work(db: Db) -> EnrollmentShown:
        wanted = NewEnrollment(new.program, new.from_on, new.number, new.middle_name, new.sex, new.transfer_told_on)
        return _shown(db, certifying.enroll(db, patient, new.site, wanted, by=change.by, new_id=change.new_id))

    return change.answer(new, work, status=201)


@router.post("/enrollments/{enrollment}/end", response_model=EnrollmentShown, responses=changes(404, etag=True), summary="It ends")
def end_enrollment(enrollment: Key, last: LastDay, change: Changing) -> Response:
    """The last day of an enrollment."""

    def work(db: Db) -> EnrollmentShown:
        return _shown(db, certifying.end_enrollment(db, enrollment, last.until_on, expected=change.version))

    return change.answer(last, work)


@router.post(
    "/enrollments/{enrollment}/transfer", response_model=EnrollmentShown, responses=changes(404, etag=True), summary="The program was told"
)
def tell_transfer(enrollment: Key, told: ToldOn, change: Changing) -> Response:
    """The program was told, beforehand, that the patient comes here from another site."""

    def work(db: Db) -> EnrollmentShown:
        day: date = told.told_on
        return _shown(db, certifying.tell_transfer(db, enrollment, day, expected=change.version))

    return change.answer(told, work)


def _shown(db: Db, held: Enrollment) -> EnrollmentShown:
    return next(each for each in _all_of(db, held.patient) if each.id == held.id)


def _all_of(db: Db, patient: str) -> list[EnrollmentShown]:
    held: Sequence[Enrollment] = enrollments.enrollments_of(db, [patient])[patient]
    names = {each.id: each.public_id for each in rooms_queries.sites(db)}
    return [EnrollmentShown.of(each, names.get(each.site_id), owes_transfer=owes_transfer(held, each)) for each in held]
