"""Untoward events in or after a session, and how far their reports are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from pydantic import Field

from courses import queries, reporting
from courses.owed.adverse import AdverseEvent
from courses.queries import adverse
from courses.reporting import NewEvent, Report
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.fields import Key, Line, Moment, Reason, Shape, instant_of
from scheduler.api.owed_shapes import EventOfPatient, Events, EventShown
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown

router = APIRouter(tags=["adverse events"])

SHOWN_FOR = timedelta(days=90)
"""How long a settled event is listed."""


class NewEventShape(Shape):
    """What happened."""

    kind: str = Field(max_length=60, examples=["blood_pressure"])
    is_serious: bool = Field(strict=True)
    began_at: Moment
    resolved_at: Moment | None = None
    description: str = Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")


class Resolved(Shape):
    """When it was over."""

    resolved_at: Moment


class Reported(Shape):
    """When, how and to whom it was reported."""

    reported_at: Moment
    how: Line = Field(max_length=40, examples=["Manufacturer, by telephone"])
    confirmation: Reason = ""


@router.get("/sites/{site}/adverse-events", response_model=Events, responses=problems(404), summary="Untoward events")
def list_events(site: Key, desk: AtDesk) -> Response:
    """What is to be reported first, then the newest first; settled ones for 90 days."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        found = adverse.adverse_events(db, at.id, since=desk.now - SHOWN_FOR)
        return shown(Events(adverse_events=[EventOfPatient.of_known(each, SiteTime(at.site.timezone)) for each in found]))


@router.post(
    "/sessions/{session}/adverse-events", status_code=201, response_model=EventShown, responses=changes(404), summary="Note an event"
)
def note_event(session: Key, new: NewEventShape, change: Creating) -> Response:
    """Keep that something untoward happened. A serious one is to be reported; a form that was sent is owed again."""

    def work(db: Db) -> EventShown:
        time = _time(db, session)
        told = NewEvent(new.kind, new.is_serious, _instant(new.began_at, time), new.description, _maybe(new.resolved_at, time))
        return EventShown.of(reporting.note(db, session, told, by=change.by, now=change.now, new_id=change.new_id), time)

    return change.answer(new, work, status=201)


@router.post("/adverse-events/{adverse_event}/resolve", response_model=EventShown, responses=changes(404, etag=True), summary="It is over")
def resolve_event(adverse_event: Key, over: Resolved, change: Changing) -> Response:
    """When it was over."""

    def step(db: Db, time: SiteTime) -> AdverseEvent:
        at = _instant(over.resolved_at, time)
        return reporting.resolve(db, adverse_event, at, now=change.now, new_id=change.new_id, expected=change.version)

    return _stepped(change, adverse_event, over, step)


@router.post(
    "/adverse-events/{adverse_event}/to-report", response_model=EventShown, responses=changes(404, etag=True), summary="It must be reported"
)
def call_for_report(adverse_event: Key, change: Changing) -> Response:
    """It has to be reported."""
    return _stepped(change, adverse_event, None, lambda db, _: reporting.call_for_report(db, adverse_event, expected=change.version))


@router.post(
    "/adverse-events/{adverse_event}/report", response_model=EventShown, responses=changes(404, etag=True), summary="It was reported"
)
def report_event(adverse_event: Key, told: Reported, change: Changing) -> Response:
    """Keep when, how and to whom it was reported; this program reports nothing itself."""

    def step(db: Db, time: SiteTime) -> AdverseEvent:
        report = Report(_instant(told.reported_at, time), told.how, told.confirmation)
        return reporting.report(db, adverse_event, report, now=change.now, expected=change.version)

    return _stepped(change, adverse_event, told, step)


@router.post(
    "/adverse-events/{adverse_event}/close", response_model=EventShown, responses=changes(404, etag=True), summary="No report is needed"
)
def close_event(adverse_event: Key, change: Changing) -> Response:
    """No report is needed."""
    return _stepped(change, adverse_event, None, lambda db, _: reporting.close(db, adverse_event, expected=change.version))


def _stepped(change: Change, key: str, asked: Shape | None, step: Callable[[Db, SiteTime], AdverseEvent]) -> Response:
    def work(db: Db) -> EventShown:
        time = _time(db, adverse.adverse_event(db, key).event.session)
        return EventShown.of(step(db, time), time)

    return change.answer(asked, work)


def _time(db: Db, session: str) -> SiteTime:
    return SiteTime(queries.course_of_session(db, session).site.site.timezone)


def _instant(moment: datetime, time: SiteTime) -> datetime:
    return instant_of(moment, time).replace(microsecond=0)


def _maybe(moment: datetime | None, time: SiteTime) -> datetime | None:
    return None if moment is None else _instant(moment, time)
