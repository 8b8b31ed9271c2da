"""Safety programs: the site's certifications, and a patient's enrollments."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import certifying, queries
from courses.certifying import NewCertification, NewEnrollment
from courses.owed.enrollment import Setting, owes_transfer
from courses.queries import enrollments
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.trying import tried

router = APIRouter()

SETTING = ("setting_name", "address", "address_more", "city", "state", "postal_code", "telephone", "email")
CERTIFICATION = ("program", "number", "representative", "from_on", "until_on", *SETTING)
ENROLLMENT = ("program", "number", "from_on", "middle_name", "sex", "transfer_told_on")


@router.get("/certifications")
def show_certifications(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """What the site is certified for, and since when."""
    with desk.reading() as db:
        return _site_page(request, db, desk, done=bool(done))


@router.post("/certifications")
def certify(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Keep that the site is certified."""

    def work(db: Db) -> str:
        until_on = form.date("until_on") if "until_on" in form else None
        setting = Setting(*(form[name] for name in SETTING))
        new = NewCertification(form["program"], form["number"], form["representative"], form.date("from_on"), until_on, setting)
        certifying.certify(db, framed(request, db).site.public_id, new, by=desk.by, new_id=desk.new_id)
        return "/certifications?done=yes"

    return tried(desk, form, work, lambda db, refused: _site_page(request, db, desk, refused=refused, form=form))


@router.post("/certifications/{certification}/end")
def end_certification(request: Request, certification: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The last day of a certification."""

    def work(db: Db) -> str:
        certifying.end_certification(db, certification, form.date("until_on"), expected=form.whole("version"))
        return "/certifications?done=yes"

    with desk.reading() as db:
        enrollments.certification(db, certification)
    return tried(desk, form, work, lambda db, refused: _site_page(request, db, desk, refused=refused))


@router.get("/patients/{patient}/enrollments")
def show_enrollments(request: Request, patient: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """What a patient is enrolled in, where and since when."""
    with desk.reading() as db:
        return _patient_page(request, db, desk, patient, done=bool(done))


@router.post("/patients/{patient}/enrollments")
def enroll(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Keep that a patient is enrolled at this site."""

    def work(db: Db) -> str:
        known = queries.patient(db, patient)
        site = framed(request, db, known.site_id).site.public_id
        told_on = form.date("transfer_told_on") if "transfer_told_on" in form else None
        new = NewEnrollment(form["program"], form.date("from_on"), form["number"], form["middle_name"], form["sex"], told_on)
        certifying.enroll(db, patient, site, new, by=desk.by, new_id=desk.new_id)
        return f"/patients/{known.patient.id}/enrollments?done=yes"

    return tried(desk, form, work, lambda db, refused: _patient_page(request, db, desk, patient, refused=refused, form=form))


@router.post("/enrollments/{enrollment}/end")
def end_enrollment(request: Request, enrollment: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The last day of an enrollment."""

    def work(db: Db) -> str:
        held = certifying.end_enrollment(db, enrollment, form.date("until_on"), expected=form.whole("version"))
        return f"/patients/{held.patient}/enrollments?done=yes"

    return _changed(request, enrollment, form, desk, work)


@router.post("/enrollments/{enrollment}/transfer")
def tell_transfer(request: Request, enrollment: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The program was told that the patient comes here from another site."""

    def work(db: Db) -> str:
        held = certifying.tell_transfer(db, enrollment, form.date("told_on"), expected=form.whole("version"))
        return f"/patients/{held.patient}/enrollments?done=yes"

    return _changed(request, enrollment, form, desk, work)


def _changed(request: Request, enrollment: str, form: Typed, desk: Desk, work: Callable[[Db], str]) -> Response:
    with desk.reading() as db:
        patient = enrollments.enrollment(db, enrollment).enrollment.patient
    return tried(desk, form, work, lambda db, refused: _patient_page(request, db, desk, patient, refused=refused))


def _site_page(
    request: Request, db: Db, desk: Desk, *, refused: DomainError | None = None, form: Typed | None = None, done: bool = False
) -> HTMLResponse:
    frame = framed(request, db)
    return show(
        "certifications.html",
        frame,
        page="forms",
        status=status_of(refused),
        held=enrollments.certifications(db, frame.site.id),
        today=frame.time.date_of(desk.now),
        asked=form.values(*CERTIFICATION) if form else dict.fromkeys(CERTIFICATION, ""),
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _patient_page(  # noqa: PLR0913  # each is a part of the page
    request: Request,
    db: Db,
    desk: Desk,
    patient: str,
    *,
    refused: DomainError | None = None,
    form: Typed | None = None,
    done: bool = False,
) -> HTMLResponse:
    known = queries.patient(db, patient)
    frame = framed(request, db, known.site_id)
    held = enrollments.enrollments_of(db, [known.patient.id])[known.patient.id]
    names = {each.id: each.site.name for each in rooms_queries.sites(db)}
    return show(
        "enrollments.html",
        frame,
        page="patients",
        status=status_of(refused),
        patient=known.patient,
        held=[(each, names.get(each.site_id, "another site"), owes_transfer(held, each)) for each in held],
        programs=sorted({each.program for each in enrollments.certifications(db, frame.site.id)}),
        today=frame.time.date_of(desk.now),
        asked=form.values(*ENROLLMENT) if form else dict.fromkeys(ENROLLMENT, ""),
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )
