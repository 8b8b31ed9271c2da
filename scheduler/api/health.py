"""Whether this program is alive, and whether it can do its work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from rooms import queries
from scheduler.api.errors import refusal
from scheduler.api.fields import Shape
from scheduler.api.problems import InTheWay, Problem
from scheduler.database import Database, schema_is_current
from scheduler.dependencies import AtDesk, Desk, office_of, shown
from scheduler.reminding.working import troubles

router = APIRouter(prefix="/health", tags=["health"])


class Alive(Shape):
    """This program answers."""

    status: Literal["alive"] = "alive"


class Ready(Shape):
    """This program can do its work."""

    status: Literal["ready"] = "ready"
    database: str = Field(description="Which kind of database it uses.", examples=["sqlite"])


@router.get("/live", response_model=Alive, summary="Whether the program answers at all")
def live() -> Alive:
    """Says yes as long as it can say anything. It asks nobody."""
    return Alive()


@router.get(
    "/ready",
    response_model=Ready,
    responses={503: {"model": Problem, "description": "Not now; `conflicts` gives the reasons."}},
    summary="Whether the program can do its work",
)
def ready(request: Request, desk: AtDesk) -> Response:
    """Whether the database answers, its tables are those that this program was written for, and messages go out; if not, why."""
    reasons = _reasons(desk, office_of(request).database)
    if reasons:
        return refusal(request, 503, "not_ready", reasons[0].message, reasons, headers={"Retry-After": "5"})
    return shown(Ready(database=desk.database.engine.dialect.name))


def _reasons(desk: Desk, database: Database) -> list[InTheWay]:
    try:
        if not schema_is_current(desk.database.url):
            return [InTheWay(code="tables", message="The tables are of another version; run: chairtime migrate.")]
        with desk.reading() as db:
            queries.sites(db)
        return [InTheWay(code="messages", message=trouble) for trouble in troubles(database, now=desk.now)]
    except SQLAlchemyError:
        return [InTheWay(code="database", message="The database does not answer.")]
