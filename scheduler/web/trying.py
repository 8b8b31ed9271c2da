"""Doing what a form asks, and showing its page again with the refusal where it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import Response

from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.dependencies import Desk
from scheduler.web.forms import Typed, done_once


def tried(desk: Desk, form: Typed, work: Callable[[Db], str], again: Callable[[Db, DomainError], Response]) -> Response:
    """Do it once and go to the address that `work` gives; refused, show `again` what was typed. Raises `Unknown`."""
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return again(db, refused)


def instant_typed(form: Typed, name: str, time: SiteTime) -> datetime:
    """The instant of a date and a time of day that were typed into `..._on` and `..._time`. Raises `Faulty`, `NoSuchTime`."""
    local = datetime.combine(form.date(f"{name}_on"), form.time(f"{name}_time"))
    return time.exact(local)


def maybe_typed(form: Typed, name: str, time: SiteTime) -> datetime | None:
    """The same; None where neither was typed."""
    return instant_typed(form, name, time) if f"{name}_on" in form or f"{name}_time" in form else None
