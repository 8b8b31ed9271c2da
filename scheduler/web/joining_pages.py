"""The ways in for whoever is new: the first run, and the page behind a link."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler import admitting, knocking, proving, queries
from scheduler.access.actor import Strength
from scheduler.access.handle import normalized_handle
from scheduler.access.not_proven import LinkDead
from scheduler.admitting import Named
from scheduler.dependencies import office_of
from scheduler.queries import KnownInvitation
from scheduler.web.doors import knock_of, means_of, service_offered, shown_in
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.offered_codes import names_here, offered, seed_typed
from scheduler.web.pages import show
from scheduler.web.refusals import faults_of, status_of

router = APIRouter()


@router.get("/first-run")
def ask_for_first(request: Request) -> HTMLResponse:
    """The page that makes the first administrator; it is not there once there is one."""
    with office_of(request).database.reading() as db:
        _refuse_second_run(db)
    return _new_page(request, "first_run.html", Typed("", ()))


@router.post("/first-run", response_model=None)
def add_first(request: Request, form: AsTyped) -> Response:
    """Make the first administrator, with one-time codes if they are set up, and sign them in."""
    office, means = office_of(request), means_of(request)
    with office.database.reading() as db:
        _refuse_second_run(db)
        about = names_here(db, form["given_name"], form["family_name"], form["handle"])
    named = Named(form["handle"], form["given_name"], form["family_name"])
    try:
        named.columns()
        kept = means.kept(form.raw("password"), alone="code" not in form, about=about)
    except Faulty as refused:
        return _new_page(request, "first_run.html", form, refused=refused)
    now = means.clock.now()

    def add(db: Db) -> HTMLResponse | RedirectResponse:
        account = admitting.add_first(db, named, form["first_code"], kept, now=now, new_id=means.clock.new_id)
        knocking.note(db, knock_of(request).author, "first_run", now, about=account)
        return _welcomed(request, db, form, account.id)

    try:
        return office.database.run(add)
    except DomainError as refused:
        return _new_page(request, "first_run.html", form, refused=refused)


@router.get("/invitation/{token}")
def ask_for_password(request: Request, token: Key) -> HTMLResponse:
    """The page behind a link: choose a password, and set up one-time codes. Opening it uses nothing up."""
    with office_of(request).database.reading() as db:
        link = _link(db, request, token)
    return _new_page(request, "invitation.html", Typed("", ()), link=link, token=token)


@router.post("/invitation/{token}", response_model=None)
def accept(request: Request, token: Key, form: AsTyped) -> Response:
    """Take the account, or give it a new password, and be signed in."""
    office, means = office_of(request), means_of(request)
    with office.database.reading() as db:
        link = _link(db, request, token)
        about = names_here(db, link.account.name, link.account.handle)
    keeps_code = link.account.has_code and not link.clears_code
    try:
        kept = means.kept(form.raw("password"), alone="code" not in form and not keeps_code, about=about)
    except Faulty as refused:
        return _new_page(request, "invitation.html", form, link=link, token=token, refused=refused)
    now = means.clock.now()

    def follow(db: Db) -> HTMLResponse | RedirectResponse:
        admitting.follow_link(db, token, kept, now=now)
        knocking.note(db, knock_of(request).author, "follow_link", now, about=link.account)
        return _welcomed(request, db, form, link.account.id, keeps_code=keeps_code)

    try:
        if keeps_code:
            knocking.check_code(office.database, means, link.account, form["code"], knock_of(request).author)
        return office.database.run(follow)
    except DomainError as refused:
        return _new_page(request, "invitation.html", form, link=link, token=token, refused=refused)


def _welcomed(request: Request, db: Db, form: Typed, account_id: int, *, keeps_code: bool = False) -> HTMLResponse | RedirectResponse:
    """Set up the codes if a first one was typed, sign the person in, and show them their recovery codes."""
    means = means_of(request)
    sets_up = "code" in form and not keeps_code
    codes = proving.set_up_codes(db, means, account_id, seed_typed(means, form), form["code"], now=means.clock.now()) if sets_up else []
    strength = Strength.TWO_FACTORS if sets_up or keeps_code else Strength.PASSWORD
    admitted = knocking.let_in(db, means, queries.account(db, account_id), strength, knock_of(request))
    if codes:
        return shown_in(show("recovery_codes.html", codes=codes, onward="/"), means, admitted)
    return shown_in(RedirectResponse("/", 303), means, admitted)


def _link(db: Db, request: Request, token: str) -> KnownInvitation:
    link = queries.invitation(db, token, now=means_of(request).clock.now())
    if link is None:
        raise LinkDead
    return link


def _refuse_second_run(db: Db) -> None:
    if queries.is_anybody(db):
        raise admitting.NotFirst


def _new_page(
    request: Request,
    template: str,
    form: Typed,
    *,
    link: KnownInvitation | None = None,
    token: str = "",
    refused: DomainError | None = None,
) -> HTMLResponse:
    means = means_of(request)
    seed = seed_typed(means, form) if "sealed" in form else ""
    handle = link.account.handle if link else normalized_handle(form["handle"]) or "administrator"
    faults = faults_of(refused)
    return show(
        template,
        status=status_of(refused),
        asked=form.values("handle", "given_name", "family_name", "first_code"),
        offered=offered(means, handle, seed),
        link=link,
        token=token,
        faults=faults,
        refused=refused if refused and not isinstance(refused, Faulty) else None,
        service=service_offered(request),
    )
