"""Patients: found by two identifiers, registered once, and when they can come."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from courses import queries, registering
from courses.patients.patient import Patient, PatientAbsence, ProbableDuplicate
from courses.protocols.protocol import TreatmentProtocol
from courses.queries import CourseLine, KnownPatient
from courses.registering import NewPatient
from rooms.availability.hours import WEEKDAYS, SiteTime, WeeklyHours, clock_minutes, clock_text
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.contact_views import contact_view
from scheduler.web.forms import AsTyped, Key, Typed, date_of, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.rendering import day_with_year

router = APIRouter()

NEW = ("family_name", "given_name", "born_on")
AWAY = ("starts_on", "ends_on", "reason")
DAYS = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
OFFERED = 12
"""How many patients are offered while a name is typed."""
SAID = {
    "registered": "Registered.",
    "hours": "The hours are saved. Sessions that are booked stay.",
    "contact": "Saved. What is planned goes to the new number or address once that was opted in.",
    "in": "Opted in. The evidence is kept.",
    "out": "Opted out. Nothing goes there from the next message on.",
    "revoked": "No link that was sent so far opens anything. The next message brings a new one.",
    "no_links": "No link was alive.",
    "away": "Noted. Sessions that are booked stay until somebody moves them.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A patient in a list."""

    patient: Patient
    same_name: bool
    courses: str


@dataclass(frozen=True, slots=True)
class Away:
    """A time at which a patient cannot come, in words."""

    starts_at: datetime
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class CourseInList:
    """A course of a patient: how far it has come."""

    href: str
    title: str
    modality: str
    status: str
    delivered: int
    agreed_sessions: int
    owed: int
    next_at: datetime | None


@router.get("/patients")
def show_patients(request: Request, desk: AtDesk) -> HTMLResponse:
    """Find a patient, or register one."""
    with desk.reading() as db:
        return _patients_page(db, desk, framed(request, db))


@router.post("/patients/search")
def search_patients(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """The patients whose names begin so and who were born then. Posted, so that no name stands in an address."""
    with desk.reading() as db:
        frame = framed(request, db, form["site"] or None)
        if request.headers.get("accept") == "application/json":
            return JSONResponse([_offered(known.patient) for known in find(db, frame, form["words"])[:OFFERED]])
        return _patients_page(db, desk, frame, words=form["words"])


@router.post("/patients")
def register(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Take a patient in; somebody of the same name and birth date only on purpose."""

    def work(db: Db) -> str:
        new = NewPatient(form["given_name"], form["family_name"], form.date("born_on"))
        site = framed(request, db).site.public_id
        despite = "despite_duplicate" in form
        made = registering.register_patient(db, site, new, now=desk.now, new_id=desk.new_id, despite_duplicate=despite)
        return f"/patients/{made.id}?done=registered"

    try:
        return done_once(desk, form, work)
    except DomainError as error:
        with desk.reading() as db:
            return _patients_page(db, desk, framed(request, db), refused=error, form=form)


@router.get("/patients/{patient}")
def show_patient(request: Request, patient: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """A patient with their courses and the hours at which they can come."""
    with desk.reading() as db:
        return patient_page(request, db, desk, patient, done=SAID.get(done, ""))


@router.post("/patients/{patient}/hours")
def change_hours(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Say when a patient can come."""

    def work(db: Db) -> str:
        registering.change_patient_hours(db, patient, _hours(form), expected=form.whole("version"))
        return f"/patients/{patient}?done=hours"

    return changed(request, desk, form, patient, work)


@router.post("/patients/{patient}/absences")
def note_absence(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """A patient cannot come for some days."""

    def work(db: Db) -> str:
        site = framed(request, db, queries.patient(db, patient).site_id)
        registering.note_absence(db, patient, _absence(form, site.time), expected=form.whole("version"))
        return f"/patients/{patient}?done=away"

    return changed(request, desk, form, patient, work)


@router.post("/patients/{patient}/absences/remove")
def remove_absence(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """A patient can come after all."""

    def work(db: Db) -> str:
        noted = queries.patient(db, patient).patient.absences
        chosen = [each for each in noted if each.interval.starts_at.isoformat() == form["starts_at"]]
        if not chosen:
            raise Faulty("absence", "no such absence is noted any more")
        registering.remove_absence(db, patient, chosen[0], expected=form.whole("version"))
        return f"/patients/{patient}?done=away"

    return changed(request, desk, form, patient, work)


def changed(request: Request, desk: Desk, form: Typed, patient: str, work: Callable[[Db], str]) -> Response:
    """Do what a form on a patient's card asks; the card again with why not, where it is refused."""
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as error:
        with desk.reading() as db:
            return patient_page(request, db, desk, patient, refused=error, form=form)


def find(db: Db, frame: Frame, words: str) -> tuple[KnownPatient, ...]:
    """Patients by what was typed: beginnings of names, a birth date, the clinic's number. Nobody where nothing was typed."""
    dates = [born for word in words.split() if (born := _birth_date(word))]
    rest = " ".join(word for word in words.split() if not _birth_date(word))
    if not rest and not dates:
        return ()
    return queries.find_patients(db, frame.site.id, rest, born_on=dates[0] if dates else None)


def _birth_date(word: str) -> date | None:
    """A date as 1984-03-12 or 3/12/1984."""
    american = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", word)
    text = f"{american[3]}-{american[1]:0>2}-{american[2]:0>2}" if american else word
    try:
        return date_of("born_on", text)
    except Faulty:
        return None


def _offered(patient: Patient) -> dict[str, str]:
    return {"id": patient.id, "name": patient.name, "born_on": str(patient.born_on or ""), "identifier": number_of(patient)}


def number_of(patient: Patient) -> str:
    """The clinic's own number of a patient; nothing where it has none."""
    return "" if patient.code == patient.id else patient.code


def _hours(form: Typed) -> WeeklyHours | None:
    """Weekly hours as typed, a day a field; None (always) where all are empty. Raises `Faulty` naming the day."""
    days = {name: [_stretch(name, part) for part in form[name].split(",") if part.strip()] for name in WEEKDAYS}
    return WeeklyHours.of({name: spans for name, spans in days.items() if spans}) if any(days.values()) else None


def _stretch(name: str, text: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})\s*", text)
    if found is None:
        raise Faulty(name, f"{text.strip()!r} cannot be read; write 09:00-12:00, and a comma before another stretch")
    begins, ends = clock_minutes(found[1]), clock_minutes(found[2])
    if ends <= begins:
        raise Faulty(name, f"{text.strip()} ends before it begins")
    return clock_text(begins), clock_text(ends)


def _absence(form: Typed, at: SiteTime) -> PatientAbsence:
    first = form.date("starts_on")
    last = form.date("ends_on") if form["ends_on"] else first
    if last < first:
        raise Faulty("ends_on", f"{last} is before {first}")
    return PatientAbsence(Interval(at.day(first).midnight, at.day(last + timedelta(days=1)).midnight), form["reason"])


def hours_texts(hours: WeeklyHours | None) -> dict[str, str]:
    """Each weekday's stretches, as `09:00-12:00, 14:00-17:00`; nothing for a day without any."""
    spans = hours.days if hours else ((),) * len(WEEKDAYS)
    return {name: ", ".join(f"{clock_text(a)}-{clock_text(b)}" for a, b in some) for name, some in zip(WEEKDAYS, spans, strict=True)}


def _patients_page(
    db: Db,
    desk: Desk,
    frame: Frame,
    *,
    words: str = "",
    refused: DomainError | None = None,
    form: Typed | None = None,
) -> HTMLResponse:
    found = [known.patient for known in find(db, frame, words)]
    names = Counter(patient.name.casefold() for patient in found)
    return show(
        "patients.html",
        frame,
        page="patients",
        status=status_of(refused),
        words=words,
        found=[Found(patient, names[patient.name.casefold()] > 1, _courses(db, desk, frame, patient)) for patient in found],
        asked=form.values(*NEW) if form else dict.fromkeys(NEW, ""),
        faults=faults_of(refused),
        alike=refused.patients if isinstance(refused, ProbableDuplicate) else (),
        refused=refused,
        today=frame.time.date_of(desk.now),
        request_key=desk.new_id("f_"),
    )


def _courses(db: Db, desk: Desk, frame: Frame, patient: Patient) -> str:
    lines = queries.courses(db, frame.site.id, now=desk.now, patient_key=patient.id)
    return "; ".join(f"{title}, {line.delivered} of {line.agreed_sessions} done" for line, title in _titled(db, frame, lines))


def _titled(db: Db, frame: Frame, lines: Iterable[CourseLine]) -> list[tuple[CourseLine, str]]:
    return [(line, _protocol(db, frame, line).title) for line in lines]


def _protocol(db: Db, frame: Frame, line: CourseLine) -> TreatmentProtocol:
    return queries.protocol_version(db, line.protocol, line.protocol_version, site_id=frame.site.id).version.protocol


def patient_page(  # noqa: PLR0913  # what the page says
    request: Request,
    db: Db,
    desk: Desk,
    key: str,
    *,
    done: str = "",
    refused: DomainError | None = None,
    form: Typed | None = None,
) -> HTMLResponse:
    """A patient's card; `form` is one that was refused, so that nothing has to be typed twice."""
    known = queries.patient(db, key)
    frame = framed(request, db, known.site_id)
    patient = known.patient
    lines = queries.courses(db, frame.site.id, now=desk.now, patient_key=patient.id)
    hours = hours_texts(patient.available)
    return show(
        "patient.html",
        frame,
        page="patients",
        status=status_of(refused),
        patient=patient,
        number=number_of(patient),
        courses=[_course(db, frame, line) for line in sorted(lines, key=lambda line: line.starts_on, reverse=True)],
        hours=[(label, hours[name]) for name, label in DAYS.items() if hours[name]],
        weekdays=[(name, label, form[name] if form and form.address.endswith("/hours") else hours[name]) for name, label in DAYS.items()],
        away=[_away(absence, frame.time) for absence in patient.absences],
        reached=contact_view(db, frame, known, form, desk.now),
        asked=form.values(*AWAY) if form and form.address.endswith("/absences") else dict.fromkeys(AWAY, ""),
        sent_to=form.address.rpartition("/")[2] if form else "",
        faults=faults_of(refused),
        refused=refused,
        done=done,
        today=frame.time.date_of(desk.now),
        request_key=desk.new_id("f_"),
    )


def _course(db: Db, frame: Frame, line: CourseLine) -> CourseInList:
    protocol = _protocol(db, frame, line)
    next_at = frame.time.local(line.next_at) if line.next_at else None
    return CourseInList(
        f"/courses/{line.id}", protocol.title, protocol.modality, line.status, line.delivered, line.agreed_sessions, line.owed, next_at
    )


def _away(absence: PatientAbsence, at: SiteTime) -> Away:
    begins, ends = at.local(absence.interval.starts_at), at.local(absence.interval.ends_at)
    text = f"{day_with_year(begins)}, {begins:%H:%M} to {day_with_year(ends)}, {ends:%H:%M}"
    if begins.time() == ends.time() == begins.time().min:
        last = ends.date() - timedelta(days=1)
        text = day_with_year(begins) if last == begins.date() else f"{day_with_year(begins)} to {day_with_year(last)}"
    return Away(absence.interval.starts_at, text, absence.reason)
