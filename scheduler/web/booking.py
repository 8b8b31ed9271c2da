"""Booking a course: who, by which protocol, when; the plan as a calendar; and the booking, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import TypeAdapter, ValidationError

from courses import enrolling, queries, registering, waiting
from courses.patients.patient import Patient, ProbableDuplicate
from courses.plans.offering.proposal import Proposal
from courses.plans.ongoing.course import CourseWish
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import CoursePlan
from courses.plans.request import Authorization, Window
from courses.protocols.version import VersionStatus
from courses.protocols.words import protocol_words
from courses.registering import NewPatient
from courses.waiting import Acting
from rooms import queries as rooms_queries
from rooms.availability.hours import WEEKDAYS, SiteTime, WeeklyHours, clock_minutes
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler.dependencies import AtDesk, Desk
from scheduler.idempotency import Answer, Call, answer_once
from scheduler.web.forms import ONCE, AsTyped, Typed, done_once
from scheduler.web.offers import cards, other_times, way_out
from scheduler.web.pages import Frame, framed, show
from scheduler.web.patient_pages import number_of
from scheduler.web.plan_calendar import PlanCalendar

router = APIRouter()

PLAN = TypeAdapter(CoursePlan)
"""The plan as it was shown travels in the form; all rules are checked again when it is booked."""

ASKED = (
    "patient",
    "protocol",
    "start_on",
    "window_from",
    "window_until",
    "can_from",
    "can_until",
    "units",
    "valid_from",
    "valid_until",
    "devices",
)
NEW = ("family_name", "given_name", "born_on")
FIELDS = {
    "start_on_or_after": "start_on",
    "prefer.window": "window_until",
    "authorization.sessions": "units",
    "authorization.valid_until": "valid_until",
    "window": "window_until",
}
"""What the floors below call a field, and what it is called on this page."""


class NoPlanShown(DomainError):
    """The form carries no plan that could be booked."""

    code = "no_plan"

    def __init__(self) -> None:
        super().__init__("There is no plan to book. Press Plan, look at it, and book it then.")


@router.get("/book")
def show_form(request: Request, desk: AtDesk) -> HTMLResponse:
    """The form, filled in with what the address says (`patient`, `protocol`, `start_on`, `window_from`)."""
    form = Typed("/book", tuple(request.query_params.multi_items()))
    with desk.reading() as db:
        frame = framed(request, db)
        return _page(db, desk, frame, form)


@router.post("/book/plan")
def plan_course(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """The plan for what was asked (the recommended, or the `choice` that was named), or the form with what is wrong.

    A new patient is registered on the way.
    """
    try:
        patient = _patient_of(request, form, desk)
    except DomainError as refused:
        alike = refused.patients if isinstance(refused, ProbableDuplicate) else ()
        with desk.reading() as db:
            return _page(db, desk, framed(request, db), form, faults=_faults(refused), alike=alike, status=422)
    with desk.reading() as db:
        frame = framed(request, db)
        try:
            offered = enrolling.propose_choices(db, _wish(frame, form, patient), now=desk.now)
        except DomainError as refused:
            return _page(db, desk, frame, form, patient=patient, faults=_faults(refused), status=422)
        if offered.unplaceable is not None:
            return _page(db, desk, frame, form, patient=patient, offered=offered, refused=_unplaceable(offered), status=409)
        shown = offered.named(form["choice"])
        return _page(db, desk, frame, form, patient=patient, plan=shown.plan if shown else None, offered=offered)


@router.post("/book")
def book_course(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Book the plan that was shown; where the world changed since, what stands in the way."""
    plan = _shown_plan(form)
    with desk.reading() as db:
        frame = framed(request, db)
        patient = queries.patient(db, form["patient"], site_id=frame.site.id).patient
        wish = replace(_wish(frame, form, patient), version=form.whole("version") if "version" in form else None)

    def book(db: Db) -> str:
        return f"/courses/{enrolling.enrol(db, wish, plan, by=desk.by, now=desk.now, new_id=desk.new_id).id}"

    try:
        return done_once(desk, form, book)
    except PlanOutdated as outdated:
        with desk.reading() as db:
            return _page(db, desk, frame, form, patient=patient, plan=plan, outdated=outdated, status=409)
    except DomainError as refused:
        with desk.reading() as db:
            return _page(db, desk, frame, form, patient=patient, plan=plan, refused=_refused(refused), status=409)


@router.post("/book/wait")
def put_on_waiting_list(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Put the course that was asked for on the waiting list, planned or not. A new patient is registered on the way."""
    patient = None
    with desk.reading() as db:
        frame = framed(request, db)
    try:
        patient = _patient_of(request, form, desk)
        wish = replace(_wish(frame, form, patient), version=form.whole("version") if "version" in form else None)

        def put_on(db: Db) -> str:
            return f"/waiting-list/{waiting.put_on(db, wish, Acting(desk.by, desk.now), new_id=desk.new_id).id}?done=put_on"

        return done_once(desk, form, put_on)
    except DomainError as refused:
        alike = refused.patients if isinstance(refused, ProbableDuplicate) else ()
        with desk.reading() as db:
            return _page(db, desk, frame, form, patient=patient, faults=_faults(refused), alike=alike, status=422)


def _shown_plan(form: Typed) -> CoursePlan:
    try:
        return PLAN.validate_json(form["plan"])
    except ValidationError as fault:
        raise NoPlanShown from fault


def _patient_of(request: Request, form: Typed, desk: Desk) -> Patient:
    """The patient that was chosen, or else registered now; with the hours that were typed, if any."""
    hours, chosen = _hours(form), _chosen(form)
    if chosen and not hours:
        with desk.reading() as db:
            return queries.patient(db, chosen, site_id=framed(request, db).site.id).patient

    def take(db: Db) -> Patient:
        site = framed(request, db).site
        if not chosen:
            return _registered(db, site.public_id, form, hours, desk)
        known = queries.patient(db, chosen, site_id=site.id).patient
        return registering.change_patient_hours(db, known.id, hours) if hours and hours != known.available else known

    return desk.database.run(take)


def _chosen(form: Typed) -> str:
    """The patient that was chosen: the one picked, or one of those who are alike."""
    return form["alike"] or form["patient"]


def _registered(db: Db, site: str, form: Typed, hours: WeeklyHours | None, desk: Desk) -> Patient:
    """The new patient: registered once, however often the form is sent."""
    if not any(form[name] for name in NEW):
        raise Faulty("patient", "choose a patient, or register a new one")
    new = NewPatient(form["given_name"], form["family_name"], form.date("born_on"), hours)

    def register() -> Answer:
        despite = "despite_duplicate" in form
        made = registering.register_patient(db, site, new, now=desk.now, new_id=desk.new_id, despite_duplicate=despite)
        return Answer(201, json.dumps(made.id))

    typed = json.dumps(form.values(ONCE, *NEW))
    call = Call(f"book-{hashlib.sha256(typed.encode('utf-8', 'replace')).hexdigest()}", "book-patient", "")
    answer = answer_once(db, call, register, now=desk.now) if form[ONCE] else register()
    return queries.patient(db, json.loads(answer.body)).patient


def _hours(form: Typed) -> WeeklyHours | None:
    """The days and hours that were typed; nothing where none were, and then those on the patient's card hold."""
    days = [day for day in form.all("weekdays") if day in WEEKDAYS]
    if not days and not form["can_from"] and not form["can_until"]:
        return None
    opens = _clock(form, "can_from") if "can_from" in form else "00:00"
    closes = _clock(form, "can_until") if "can_until" in form else "24:00"
    if clock_minutes(closes) <= clock_minutes(opens):
        raise Faulty("can_until", f"{closes} is not after {opens}")
    return WeeklyHours.of({day: [(opens, closes)] for day in days or WEEKDAYS})


def _clock(form: Typed, name: str) -> str:
    return f"{form.time(name):%H:%M}"


def _wish(frame: Frame, form: Typed, patient: Patient) -> CourseWish:
    if not form["protocol"]:
        raise Faulty("protocol", "choose a protocol")
    return CourseWish(
        frame.site.public_id,
        patient.id,
        form["protocol"],
        form.date("start_on"),
        window=_window(form),
        authorization=_authorization(form),
    )


def _window(form: Typed) -> Window | None:
    if "window_from" not in form and "window_until" not in form:
        return None
    opens = clock_minutes(_clock(form, "window_from")) if "window_from" in form else 0
    closes = clock_minutes(_clock(form, "window_until")) if "window_until" in form else 24 * 60
    if closes < opens:
        raise Faulty("window_until", "the wished time ends before it begins")
    return Window(opens, closes)


def _authorization(form: Typed) -> Authorization | None:
    if not any(name in form for name in ("units", "valid_from", "valid_until", "devices")):
        return None
    devices = form.whole("devices") if "devices" in form else None
    return Authorization(form.whole("units"), form.date("valid_from"), form.date("valid_until"), devices)


def _faults(refused: DomainError) -> dict[str, str]:
    field = refused.field if isinstance(refused, Faulty) else "patient" if isinstance(refused, ProbableDuplicate) else "protocol"
    sentence = refused.message.removeprefix(f"{field}: ")
    return {FIELDS.get(field, field): sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else ".")}


def _refused(refused: DomainError) -> dict[str, object]:
    return {"sentence": refused.message, "clashes": (), "more": (), "way_out": "Nothing was booked. Plan again, and look at the new plan."}


def _unplaceable(offered: Proposal) -> dict[str, object]:
    number = offered.unplaceable.session if offered.unplaceable else 1
    why = f"{offered.words[:1].upper()}{offered.words[1:]}."
    return {
        "sentence": f"There is no place for this course: session {number} cannot be placed.",
        "clashes": [{"title": "Why:", "holder": why}],
        "more": (),
        "way_out": "Change the start, the hours the patient can come or the protocol, and press Plan again. Nothing was booked.",
    }


def _page(  # noqa: PLR0913  # each is a part of the page
    db: Db,
    desk: Desk,
    frame: Frame,
    form: Typed,
    *,
    patient: Patient | None = None,
    plan: CoursePlan | None = None,
    offered: Proposal | None = None,
    outdated: PlanOutdated | None = None,
    refused: Mapping[str, object] | None = None,
    faults: Mapping[str, str] | None = None,
    alike: Sequence[Patient] = (),
    status: int = 200,
) -> HTMLResponse:
    if patient is None and _chosen(form):
        patient = queries.patient(db, _chosen(form), site_id=frame.site.id).patient
    calendar = PlanCalendar(frame.site, rooms_queries.resources(db, frame.site.id), outdated.conflicts if outdated else ())
    on_offer = _on_offer(db, frame.site.id)
    today = frame.time.date_of(desk.now)
    return show(
        "book.html",
        frame,
        page="book",
        status=status,
        asked=_asked(form, patient, today),
        faults=defaultdict(str, faults or {}),
        alike=[_patient_shown(each) for each in alike],
        modalities_on_offer=on_offer,
        plan=None if plan is None else _plan_shown(plan, calendar, form, patient, on_offer),
        offered=_offered(offered, form, patient, frame.time),
        refused=calendar.refused(f"{_first_sentence(outdated)} Nothing was booked.") if outdated else refused,
        request_key=desk.new_id("k_"),
        booking_key=desk.new_id("k_"),
        today=today,
    )


def _first_sentence(outdated: PlanOutdated) -> str:
    number = len(outdated.conflicts)
    return "1 session of this plan is no longer free." if number == 1 else f"{number} sessions of this plan are no longer free."


def _asked(form: Typed, patient: Patient | None, today: date) -> dict[str, object]:
    typed = form.values(*ASKED, *NEW)
    typed["start_on"] = typed["start_on"] or str(today)
    return typed | {"patient": patient and _patient_shown(patient), "weekdays": form.all("weekdays")}


def _patient_shown(patient: Patient) -> dict[str, str]:
    return {"id": patient.id, "name": patient.name, "born_on": str(patient.born_on or ""), "identifier": number_of(patient)}


def _on_offer(db: Db, site_id: int) -> list[dict[str, object]]:
    """The active protocols by modality."""
    by_modality: dict[str, list[dict[str, object]]] = defaultdict(list)
    for known in queries.protocols(db, site_id):
        version = known.version
        if version.status is VersionStatus.ACTIVE:
            by_modality[version.protocol.modality].append(
                {
                    "id": version.protocol_id,
                    "version": version.number,
                    "title": version.protocol.title,
                    "in_words": protocol_words(version.protocol),
                    "n_unsigned": len(version.document.unsigned),
                    "href": f"/protocols/{version.protocol_id}",
                }
            )
    return [{"name": name, "protocols": protocols} for name, protocols in by_modality.items()]


def _plan_shown(
    plan: CoursePlan, calendar: PlanCalendar, form: Typed, patient: Patient | None, on_offer: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    protocols = [protocol for modality in on_offer for protocol in _listed(modality["protocols"])]
    chosen = next((protocol for protocol in protocols if protocol["id"] == form["protocol"]), {})
    fields = [(name, form[name]) for name in ASKED if name != "patient"] + [("weekdays", day) for day in form.all("weekdays")]
    fields += [("patient", patient.id if patient else ""), ("version", str(chosen.get("version", "")))]
    return calendar.shown(plan) | {
        "id": PLAN.dump_json(plan).decode(),
        "patient": patient.name if patient else "",
        "title": chosen.get("title", ""),
        "choice": form["choice"],
        "request_fields": fields,
    }


def _offered(offered: Proposal | None, form: Typed, patient: Patient | None, time: SiteTime) -> dict[str, object]:
    """What there is to choose from; nothing where no plan was just made."""
    if offered is None:
        return {"cards": [], "other_times": [], "relaxation": None}
    form = Typed(
        form.address, (*((name, value) for name, value in form.items if name != "patient"), ("patient", patient.id if patient else ""))
    )
    relaxation = way_out(offered.relaxation, form, [*ASKED, "weekdays"])
    shown = offered.named(form["choice"])
    if shown is None:
        return {"cards": [], "other_times": [], "relaxation": relaxation}
    return {"cards": cards(offered, shown, time), "other_times": other_times(offered, shown), "relaxation": relaxation}


def _listed(found: object) -> list[dict[str, object]]:
    return found if isinstance(found, list) else []
