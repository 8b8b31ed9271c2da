"""Signing in and out, the locked screen, and what a page asks while nobody touches it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from scheduler import breaking_glass, knocking, queries, signing_in
from scheduler.access.actor import Actor
from scheduler.access.idle import WARNING
from scheduler.access.not_proven import NotProven, TryLater
from scheduler.access.refusals import SignInNeeded
from scheduler.dependencies import AtDesk, office_of
from scheduler.knocking import CodeOwed
from scheduler.web.doors import actor_at, actor_of, knock_of, means_of, onward, service_offered, shown_in, shown_out
from scheduler.web.forms import AsTyped
from scheduler.web.pages import show

router = APIRouter()

Next = Annotated[str, Query(max_length=2000)]
NOBODY_YET = "/first-run"


@router.get("/sign-in", response_model=None)
def ask_to_sign_in(request: Request, next: Next = "/") -> Response:  # the name in the address
    """The page that asks for name and password; the first run where there is nobody yet."""
    with office_of(request).database.reading() as db:
        if not queries.is_anybody(db):
            return RedirectResponse(NOBODY_YET, 303)
    return _page(request, onward(next))


@router.post("/sign-in", response_model=None)
def sign_in(request: Request, form: AsTyped) -> Response:
    """Name and password: in, or on to the code, or the same page with one sentence for whatever was wrong."""
    means, to = means_of(request), onward(form["next"])
    try:
        proven = knocking.give_password(
            office_of(request).database, means, form["handle"], form.raw("password"), knock_of(request, said=form["device"])
        )
    except NotProven as refused:
        return _held_up(_page(request, to, handle=form["handle"], refused=refused), refused)
    if isinstance(proven, CodeOwed):
        return _code_page(proven.token, to, form["device"])
    return shown_in(RedirectResponse(to, 303), means, proven)


@router.post("/sign-in/code", response_model=None)
def give_code(request: Request, form: AsTyped) -> Response:
    """The code after the password."""
    means, to = means_of(request), onward(form["next"])
    try:
        admitted = knocking.give_code(
            office_of(request).database, means, form["owed"], form["code"], knock_of(request, said=form["device"])
        )
    except NotProven as refused:
        return _held_up(_code_page(form["owed"], to, form["device"], refused=refused), refused)
    return shown_in(RedirectResponse(to, 303), means, admitted)


@router.post("/sign-in/out")
def sign_out(request: Request) -> RedirectResponse:
    """Sign out; done twice, out all the same."""
    actor, means = actor_at(request), means_of(request)
    if actor is not None:
        author, now = knock_of(request, actor).author, means.clock.now()
        office_of(request).database.run(lambda db: knocking.leave(db, actor, author, now=now))
    return shown_out(RedirectResponse("/sign-in", 303), means)


@router.get("/sign-in/state")
def tell_state(request: Request) -> JSONResponse:
    """Whether the sign-in is open or locked, and for how long still. Asking it never keeps a sign-in awake."""
    actor, means = actor_at(request), means_of(request)
    if actor is None:
        raise SignInNeeded
    now = means.clock.now()
    with office_of(request).database.reading() as db:
        login = queries.login(db, actor.login_id)
        told = () if actor.locked else breaking_glass.untold(db, actor, now=now)
    if login is None:
        raise SignInNeeded
    idle = max(login.acted_at + means.idle.of(login.device) - now, timedelta(0))
    return JSONResponse(
        {
            "state": "locked" if actor.locked else "open",
            "locks_in": 0 if actor.locked else int(idle.total_seconds()),
            "ends_in": int((login.ends_at - now).total_seconds()),
            "warn_at": int(WARNING.total_seconds()),
            "told": len(told),
        }
    )


@router.post("/sign-in/active", status_code=204)
def stay(request: Request, desk: AtDesk) -> Response:
    """A person touched the page: the guard has noted it, as it does for everything that a person does."""
    actor = actor_of(desk)
    office_of(request).database.run(lambda db: signing_in.note_action(db, actor.login_id, now=desk.now))
    return Response(status_code=204)


@router.post("/sign-in/lock")
def lock(request: Request, desk: AtDesk) -> RedirectResponse:
    """Lock the screen."""
    actor = actor_of(desk)
    author = knock_of(request, actor).author
    office_of(request).database.run(lambda db: knocking.lock(db, actor, author, now=desk.now))
    return RedirectResponse("/lock", 303)


@router.get("/lock", response_model=None)
def show_lock(request: Request, next: Next = "/") -> Response:  # the name in the address
    """The locked screen, for whoever opens a page while it is locked. It shows nothing but whose it is."""
    actor = actor_at(request)
    if actor is None:
        return RedirectResponse("/sign-in", 303)
    return _lock_page(request, actor, onward(next))


@router.post("/sign-in/unlock", response_model=None)
def unlock(request: Request, form: AsTyped) -> Response:
    """Go on where it was locked. A page that is open asks by its script and stays as it is; anybody else gets a page."""
    actor = actor_at(request)
    if actor is None:
        raise SignInNeeded
    try:
        knocking.prove(
            office_of(request).database, means_of(request), actor, form.raw("proof"), knock_of(request, actor).author, unlocking=True
        )
    except NotProven as refused:
        if _by_script(request):
            raise
        return _held_up(_lock_page(request, actor, onward(form["next"]), refused=refused), refused)
    return Response(status_code=204) if _by_script(request) else RedirectResponse(onward(form["next"]), 303)


@router.get("/prove")
def ask_to_prove(request: Request, desk: AtDesk, next: Next = "/") -> HTMLResponse:  # the name in the address
    """The page that asks somebody to prove once more who they are."""
    return _prove_page(request, actor_of(desk), onward(next))


@router.post("/prove", response_model=None)
def prove(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Prove it by the password or a code; it is good for five minutes."""
    actor = actor_of(desk)
    try:
        knocking.prove(
            office_of(request).database, means_of(request), actor, form.raw("proof"), knock_of(request, actor).author, unlocking=False
        )
    except NotProven as refused:
        return _held_up(_prove_page(request, actor, onward(form["next"]), refused=refused), refused, status=422)
    return RedirectResponse(onward(form["next"]), 303)


def _by_script(request: Request) -> bool:
    return "text/html" not in request.headers.get("accept", "")


def _held_up(page: HTMLResponse, refused: NotProven, *, status: int = 401) -> HTMLResponse:
    page.status_code = status
    if isinstance(refused, TryLater):
        page.status_code = 429
        page.headers["Retry-After"] = str(refused.seconds)
    return page


def _page(request: Request, to: str, *, handle: str = "", refused: NotProven | None = None) -> HTMLResponse:
    return show("sign_in.html", next=to, handle=handle, refused=refused, service=service_offered(request))


def _code_page(owed: str, to: str, device: str, *, refused: NotProven | None = None) -> HTMLResponse:
    return show("sign_in_code.html", owed=owed, next=to, device=device, refused=refused)


def _lock_page(request: Request, actor: Actor, to: str, *, refused: NotProven | None = None) -> HTMLResponse:
    return show("lock.html", name=actor.name, next=to, refused=refused, service=service_offered(request))


def _prove_page(request: Request, actor: Actor, to: str, *, refused: NotProven | None = None) -> HTMLResponse:
    return show("prove.html", name=actor.name, next=to, refused=refused, service=service_offered(request))
