"""The links that a patient was given to their visits: what was done by them, and how they die before their time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response

from rooms.base import Db
from scheduler import linking
from scheduler.api.fields import Key, Shape
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Creating, shown
from scheduler.linking.revoking import ToldLink, told_links

router = APIRouter(tags=["messages"])


class LinkDone(Shape):
    """One thing that was done by a link, or to it."""

    at: datetime
    what: str
    by: str


class LinkShown(Shape):
    """A link to one visit, or (course) to the calendar of a course. The link itself is kept nowhere."""

    id: str
    kind: Literal["visit", "course"]
    channel: str
    address: str
    visit_at: datetime
    given_at: datetime
    revoked_at: datetime | None
    done: list[LinkDone]


class Links(Shape):
    """The links that a patient was given, the newest first."""

    links: list[LinkShown]


@router.get("/patients/{patient}/links", response_model=Links, responses=problems(404), summary="Links that a patient was given")
def list_links(patient: Key, desk: AtDesk) -> Response:
    """With everything that was done by them."""
    with desk.reading() as db:
        return shown(_all(db, patient))


@router.post(
    "/patients/{patient}/links/revoke", response_model=Links, responses=changes(404), summary="Have a patient's links open nothing more"
)
def revoke_links(patient: Key, change: Creating) -> Response:
    """Such as when a phone was lost. The next message brings a new one."""

    def work(db: Db) -> Links:
        linking.revoke_links(db, patient, by=change.by, now=change.now)
        return _all(db, patient)

    return change.answer(None, work)


def _all(db: Db, patient: str) -> Links:
    return Links(links=[_shown(each) for each in told_links(db, patient)])


def _shown(told: ToldLink) -> LinkShown:
    link = told.link
    where = {"channel": link.channel, "address": link.address, "visit_at": link.visit_at}
    when = {"given_at": link.created_at, "revoked_at": link.revoked_at}
    done = [LinkDone(at=each.at, what=each.what, by=each.by) for each in told.events]
    return LinkShown.model_validate({"id": link.public_id, "kind": link.kind, **where, **when, "done": done})
