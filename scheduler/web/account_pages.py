"""My account: the password, one-time codes, passkeys, and where somebody is signed in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler import breaking_glass, knocking, proving, queries, signing_in
from scheduler.access.actor import Actor, Strength
from scheduler.access.not_proven import NotProven
from scheduler.access.password import check_password
from scheduler.access.refusals import ProofNeeded
from scheduler.dependencies import AtDesk, Desk, office_of
from scheduler.queries import KnownLogin
from scheduler.web.doors import actor_of, knock_of, means_of, service_offered
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.offered_codes import names_here, offered, seed_typed
from scheduler.web.pages import show
from scheduler.web.passkey_pages import listed
from scheduler.web.refusals import faults_of, status_of

router = APIRouter()

SAID = {
    "password": "Your password is changed. You are signed out everywhere else.",
    "codes-off": "One-time codes are switched off.",
    "ended": "That sign-in is ended.",
    "passkey": "Your passkeys are changed.",
}
STRENGTHS = {
    Strength.PASSWORD: "password",
    Strength.TWO_FACTORS: "password and code",
    Strength.PASSKEY: "passkey",
    Strength.SERVICE: "the clinic's sign-in service",
}


@router.get("/account")
def show_account(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """My account."""
    return _account_page(request, desk, done=SAID.get(done, ""))


@router.post("/account/password", response_model=None)
def change_password(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Another password from now on; everybody who is signed in with the old one elsewhere is out."""
    actor, means = actor_of(desk), means_of(request)
    try:
        with desk.reading() as db:
            secrets, about = queries.secrets_of(db, actor.account_id), names_here(db, actor.name, actor.handle)
        if secrets.password_hash is not None:
            _prove_password(request, actor, form)
        elif not actor.has_fresh_proof(desk.now):
            raise ProofNeeded
        kept = means.kept(form.raw("password"), alone=not secrets.account.has_code, about=about)
    except (Faulty, NotProven) as refused:
        return _account_page(request, desk, refused=_in_field(refused, "current"))

    def change(db: Db) -> None:
        proving.keep_password(db, actor.account_id, kept)
        signing_in.close_all(db, actor.account_id, now=desk.now, but=actor.login_id)

    desk.database.run(change)
    return RedirectResponse("/account?done=password", 303)


@router.get("/account/codes")
def ask_for_codes(request: Request, desk: AtDesk) -> HTMLResponse:
    """The picture that gives a telephone its seed."""
    actor = actor_of(desk)
    _refuse_stale(actor, desk)
    return show("codes.html", page="account", offered=offered(means_of(request), actor.handle), faults=faults_of(None))


@router.post("/account/codes", response_model=None)
def set_up_codes(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Ask for one-time codes from now on. The recovery codes are shown this once."""
    actor, means = actor_of(desk), means_of(request)
    _refuse_stale(actor, desk)
    seed = seed_typed(means, form)
    try:
        codes = desk.database.run(lambda db: proving.set_up_codes(db, means, actor.account_id, seed, form["code"], now=desk.now))
    except Faulty as refused:
        again = offered(means, actor.handle, seed)
        return show("codes.html", page="account", status=422, offered=again, faults=faults_of(refused))
    return show("recovery_codes.html", page="account", codes=codes, onward="/account")


@router.post("/account/codes/remove", response_model=None)
def drop_codes(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Ask for no codes any more, if the password is long enough to stand alone."""
    actor = actor_of(desk)
    try:
        with desk.reading() as db:
            secrets, about = queries.secrets_of(db, actor.account_id), names_here(db, actor.name, actor.handle)
        if secrets.password_hash is None:
            _refuse_stale(actor, desk)
        else:
            _prove_password(request, actor, form)
            check_password(form.raw("current"), alone=True, about=about)
    except (Faulty, NotProven) as refused:
        return _account_page(request, desk, refused=_in_field(refused, "codes"))
    desk.database.run(lambda db: proving.drop_codes(db, actor.account_id))
    return RedirectResponse("/account?done=codes-off", 303)


@router.post("/account/recovery-codes", response_model=None)
def renew_recovery_codes(request: Request, desk: AtDesk) -> Response:
    """Ten new recovery codes, shown this once."""
    actor = actor_of(desk)
    _refuse_stale(actor, desk)
    codes = desk.database.run(lambda db: proving.new_recovery_codes(db, means_of(request), actor.account_id))
    return show("recovery_codes.html", page="account", codes=codes, onward="/account")


@router.post("/account/sign-ins/{login}/end")
def end_sign_in(login: Key, desk: AtDesk) -> RedirectResponse:
    """End one of one's own sign-ins; sent twice, it is ended all the same."""
    actor = actor_of(desk)

    def end(db: Db) -> None:
        for known in queries.logins(db, actor.account_id, now=desk.now):
            if known.public_id == login:
                signing_in.close_login(db, known.id, now=desk.now)

    desk.database.run(end)
    return RedirectResponse("/account?done=ended", 303)


def _refuse_stale(actor: Actor, desk: Desk) -> None:
    if not actor.has_fresh_proof(desk.now):
        raise ProofNeeded


def _prove_password(request: Request, actor: Actor, form: Typed) -> None:
    """Raises `NotProven` unless the present password was typed. A code does not do: it may be the telephone that was taken."""
    knock = knock_of(request, actor)
    if form.raw("current").replace(" ", "").isdigit():
        raise NotProven
    knocking.prove(office_of(request).database, means_of(request), actor, form.raw("current"), knock.author, unlocking=False)


def _in_field(refused: DomainError, field: str) -> DomainError:
    return refused if isinstance(refused, Faulty) else Faulty(field, refused.message)


def _account_page(request: Request, desk: Desk, *, done: str = "", refused: DomainError | None = None) -> HTMLResponse:
    actor = actor_of(desk)
    with office_of(request).database.reading() as db:
        account = queries.account(db, actor.account_id)
        sites = {known.id: known.site for known in rooms_queries.sites(db)}
        logins = queries.logins(db, actor.account_id, now=desk.now)
        left = queries.recovery_codes_left(db, actor.account_id)
        broken = breaking_glass.running(db, actor, now=desk.now)
        time = SiteTime(sites[min(actor.roles)].timezone if actor.roles else "UTC")
        passkeys = listed(db, actor.account_id, means_of(request).address, time)
        service_linked = queries.linked_subject(db, actor.account_id) is not None
    return show(
        "my_account.html",
        page="account",
        status=status_of(refused),
        account=account,
        roles=[(sites[site].name, ", ".join(role.words for role in sorted(held))) for site, held in sorted(actor.roles.items())],
        logins=[_login_shown(each, actor, time) for each in logins],
        codes_left=left,
        is_fresh=actor.has_fresh_proof(desk.now),
        broken=[(sites[each.site_id].name, time.local(each.ends_at)) for each in broken],
        faults=faults_of(refused),
        done=done,
        passkeys=passkeys,
        service=service_offered(request),
        service_linked=service_linked,
    )


def _login_shown(login: KnownLogin, actor: Actor, time: SiteTime) -> dict[str, object]:
    return {
        "id": login.public_id,
        "label": login.label,
        "source": login.source,
        "device": login.device,
        "by": STRENGTHS[login.strength],
        "opened_at": time.local(login.opened_at),
        "acted_at": time.local(login.acted_at),
        "is_this": login.id == actor.login_id,
    }
