"""The options by which a course is wished for, the same wherever it is asked for: planned, booked or put on the waiting list."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from courses.plans.request import Authorization, Window
from rooms.availability.hours import clock_minutes
from rooms.errors import Faulty


def day(text: str) -> date:
    """A date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2026-12-01") from None


def window(text: str) -> Window:
    """Two times of the command line, both ends included."""
    opens, dash, closes = text.partition("-")
    try:
        if dash:
            return Window(clock_minutes(opens), clock_minutes(closes))
    except Faulty as fault:
        raise typer.BadParameter(fault.message) from None
    raise typer.BadParameter(f"{text!r} is no window; write it as 09:00-10:30")


def authorization(sessions: int | None, valid_from: date | None, valid_until: date | None) -> Authorization | None:
    """What the payer agreed to, where it was told. Raises `Faulty` for a part of it."""
    if sessions is None and valid_from is None and valid_until is None:
        return None
    if sessions is None or valid_from is None or valid_until is None:
        raise Faulty("--authorized", "an authorization is told by --authorized, --valid-from and --valid-until together")
    return Authorization(sessions, valid_from, valid_until)


SiteKey = Annotated[str, typer.Argument(metavar="SITE", help="The site's code or id.")]
PatientKey = Annotated[str, typer.Option("--patient", help="The patient's code or id.")]
ProtocolKey = Annotated[str, typer.Option("--protocol", help="The protocol's code or id; its active version is used.")]
Begins = Annotated[date, typer.Option("--from", parser=day, metavar="DATE", help="The earliest start.")]
StartBy = Annotated[date | None, typer.Option("--start-by", parser=day, metavar="DATE", help="The latest start.")]
FinishBy = Annotated[date | None, typer.Option("--finish-by", parser=day, metavar="DATE", help="The latest end.")]
Wished = Annotated[
    Window | None, typer.Option("--window", parser=window, metavar="FROM-UNTIL", help="When sessions should start, if it can be had.")
]
Authorized = Annotated[int | None, typer.Option("--authorized", min=0, help="How many sessions the payer agreed to.")]
ValidFrom = Annotated[date | None, typer.Option("--valid-from", parser=day, metavar="DATE", help="Of the authorization.")]
ValidUntil = Annotated[date | None, typer.Option("--valid-until", parser=day, metavar="DATE", help="Of the authorization.")]
Code = Annotated[str | None, typer.Option("--code", help="The clinic's own name for the course.")]
