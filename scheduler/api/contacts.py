"""How patients are reached, and what they have allowed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from courses import queries, reaching
from courses.patients.contact import Channel, Contact, Opted
from courses.queries import reaching as looks
from courses.reaching import Agreement
from rooms.base import Db
from scheduler.api.fields import Key, Line, Shape
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, Creating, shown

router = APIRouter(tags=["patients"])

Short = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ContactShape(Shape):
    """How a patient is reached. What is left out is not known."""

    phone: Short = Field("", examples=["+1 212 555 0100"])
    mail: Short = Field("", examples=["ana@example.org"])
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2,3}(-[A-Z]{2})?$")] = Field("en", examples=["en", "es"])
    zone: Short = Field("", description="The patient's time zone, such as America/Denver; the site's where it is left out.")
    channel: Literal["sms", "mail", "desk"] = Field("sms", description="What they like best; desk: somebody calls.")
    late_reminder: bool = Field(False, strict=True, description="One more message two hours before a visit that is not confirmed.")


class ConsentShape(Shape):
    """Somebody wants messages at an address, or no more of them."""

    channel: Literal["sms", "mail"]
    address: Short = Field(min_length=1)
    opted: Literal["in", "out"]
    evidence: Line = Field(description="How it is known.", examples=["signed the intake form of 2026-11-23"])


class ConsentShown(ConsentShape):
    """An entry of the ledger."""

    by: str
    at: datetime


class ContactShown(ContactShape):
    """How a patient is reached, and the ledger of what was allowed at these addresses. `version` is the ETag."""

    version: int
    consents: list[ConsentShown]


@router.get("/patients/{patient}/contact", response_model=ContactShown, responses=problems(404), summary="How a patient is reached")
def get_contact(patient: Key, desk: AtDesk) -> Response:
    """Version 0 is that nobody has written it down yet."""
    with desk.reading() as db:
        return shown(_shown(db, patient))


@router.put(
    "/patients/{patient}/contact", response_model=ContactShown, responses=changes(404, etag=True), summary="Say how a patient is reached"
)
def change_contact(patient: Key, wanted: ContactShape, change: Changing) -> Response:
    """A new version; what was planned to another address goes to the new one, once that was opted in."""
    contact = Contact(wanted.phone, wanted.mail, wanted.language, wanted.zone, Channel(wanted.channel), wanted.late_reminder)

    def work(db: Db) -> ContactShown:
        reaching.record_contact(db, patient, contact, by=change.by, now=change.now, expected=change.version)
        return _shown(db, patient)

    return change.answer(wanted, work)


@router.post(
    "/patients/{patient}/consents", status_code=201, response_model=ContactShown, responses=changes(404), summary="Opt an address in or out"
)
def record_consent(patient: Key, new: ConsentShape, change: Creating) -> Response:
    """With the evidence of it. Who is opted out gets nothing from the next message on."""
    agreement = Agreement(Channel(new.channel), new.address, Opted(new.opted), new.evidence)

    def work(db: Db) -> ContactShown:
        reaching.record_consent(db, patient, agreement, by=change.by, now=change.now)
        return _shown(db, patient)

    return change.answer(new, work, status=201)


def _shown(db: Db, patient: str) -> ContactShown:
    contact = looks.contact(db, queries.patient(db, patient).id) or Contact()
    ledger = looks.consents(db, [address for address in (contact.phone, contact.mail) if address])
    consents = [
        ConsentShown.model_validate(
            {"channel": each.channel, "address": each.address, "opted": each.opted, "evidence": each.evidence, "by": each.by, "at": each.at}
        )
        for each in ledger
    ]
    how = {"phone": contact.phone, "mail": contact.mail, "language": contact.language, "zone": contact.zone, "channel": contact.channel}
    more = {"late_reminder": contact.late_reminder, "version": contact.number, "consents": consents}
    return ContactShown.model_validate(how | more)
