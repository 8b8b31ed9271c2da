"""My account: the password, one-time codes, passkeys, and where somebody is signed in. And the ways in for whoever is new."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler import admitting, breaking_glass, knocking, proving, queries, signing_in
from scheduler.access.actor import Actor, Strength
from scheduler.access.code import address_of
from scheduler.access.handle import normalized_handle
from scheduler.access.not_proven import LinkDead, NotProven
from scheduler.access.password import check_password
from scheduler.access.refusals import ProofNeeded
from scheduler.admitting import Named
from scheduler.dependencies import AtDesk, Desk, office_of
from scheduler.proving import Means
from scheduler.queries import KnownInvitation, KnownLogin
from scheduler.web.doors import actor_of, knock_of, means_of, service_offered, shown_in
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import show
from scheduler.web.passkey_pages import listed
from scheduler.web.refusals import faults_of, status_of

router = APIRouter()

OFFER = b"offered:"
"""What tells a seed that a page offers from everything else that is sealed."""
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


@dataclass(frozen=True, slots=True)
class Offered:
    """A seed for one-time codes that is offered and not kept yet: the picture for the telephone, its letters, and itself, sealed."""

    picture: Markup
    letters: str
    sealed: str


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
            secrets, about = queries.secrets_of(db, actor.account_id), _about(db, actor.name, actor.handle)
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
    seed = _seed(means, form)
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
            secrets, about = queries.secrets_of(db, actor.account_id), _about(db, actor.name, actor.handle)
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
        about = _about(db, form["given_name"], form["family_name"], form["handle"])
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
        about = _about(db, link.account.name, link.account.handle)
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


def offered(means: Means, handle: str, seed: str = "") -> Offered:
    """A seed to offer, the same one again after a mistake."""
    chosen = seed or means.new_seed()
    drawn = segno.make(address_of(chosen, handle), error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True)
    letters = " ".join(chosen[at : at + 4] for at in range(0, len(chosen), 4))
    return Offered(Markup(drawn), letters, means.keys.seal(OFFER + chosen.encode()).decode())  # noqa: S704  # drawn by us, of letters and digits


def _seed(means: Means, form: Typed) -> str:
    """The seed that a page offered. Raises `Faulty` for anything else that is sealed: a page must not tell what that is."""
    plain = means.keys.unseal(form["sealed"].encode("utf-8", "replace"))
    if not plain.startswith(OFFER):
        raise Faulty("sealed", "it was not offered by this page; open it again")
    return plain.removeprefix(OFFER).decode()


def _welcomed(request: Request, db: Db, form: Typed, account_id: int, *, keeps_code: bool = False) -> HTMLResponse | RedirectResponse:
    """Set up the codes if a first one was typed, sign the person in, and show them their recovery codes."""
    means = means_of(request)
    sets_up = "code" in form and not keeps_code
    codes = proving.set_up_codes(db, means, account_id, _seed(means, form), form["code"], now=means.clock.now()) if sets_up else []
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


def _about(db: Db, *names: str) -> list[str]:
    """What nobody should make a password of here."""
    return [*names, *(known.site.name for known in rooms_queries.sites(db))]


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
    seed = _seed(means, form) if "sealed" in form else ""
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
