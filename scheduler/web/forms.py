"""What a person typed, and how a form is acted on once however often it is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Request
from fastapi.responses import RedirectResponse

from rooms.availability.hours import clock_minutes
from rooms.base import Db
from rooms.errors import Faulty
from scheduler.dependencies import Desk
from scheduler.idempotency import Answer, Call, answer_once
from scheduler.owing import PAID_BY

T = TypeVar("T")

Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
"""A public id or a code in an address."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
MOST_FIELDS = 400
ONCE = "idempotency_key"
"""The hidden field that tells a form sent twice from two forms."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of a form as they were typed, in order; a field that is not there is empty."""

    address: str
    items: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return next((value.strip() for key, value in self.items if key == name), "")

    def raw(self, name: str) -> str:
        """A field with every space that was typed, as a password wants it."""
        return next((value for key, value in self.items if key == name), "")

    def __contains__(self, name: str) -> bool:
        return bool(self[name])

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be there more than once."""
        return [value.strip() for key, value in self.items if key == name]

    def values(self, *names: str) -> dict[str, str]:
        """Some fields by name, to be shown again as they were typed."""
        return {name: self[name] for name in names}

    def date(self, name: str) -> date:
        """A date. Raises `Faulty`."""
        return date_of(name, self[name])

    def time(self, name: str) -> time:
        """A time of day. Raises `Faulty`."""
        try:
            hours, minutes = divmod(clock_minutes(self[name]), 60)
            return time(hours, minutes)
        except (Faulty, ValueError) as fault:
            raise Faulty(name, f"{self[name]!r} is no time of day; write it as 09:30") from fault

    def whole(self, name: str) -> int:
        """A whole number. Raises `Faulty`."""
        if not re.fullmatch(r"[0-9]{1,6}", self[name]):
            raise Faulty(name, f"{self[name]!r} is no number; write it in digits")
        return int(self[name])


def date_of(name: str, text: str) -> date:
    """A date as browsers write it. Raises `Faulty` for what is none, or lies centuries off."""
    try:
        found = date.fromisoformat(text)
    except ValueError as fault:
        raise Faulty(name, f"{text!r} is no date; write it as 2026-12-01" if text else "choose a date") from fault
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Faulty(name, f"{text} is too far off; use a year from {FIRST_YEAR} to {LAST_YEAR}")
    return found


async def typed(request: Request) -> Typed:
    """The form that was sent. Raises `Faulty` for letters that no database keeps."""
    form = await request.form(max_fields=MOST_FIELDS)
    items = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in PAID_BY)
    for name, value in items:
        if "\x00" in value:
            raise Faulty(name, "it holds a letter that cannot be kept; type it again")
    return Typed(request.url.path, items)


AsTyped = Annotated[Typed, Depends(typed)]


def done_once(desk: Desk, form: Typed, work: Callable[[Db], str]) -> RedirectResponse:
    """Do what a form asks in a transaction of its own, and go to the address that `work` gives; sent again, only go there again.

    A form that was changed after it was sent is another one, although the page that it is on gave it the same key.
    """

    return RedirectResponse(desk.database.run(lambda db: once(db, desk, form, work)), 303)


def once(db: Db, desk: Desk, form: Typed, work: Callable[[Db], str]) -> str:
    """What `work` gives when a form is sent for the first time; sent again, nothing is done and the same is given."""
    if not form[ONCE]:
        return work(db)
    sender = desk.actor.public_id if desk.actor else ""
    digest = hashlib.sha256(f"{sender}\n{form.address}\n{form.items}".encode("utf-8", "replace")).hexdigest()
    kept = answer_once(db, Call(f"form-{digest}", "form", digest), lambda: Answer(303, json.dumps(work(db))), now=desk.now)
    return str(json.loads(kept.body))


def what_would_follow(desk: Desk, work: Callable[[Db], T]) -> T:
    """Do something, look at what came of it, and undo it: so that what is shown is what will be done, refusals too."""
    return desk.database.what_would_follow(work)
