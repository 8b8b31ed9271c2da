"""Passkeys: what the script of a page asks for and sends, and the list under My account.

Whose a passkey is, is told by the passkey alone. Nothing that a request says about a person is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler import auditing, presenting, queries, receiving
from scheduler.access.relying_party import NoPasskeysHere, RelyingParty
from scheduler.dependencies import AtDesk, office_of
from scheduler.knocking import Admitted
from scheduler.presenting import PasskeyNotKept
from scheduler.queries import KnownPasskey
from scheduler.receiving import Caller
from scheduler.web.doors import actor_at, actor_of, knock_of, means_of, service_offered, shown_in
from scheduler.web.forms import AsTyped, Key

router = APIRouter()

HERE = "/account?done=passkey#passkeys"
WANTED = {"sign_in": receiving.SIGN_IN, "unlock": receiving.UNLOCK, "prove": receiving.PROVE}


class Shows(BaseModel):
    """A passkey that a browser shows, and what for."""

    model_config = ConfigDict(extra="forbid")

    credential: dict[str, object]
    purpose: Literal["sign_in", "unlock", "prove"] = "sign_in"
    device: Literal["", "tablet"] = ""
    """What they say it is that they hold."""


class Makes(BaseModel):
    """A passkey that a browser made, and what its owner calls it."""

    model_config = ConfigDict(extra="forbid")

    credential: dict[str, object]
    name: Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True)
class Line:
    """A passkey in the list."""

    id: str
    name: str
    added: date
    used: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """The list. `hindrance` says why none can be added at this server's address."""

    known: list[Line]
    hindrance: str


def listed(db: Db, account_id: int, address: str, time: SiteTime) -> Listed:
    """Somebody's passkeys, for `_passkeys.html`. `address` is this server's public one."""
    try:
        RelyingParty.at(address)
    except NoPasskeysHere as refused:
        hindrance = refused.message
    else:
        hindrance = ""
    return Listed([_line(known, time) for known in queries.passkeys(db, account_id)], hindrance)


def _line(known: KnownPasskey, time: SiteTime) -> Line:
    used = known.last_used_at
    return Line(known.public_id, known.name, time.date_of(known.created_at), time.date_of(used) if used else None)


@router.post("/sign-in/passkey/challenge")
def ask(request: Request) -> Response:
    """What a browser needs to ask for a passkey."""
    means, database = means_of(request), office_of(request).database
    party = RelyingParty.at(means.address)
    new_secret = means.clock.new_secret
    return _json(database.run(lambda db: presenting.ask(db, party, now=means.clock.now(), new_secret=new_secret)))


@router.post("/sign-in/passkey")
def show(request: Request, shows: Shows) -> Response:
    """Sign in, unlock or prove again who one is."""
    means, database, actor = means_of(request), office_of(request).database, actor_at(request)
    party, caller = RelyingParty.at(means.address), Caller(knock_of(request, actor, said=shows.device), actor)
    received = receiving.by_passkey(database, means, party, shows.credential, caller, wanted=WANTED[shows.purpose])
    if isinstance(received, Admitted):
        return shown_in(JSONResponse({"stays": False, "next": "/"}), means, received)
    return JSONResponse({"stays": True, "next": "/"})


@router.post("/account/passkeys/challenge")
def ask_for_new(request: Request, desk: AtDesk) -> Response:
    """What a browser needs to make a passkey."""
    means, actor = means_of(request), actor_of(desk)
    party, new_secret = RelyingParty.at(means.address), means.clock.new_secret
    return _json(desk.database.run(lambda db: presenting.ask_for_new(db, party, actor, now=desk.now, new_secret=new_secret)))


@router.post("/account/passkeys")
def keep(request: Request, desk: AtDesk, makes: Makes) -> Response:
    """Keep the passkey that was made; the trail is told of one that is not kept too."""
    actor, party = actor_of(desk), RelyingParty.at(means_of(request).address)

    def work(db: Db) -> KnownPasskey | PasskeyNotKept:
        kept = presenting.keep(db, party, actor, makes.credential, name=makes.name, now=desk.now, new_id=desk.new_id)
        if isinstance(kept, PasskeyNotKept):
            author = knock_of(request, actor).author
            auditing.append(db, author, action=author.operation, now=desk.now, category="access", outcome="denied", reason=kept.reason)
        return kept

    kept = desk.database.run(work)
    if isinstance(kept, PasskeyNotKept):
        raise kept
    return JSONResponse({"id": kept.public_id, "name": kept.name}, 201)


@router.post("/account/passkeys/{passkey}/name")
def rename(desk: AtDesk, passkey: Key, form: AsTyped) -> Response:
    """Call a passkey something else."""
    desk.database.run(lambda db: presenting.rename(db, actor_of(desk).account_id, passkey, form["name"]))
    return RedirectResponse(HERE, 303)


@router.post("/account/passkeys/{passkey}/remove")
def remove(request: Request, desk: AtDesk, passkey: Key) -> Response:
    """Forget a passkey."""
    service_is_set = bool(service_offered(request))
    desk.database.run(lambda db: presenting.remove(db, actor_of(desk).account_id, passkey, service_is_set=service_is_set))
    return RedirectResponse(HERE, 303)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
