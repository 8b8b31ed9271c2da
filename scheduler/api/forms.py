"""Monitoring forms: which are owed, what stands in them, and that somebody sent one."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from courses import filing
from courses.filing import Sending
from courses.queries import owed
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.fields import Key, Moment, Reason, Shape, instant_of
from scheduler.api.owed_shapes import FormLineShown, FormQueue, FormShown
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, shown
from scheduler.persons import person_at

router = APIRouter(tags=["forms"])


class Sent(Shape):
    """How a form was sent."""

    how: str = Field(examples=["online"], max_length=20, description="online, fax, mail or telephone.")
    submitted_at: Moment
    confirmation: Reason = Field("", description="The number that the program gave; needed for what was sent online.")
    digest: str = Field(max_length=64, description="That of the form that was sent, as it was answered here.")


@router.get("/sites/{site}/forms", response_model=FormQueue, responses=problems(404), summary="Forms that are owed")
def list_forms(site: Key, desk: AtDesk) -> Response:
    """Every session whose form was not sent, with the days that are left: what presses most comes first."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        time = SiteTime(at.site.timezone)
        return shown(FormQueue(forms=[FormLineShown.of(line, time) for line in owed.forms_owed(db, at.id, now=desk.now)]))


@router.get("/forms/{form}", response_model=FormShown, responses=problems(404), summary="One form")
def get_form(form: Key, desk: AtDesk) -> Response:
    """Every field, filled in from what was written down; what is missing says so."""
    with desk.reading() as db:
        known = owed.form(db, form)
        return shown(FormShown.of(known.form, known.charted.time))


@router.post("/forms/{form}/submit", response_model=FormShown, responses=changes(404, etag=True), summary="A form was sent")
def submit_form(form: Key, sent: Sent, change: Changing) -> Response:
    """Keep when, how and by whom it was sent, with the confirmation. Refused where the record changed since it was looked at."""

    def work(db: Db) -> FormShown:
        time = owed.form(db, form).charted.time
        by = person_at(change.desk)
        at = instant_of(sent.submitted_at, time).replace(microsecond=0)
        told = filing.submit(db, form, Sending(sent.how, at, sent.confirmation, sent.digest, by, change.now, change.version))
        return FormShown.of(told, time)

    return change.answer(sent, work)


@router.post("/forms/{form}/reopen", response_model=FormShown, responses=changes(404, etag=True), summary="Owe a form again")
def reopen_form(form: Key, change: Changing) -> Response:
    """Something about what was sent was wrong: it is owed again. What was sent stays on record."""

    def work(db: Db) -> FormShown:
        told = filing.reopen(db, form, expected=change.version)
        return FormShown.of(told, owed.form(db, form).charted.time)

    return change.answer(None, work)
