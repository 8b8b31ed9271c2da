"""What every request may use: the database as its sender may see it, and how a change is done once and only to what was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from rooms import faults
from rooms.base import Db
from scheduler import guarding
from scheduler.access.actor import Actor
from scheduler.access.cell import Extent
from scheduler.access.clinical import let_see, written
from scheduler.access.grant import Grant
from scheduler.access.refusals import NotAllowed
from scheduler.access.table import Table
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.entering import Visit, author_of
from scheduler.idempotency import Answer, Call, answer_given, answer_once
from scheduler.knocking import Knock
from scheduler.owing import REASON_COOKIE, Cashier, Given
from scheduler.pacing import Pacer

KEPT_LIVE = {
    "GET /sites/{site}/board",
    "GET /sites/{site}/observations",
    "GET /sites/{site}/wallboard",
    "GET /sites/{site}/lists/{day}",
    "GET /sessions/{session}/sheet",
    "GET /sessions/{session}/sheet/history",
    "GET /forms",
    "GET /sites/{site}/calls",
}
"""Pages that fetch a part of themselves whenever something changed."""
CHECKED_FIRST = {
    *("POST /protocols/new", "POST /protocols/{protocol}/edit", "POST /protocols/{protocol}/copy"),
    *("POST /checklists/new", "POST /checklists/{checklist}/edit", "POST /sites/{site}/templates"),
}
"""Check what was written; whoever presses Publish is asked for what it takes only when nothing is wrong with it, by `Desk.pay`."""
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
MOST_FIELDS = 400
"""How many fields a form may have."""
KEY_PATTERN = "^[A-Za-z0-9_.:-]{1,200}$"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Office:
    """The database, the clock and the permission table of this program; made once, by `create_app`. `operations` go by their route."""

    database: Database
    clock: Clock
    table: Table
    operations: dict[int, str]
    pacer: Pacer


@dataclass(frozen=True, slots=True)
class Desk:
    """The database as the sender of one request may see it, and the clock. `by` is who did it, in the words of a person."""

    database: Database
    clock: Clock
    by: str = NOBODY
    visit: Visit | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    @property
    def actor(self) -> Actor | None:
        """Whoever is signed in."""
        return self.visit.actor if self.visit else None

    @property
    def grant(self) -> Grant | None:
        """What they may do by this operation; nothing is granted to strangers."""
        return self.visit.grant if self.visit else None

    def pay(self) -> None:
        """Take what the permission table asks for, in an operation of `CHECKED_FIRST`, right before it is done. Raises as `entered`."""
        if self.visit is not None and self.visit.pay is not None:
            self.visit.pay()

    def new_id(self, prefix: str) -> str:
        """A random public id."""
        return self.clock.new_id(prefix)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A look at one moment of the database."""
        with self.database.reading() as db:
            yield db


def office_of(request: Request) -> Office:
    """The program's office."""
    office: Office = request.app.state.office
    return office


def operation_of(request: Request, office: Office) -> str:
    """The operation as the permission table names it. A verb in the address stands as itself: each has its own row."""
    operation = office.operations[id(request.scope["route"])].replace("{verb}", request.path_params.get("verb", ""))
    return f"{'GET' if request.method == 'HEAD' else request.method} {operation}"


async def entered(request: Request) -> None:
    """Let somebody in whom the permission table gives this operation. Every route has it. Raises `NotAllowed` and its kin, `Unknown`."""
    office, actor = office_of(request), request.state.actor
    operation = operation_of(request, office)
    if actor is None:
        if not office.table.is_public(request.method, request.url.path):
            raise LookupError(f"{operation} was reached by somebody who is not signed in")
        return
    page = (actor.login, f"{request.url.path}?{request.query_params.get('day', '')}")
    visit = Visit(
        author_of(request, actor, operation), actor, page=page, is_anew=operation in KEPT_LIVE and "fragment" in request.query_params
    )
    request.state.visit = visit
    visit.grant = grant = guarding.grant_of(actor, office.table, operation)
    visit.author = author_of(request, actor, operation, grant)
    let_see(values=guarding.sees_values(grant, office.table))
    if grant.only_proposes or grant.owes_reason or grant.owes_proof or grant.owes_second:
        request.state.sent = await _fields_of(request)
        visit.pay = partial(_pay, request, office, visit, grant)
    if operation not in CHECKED_FIRST and visit.pay is not None:
        await run_in_threadpool(visit.pay)
    if grant.assigned_only:
        visit.assigned = await run_in_threadpool(_assigned, office, grant, request.path_params)


def _pay(request: Request, office: Office, visit: Visit, grant: Grant) -> None:
    """Take what the cell asks for. Raises `NotAllowed` where it only lets propose, and the refusals of `owing.Cashier.take`."""
    if grant.only_proposes:
        raise NotAllowed(grant.row.does, guarding.who_may(grant.row, Extent.ALL))
    cashier = Cashier(office.database, request.app.state.means, office.clock)
    reason, kept = visit.author.reason, request.cookies.get(REASON_COOKIE, "")
    if kept and not reason and request.method in {"GET", "HEAD"}:
        reason = cashier.reason_of(grant.actor, kept)
    given = Given.of(dict(request.state.sent), reason, request.headers.get("chairtime-approval", ""))
    knock = Knock(visit.author, visit.author.source, grant.actor.device, visit.author.device)
    visit.author = cashier.take(grant, given, knock)


async def _fields_of(request: Request) -> list[tuple[str, str]]:
    """The fields of a body, which is read once and kept for whoever reads it next. Of JSON only those that are texts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in FORMS:
        form = await request.form(max_fields=MOST_FIELDS)
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    try:
        body = await request.json() if kind == "application/json" else None
    except ValueError:
        return []
    return [(name, value) for name, value in body.items() if isinstance(value, str)] if isinstance(body, dict) else []


def _assigned(office: Office, grant: Grant, about: Mapping[str, str]) -> frozenset[str]:
    with office.database.seen_through(guarding.view_of_sites(grant.sites)).reading() as db:
        return guarding.assigned_patients(db, grant, about, now=office.clock.now())


def desk_of(request: Request) -> Desk:
    """The database as the sender of this request may see it: strangers see nothing of any site."""
    office = office_of(request)
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None:
        visit = Visit(author_of(request, None, operation_of(request, office)))
    seen = office.database.seen_through(office.pacer.seen_by(guarding.view_of(visit, office.clock.now)))
    return Desk(seen, office.clock, visit.actor.name if visit.actor else NOBODY, visit)


AtDesk = Annotated[Desk, Depends(desk_of)]
"""For operations that only look."""


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changes something. `key` tells a repeated request, `version` is the one that the caller has seen."""

    desk: Desk
    scope: str
    address: str
    key: str | None
    version: int | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.desk.now

    @property
    def by(self) -> str:
        """Who does it, in the words of a person."""
        return self.desk.by

    def new_id(self, prefix: str) -> str:
        """A random public id."""
        return self.desk.new_id(prefix)

    def answer(self, asked: BaseModel | None, work: Callable[[Db], BaseModel | None], *, status: int = 200) -> Response:
        """Do the work in a transaction of its own, and answer with what it gives; a request repeated with its key is answered as before."""
        now, digest = self.now, self._digest(asked)

        def once(db: Db) -> Answer:
            def done() -> Answer:
                shown = work(db)
                return Answer(status if shown else 204, written(shown) if shown else "")

            return done() if self.key is None else answer_once(db, Call(self.key, self.scope, digest), done, now=now)

        answer = self.desk.database.run(once)
        faults.point("F6")
        return _response(answer)

    def answer_of_steps(self, asked: BaseModel, work: Callable[[], BaseModel]) -> Response:
        """Do work of many steps, each with a transaction of its own and harmless to do again, and answer with what it gives.

        A request repeated with its key is answered as before; one whose answer was never given goes on with the steps that are left.
        """
        database, now = self.desk.database, self.now
        if self.key is None:
            return shown(work())
        call = Call(self.key, self.scope, self._digest(asked))
        before = database.run(lambda db: answer_given(db, call))
        if before is not None:
            return _response(before)
        done = Answer(200, written(work()))
        return _response(database.run(lambda db: answer_once(db, call, lambda: done, now=now)))

    def _digest(self, asked: BaseModel | None) -> str:
        body = asked.model_dump_json(exclude_unset=True) if asked else ""
        return hashlib.sha256(f"{self.address}\n{body}".encode()).hexdigest()


def creating(
    request: Request,
    desk: AtDesk,
    idempotency_key: Annotated[
        str,
        Header(
            pattern=KEY_PATTERN,
            description="A text of your choice, new for every new request. A request repeated with the same key is done only once.",
            examples=["5f0c7a8e-2b1d-4c55-9a61-0d9a3f6f1f7b"],
        ),
    ],
) -> Change:
    """A request that creates something."""
    return Change(desk, _scope(request), _address(request), idempotency_key)


def changing(
    request: Request,
    desk: AtDesk,
    if_match: Annotated[str, Header(description="The ETag of what you have seen; the change is refused if it is another one by now.")],
    idempotency_key: Annotated[
        str | None,
        Header(pattern=KEY_PATTERN, description="Makes it safe to repeat the request when its answer was lost."),
    ] = None,
) -> Change:
    """A request that changes something that is there."""
    return Change(desk, _scope(request), _address(request), idempotency_key, _version(if_match))


Creating = Annotated[Change, Depends(creating)]
Changing = Annotated[Change, Depends(changing)]


def shown(body: BaseModel, *, status: int = 200) -> Response:
    """A JSON answer, with its ETag if it has a version."""
    return _response(Answer(status, written(body)))


def _response(answer: Answer) -> Response:
    if answer.status == 204:
        return Response(status_code=204)
    content = json.loads(answer.body)
    headers = {"ETag": f'"{content["version"]}"'} if "version" in content else {}
    if answer.repeated:
        headers["Idempotency-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, "application/json")


def _version(if_match: str) -> int:
    digits = if_match.strip().strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _scope(request: Request) -> str:
    """A key is known for one operation of one person: nobody is given another's answer."""
    actor: Actor | None = request.state.actor
    return f"{request.scope['route'].name} {actor.public_id if actor else NOBODY}"


def _address(request: Request) -> str:
    return f"{request.method} {request.url.path}?{request.url.query}"
