"""What every request may use: the database and the clock, and how a change is done so that it is done once and only to what was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from rooms import faults
from rooms.base import Db
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.idempotency import Answer, Call, answer_given, answer_once

KEY_PATTERN = "^[A-Za-z0-9_.:-]{1,200}$"
BY = "desk"
"""Who did it, until people sign in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The database and the clock of this program; made once, by `create_app`."""

    database: Database
    clock: Clock

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def new_id(self, prefix: str) -> str:
        """A random public id."""
        return self.clock.new_id(prefix)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A look at one moment of the database."""
        with self.database.reading() as db:
            yield db


def desk_of(request: Request) -> Desk:
    """The program's desk."""
    desk: Desk = request.app.state.desk
    return desk


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

    def new_id(self, prefix: str) -> str:
        """A random public id."""
        return self.desk.new_id(prefix)

    def answer(self, asked: BaseModel | None, work: Callable[[Db], BaseModel | None], *, status: int = 200) -> Response:
        """Do the work in a transaction of its own, and answer with what it gives; a request repeated with its key is answered as before."""
        now, digest = self.now, self._digest(asked)

        def once(db: Db) -> Answer:
            def done() -> Answer:
                shown = work(db)
                return Answer(status if shown else 204, shown.model_dump_json() if shown else "")

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
        done = Answer(200, work().model_dump_json())
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
    return _response(Answer(status, body.model_dump_json()))


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
    return str(request.scope["route"].name)


def _address(request: Request) -> str:
    return f"{request.method} {request.url.path}?{request.url.query}"
