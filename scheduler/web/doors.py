"""What the pages that let somebody in have in common: who stands there, and the cookies that they leave with."""

from __future__ import annotations

import re
from typing import TypeVar

from fastapi import Request, Response

from scheduler import signing_in
from scheduler.access.actor import Actor
from scheduler.access.cookie import Cookie, device_cookie, login_cookie
from scheduler.access.device import kind_of, label_of
from scheduler.access.refusals import SignInNeeded
from scheduler.dependencies import Desk, office_of, operation_of
from scheduler.entering import author_of, token_of
from scheduler.knocking import Admitted, Knock
from scheduler.proving import Means
from scheduler.sign_in_service import SignInService

R = TypeVar("R", bound=Response)

LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,1500}")
KEPT_SECONDS = int(signing_in.DEVICE_KNOWN.total_seconds())


def means_of(request: Request) -> Means:
    """What proofs are made and checked with."""
    means: Means = request.app.state.means
    return means


def actor_at(request: Request) -> Actor | None:
    """Whoever is signed in at this browser, locked or not; for addresses that strangers may come to too."""
    means, office = means_of(request), office_of(request)
    token = token_of(request, login_cookie(means.address).name)
    if not token:
        return None
    with office.database.reading() as db:
        return signing_in.actor_of(db, token, now=means.clock.now(), idle=means.idle)


def actor_of(desk: Desk) -> Actor:
    """Whoever is signed in. Raises `SignInNeeded`."""
    if desk.actor is None:
        raise SignInNeeded
    return desk.actor


def knock_of(request: Request, actor: Actor | None = None, *, said: str = "") -> Knock:
    """Who stands there, and whose place they take at this browser. `said` is the kind of device that they say it is."""
    means, agent = means_of(request), request.headers.get("user-agent", "")
    author = author_of(request, actor, operation_of(request, office_of(request)))
    known = request.cookies.get(device_cookie(means.address).name, "")
    replaced = actor_at(request) if actor is None else actor
    return Knock(author, author.source, kind_of(agent, said), label_of(agent), known, replaced.login_id if replaced else None)


def shown_in(answer: R, means: Means, admitted: Admitted) -> R:
    """The answer to somebody who was let in: their browser keeps the token of the sign-in, and the one by which it is known."""
    _set(answer, login_cookie(means.address), admitted.opened.token)
    _set(answer, device_cookie(means.address), admitted.known, max_age=KEPT_SECONDS)
    return answer


def shown_out(answer: R, means: Means) -> R:
    """The answer to somebody who leaves. The browser stays known."""
    cookie = login_cookie(means.address)
    answer.delete_cookie(cookie.name, secure=cookie.secure, httponly=True, samesite="lax")
    return answer


def onward(address: str) -> str:
    """Where to go after signing in: an address of ours, and nothing else."""
    leads_back = address.startswith(("/sign-in", "/lock", "/first-run", "/invitation", "/prove"))
    return address if LOCAL.fullmatch(address) and not leads_back else "/"


def service_offered(request: Request) -> str:
    """What the clinic's own sign-in service is called on buttons; empty where there is none."""
    service: SignInService | None = getattr(request.app.state, "sign_in_service", None)
    return service.service.label if service else ""


def _set(answer: Response, cookie: Cookie, value: str, max_age: int | None = None) -> None:
    answer.set_cookie(cookie.name, value, max_age=max_age, secure=cookie.secure, httponly=True, samesite="lax", path="/")
