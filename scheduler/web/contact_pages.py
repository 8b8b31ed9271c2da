"""On a patient's card: how they are reached, and what they have allowed, with the evidence."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from courses import queries, reaching
from courses.errors import Faulty, checked_text
from courses.patients.contact import Channel, Contact, Opted
from courses.queries import reaching as looks
from courses.reaching import Agreement
from rooms.base import Db
from scheduler import linking
from scheduler.dependencies import AtDesk
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.patient_pages import changed

router = APIRouter(prefix="/patients/{patient}")

LONGEST_REASON = 200


@router.post("/contact")
def change_contact(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Say how a patient is reached."""

    def work(db: Db) -> str:
        wanted = Contact(form["phone"], form["mail"], form["language"], form["zone"], _channel(form), form["late_reminder"] == "yes")
        reaching.record_contact(db, patient, wanted, by=desk.by, now=desk.now, expected=form.whole("version"))
        return f"/patients/{patient}?done=contact"

    return changed(request, desk, form, patient, work)


@router.post("/consents")
def record_consent(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Opt the patient's number or address in or out, with the evidence."""

    def work(db: Db) -> str:
        if form["opted"] not in set(Opted):
            raise Faulty("opted", "choose whether messages are wanted or not")
        channel, opted = _channel(form, "where"), Opted(form["opted"])
        contact = looks.contact(db, queries.patient(db, patient).id) or Contact()
        agreement = Agreement(channel, contact.address(channel), opted, form["evidence"])
        reaching.record_consent(db, patient, agreement, by=desk.by, now=desk.now)
        return f"/patients/{patient}?done={opted.value}"

    return changed(request, desk, form, patient, work)


@router.post("/links/revoke")
def revoke_links(request: Request, patient: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Have the links in the patient's messages open nothing more, for a reason, which is kept in the trail."""

    def work(db: Db) -> str:
        reason = checked_text("reason", form["reason"], LONGEST_REASON)
        if desk.visit is not None:
            desk.visit.author = replace(desk.visit.author, reason=reason)
        had = linking.revoke_links(db, patient, by=desk.by, now=desk.now)
        return f"/patients/{patient}?done={'revoked' if had else 'no_links'}"

    return changed(request, desk, form, patient, work)


def _channel(form: Typed, name: str = "channel") -> Channel:
    """Raises `Faulty`."""
    if form[name] not in set(Channel):
        raise Faulty(name, "choose text messages or mail")
    return Channel(form[name])
