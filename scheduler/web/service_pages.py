"""The clinic's own sign-in service: on the way there, and back.

A page that is only opened changes nothing, so the way there and the way back are each a page that its script sends on.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from scheduler import delegating, receiving
from scheduler.access.actor import Actor
from scheduler.access.cookie import service_cookie
from scheduler.access.delegation import WAIT, NoService, Purpose
from scheduler.dependencies import AtDesk, office_of
from scheduler.knocking import Admitted
from scheduler.receiving import Caller, WayBack
from scheduler.sign_in_service import SignInService
from scheduler.web.doors import actor_at, actor_of, knock_of, means_of, onward, shown_in
from scheduler.web.forms import AsTyped
from scheduler.web.pages import show

router = APIRouter()

HERE = "/account#service"
Said = Annotated[str, Query(max_length=4000)]


@router.post("/sign-in/service")
def sign_in(request: Request, form: AsTyped) -> Response:
    """Go there to sign in, or to join by an invitation."""
    invitation = form["invitation"]
    return _sent(request, Purpose.JOIN if invitation else Purpose.SIGN_IN, None, invitation=invitation, to=form["next"])


@router.post("/prove/service")
def prove(request: Request, desk: AtDesk, form: AsTyped) -> Response:
    """Go there to prove once more who one is."""
    return _sent(request, Purpose.PROVE, desk.actor, to=form["next"])


@router.post("/account/service")
def connect(request: Request, desk: AtDesk) -> Response:
    """Go there to sign in with it from now on."""
    return _sent(request, Purpose.LINK, desk.actor, to=HERE)


@router.post("/account/service/remove")
def disconnect(desk: AtDesk) -> Response:
    """Sign in with it no more."""
    account_id = actor_of(desk).account_id
    desk.database.run(lambda db: delegating.unlink(db, account_id))
    return RedirectResponse(HERE, 303)


@router.get("/sign-in/service/back")
def arrive(request: Request, code: Said = "", state: Said = "", iss: Said = "", error: Said = "") -> Response:
    """Where the service sends people back to. Opened by anybody else, it does nothing."""
    back = {"code": code, "state": state, "iss": iss, "error": error}
    return show("service_trip.html", label=_service(request).service.label, there="", back=back)


@router.post("/sign-in/service/back")
def come_back(request: Request, form: AsTyped) -> Response:
    """Come back."""
    means, actor, cookie = means_of(request), actor_at(request), service_cookie(means_of(request).address)
    browser = request.cookies.get(cookie.name, "")
    back = WayBack(form["state"], form["code"], named=form["iss"], refused=form["error"], browser=browser)
    received, to = receiving.by_service(
        office_of(request).database, means, _service(request), back, Caller(knock_of(request, actor, said=form["device"]), actor)
    )
    answer = RedirectResponse(to, 303)
    answer.delete_cookie(cookie.name, path="/", secure=cookie.secure, httponly=True, samesite="lax")
    return shown_in(answer, means, received) if isinstance(received, Admitted) else answer


def _sent(request: Request, purpose: Purpose, actor: Actor | None, *, invitation: str = "", to: str = "") -> Response:
    means, service = means_of(request), _service(request)
    out = receiving.send(office_of(request).database, means, purpose, actor=actor, invitation=invitation, onward=onward(to))
    there = service.way_there(out.trip, now=means.clock.now())
    answer = show("service_trip.html", label=service.service.label, there=there, back={})
    cookie = service_cookie(means.address)
    answer.set_cookie(
        cookie.name, out.browser, max_age=int(WAIT.total_seconds()), path="/", secure=cookie.secure, httponly=True, samesite="lax"
    )
    return answer


def _service(request: Request) -> SignInService:
    """Raises `NoService`."""
    service: SignInService | None = request.app.state.sign_in_service
    if service is None:
        raise NoService
    return service
