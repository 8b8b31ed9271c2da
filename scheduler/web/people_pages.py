"""People: who works here, what they may do, and the links that let them in; for administrators. And breaking the glass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from rooms.queries import KnownSite
from scheduler import admitting, breaking_glass, queries
from scheduler.access.actor import Actor
from scheduler.access.role import Role
from scheduler.admitting import Link, Named
from scheduler.dependencies import AtDesk, Desk
from scheduler.queries import Broken, KnownAccount
from scheduler.web.doors import actor_of, means_of
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of

router = APIRouter()

SAID = {
    "roles": "The roles are saved, and hold from the next page on.",
    "name": "The name is saved.",
    "disable": "The account is disabled: every sign-in and every link of it has ended.",
    "enable": "The account is in use again.",
    "end-sign-ins": "They are signed out everywhere.",
}
NAMES = ("handle", "given_name", "family_name")


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list."""

    account: KnownAccount
    roles: list[tuple[str, str]]
    second: str
    acted_at: datetime | None


@router.get("/people")
def show_people(request: Request, desk: AtDesk) -> HTMLResponse:
    """Everybody who works at a site that one administers."""
    return _list_page(request, desk)


@router.post("/people", response_model=None)
def invite(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Invite somebody; the link to hand over is shown this once."""
    actor, means = actor_of(desk), means_of(request)
    named = Named(form["handle"], form["given_name"], form["family_name"])
    try:
        roles = _roles_typed(form)
        account, link = desk.database.run(lambda db: admitting.invite(db, means, actor, named, roles, now=desk.now))
    except Unknown:
        raise
    except DomainError as refused:
        return _list_page(request, desk, form=form, refused=refused)
    return _link_page(request, desk, account, link)


@router.get("/people/{person}")
def show_person(request: Request, person: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One person: their roles at each site, and what can be done about their account."""
    return _page(request, desk, person, done=SAID.get(done, ""))


@router.post("/people/{person}/roles", response_model=None)
def change_roles(request: Request, person: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Let somebody do exactly what is ticked."""
    actor = actor_of(desk)

    def change(db: Db) -> None:
        ticked = _roles_typed(form)
        shown = {site.public_id: ticked.get(site.public_id, frozenset()) for site in _managed(db, actor)}
        admitting.change_roles(db, actor, person, {**ticked, **shown}, now=desk.now)

    return _changed(request, desk, person, "roles", change)


@router.post("/people/{person}/name", response_model=None)
def rename(request: Request, person: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Call somebody something else."""
    named = Named(form["handle"], form["given_name"], form["family_name"])
    return _changed(request, desk, person, "name", lambda db: admitting.rename(db, actor_of(desk), person, named))


@router.post("/people/{person}/disable", response_model=None)
def disable(request: Request, person: Key, desk: AtDesk) -> Response:
    """End somebody's access at once."""
    return _changed(request, desk, person, "disable", lambda db: admitting.disable(db, actor_of(desk), person, now=desk.now))


@router.post("/people/{person}/enable", response_model=None)
def enable(request: Request, person: Key, desk: AtDesk) -> Response:
    """Let somebody in again."""
    return _changed(request, desk, person, "enable", lambda db: admitting.enable(db, actor_of(desk), person))


@router.post("/people/{person}/end-sign-ins", response_model=None)
def end_sign_ins(request: Request, person: Key, desk: AtDesk) -> Response:
    """Sign somebody out everywhere."""
    return _changed(request, desk, person, "end-sign-ins", lambda db: admitting.end_sign_ins(db, actor_of(desk), person, now=desk.now))


@router.post("/people/{person}/link", response_model=None)
def make_link(request: Request, person: Key, form: AsTyped, desk: AtDesk) -> Response:
    """A new link for somebody: to join if they have not come yet, otherwise to choose a new password. It is shown this once."""
    actor, means = actor_of(desk), means_of(request)

    def make(db: Db) -> tuple[KnownAccount, Link]:
        account = queries.account(db, person)
        if account.status == "invited":
            return account, admitting.invite_again(db, means, actor, person, now=desk.now)
        return account, admitting.reset_link(db, means, actor, person, clears_code="clears_code" in form, now=desk.now)

    try:
        account, link = desk.database.run(make)
    except Unknown:
        raise
    except DomainError as refused:
        return _page(request, desk, person, refused=refused)
    return _link_page(request, desk, account, link)


@router.get("/glass")
def show_glass(request: Request, desk: AtDesk) -> HTMLResponse:
    """Where the glass is broken; for those who may break it, and for those who must know."""
    return _glass_page(request, desk)


@router.post("/glass", response_model=None)
def break_glass(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """See the whole site for an hour."""
    actor = actor_of(desk)
    try:
        desk.database.run(lambda db: breaking_glass.begin(db, actor, form["site"], form["reason"], now=desk.now, new_id=desk.new_id))
    except Faulty as refused:
        return _glass_page(request, desk, form=form, refused=refused)
    return RedirectResponse("/", 303)


@router.post("/glass/end")
def end_glass(desk: AtDesk) -> RedirectResponse:
    """See no more than before."""
    desk.database.run(lambda db: breaking_glass.end(db, actor_of(desk), now=desk.now))
    return RedirectResponse("/", 303)


@router.post("/glass/{glass}/seen")
def mark_seen(glass: Key, desk: AtDesk) -> RedirectResponse:
    """Say that one has seen who broke the glass, and why."""
    desk.database.run(lambda db: breaking_glass.mark_seen(db, actor_of(desk), glass))
    return RedirectResponse("/glass", 303)


def _changed(request: Request, desk: Desk, person: str, what: str, change: Callable[[Db], object]) -> Response:
    try:
        desk.database.run(change)
    except Unknown:
        raise
    except DomainError as refused:
        return _page(request, desk, person, refused=refused)
    return RedirectResponse(f"/people/{person}?done={what}", 303)


def _roles_typed(form: Typed) -> dict[str, frozenset[Role]]:
    """The boxes that are ticked, each named for its site and role. Raises `Faulty`."""
    ticked: dict[str, frozenset[Role]] = {}
    for each in form.all("role"):
        site, _, role = each.rpartition(":")
        if role not in set(Role):
            raise Faulty("roles", "choose among the roles that are shown")
        ticked[site] = ticked.get(site, frozenset()) | {Role(role)}
    return ticked


def _managed(db: Db, actor: Actor) -> list[KnownSite]:
    return [site for site in rooms_queries.sites(db) if site.id in admitting.manages(actor)]


def _list_page(request: Request, desk: Desk, *, form: Typed | None = None, refused: DomainError | None = None) -> HTMLResponse:
    actor, typed = actor_of(desk), form or Typed("", ())
    with desk.reading() as db:
        frame, managed = framed(request, db), _managed(db, actor)
        accounts = queries.accounts(db, sorted(admitting.manages(actor)))
        lines = _lines(db, frame, accounts, managed)
        untold = breaking_glass.untold(db, actor, now=desk.now)
    return show(
        "people.html",
        frame,
        page="people",
        status=status_of(refused),
        lines=lines,
        untold=len(untold),
        sites=managed,
        all_roles=list(Role),
        ticked=set(typed.all("role")),
        asked=typed.values(*NAMES),
        faults=faults_of(refused),
        refused=refused if refused and not isinstance(refused, Faulty) else None,
        is_adding=form is not None,
        is_fresh=actor.has_fresh_proof(desk.now),
    )


def _lines(db: Db, frame: Frame, accounts: tuple[KnownAccount, ...], managed: list[KnownSite]) -> list[Line]:
    ids = [account.id for account in accounts]
    roles, acted, keys = queries.roles_of(db, ids), queries.last_acted(db, ids), queries.passkeys_of(db, ids)

    def at(account: KnownAccount) -> list[tuple[str, str]]:
        held = roles[account.id]
        return [(site.site.name, ", ".join(role.words for role in sorted(held[site.id]))) for site in managed if held.get(site.id)]

    def second(account: KnownAccount) -> str:
        return " and ".join(part for part, has in (("codes", account.has_code), ("passkey", account.id in keys)) if has)

    def when(account: KnownAccount) -> datetime | None:
        return frame.time.local(acted[account.id]) if account.id in acted else None

    return [Line(account, at(account), second(account), when(account)) for account in accounts]


def _page(request: Request, desk: Desk, person: str, *, done: str = "", refused: DomainError | None = None) -> HTMLResponse:
    actor = actor_of(desk)
    with desk.reading() as db:
        frame, managed = framed(request, db), _managed(db, actor)
        account = queries.account(db, person)
        held = queries.roles_of(db, [account.id])[account.id]
        if held and admitting.manages(actor).isdisjoint(held):
            raise Unknown("person", person)
        line = _lines(db, frame, (account,), managed)[0]
        signed_in = len(queries.logins(db, account.id, now=desk.now))
    return show(
        "person.html",
        frame,
        page="people",
        status=status_of(refused),
        line=line,
        account=account,
        signed_in=signed_in,
        sites=managed,
        all_roles=list(Role),
        ticked={f"{site.public_id}:{role}" for site in managed for role in held.get(site.id, ())},
        is_self=account.id == actor.account_id,
        is_elsewhere=not admitting.manages(actor).issuperset(held),
        is_fresh=actor.has_fresh_proof(desk.now),
        faults=faults_of(refused),
        refused=refused if refused and not isinstance(refused, Faulty) else None,
        done=done,
    )


def _link_page(request: Request, desk: Desk, account: KnownAccount, link: Link) -> HTMLResponse:
    with desk.reading() as db:
        frame = framed(request, db)
    return show("link.html", frame, page="people", account=account, link=link.address, ends_at=frame.time.local(link.ends_at))


def _glass_page(request: Request, desk: Desk, *, form: Typed | None = None, refused: DomainError | None = None) -> HTMLResponse:
    actor, typed = actor_of(desk), form or Typed("", ())
    with desk.reading() as db:
        frame, sites = framed(request, db), rooms_queries.sites(db)
        running = breaking_glass.running(db, actor, now=desk.now)
        told = breaking_glass.told(db, actor, now=desk.now)
    names = {site.id: site.site.name for site in sites}
    return show(
        "glass.html",
        frame,
        page="glass",
        status=status_of(refused),
        sites=[site for site in sites if breaking_glass.MAY_BREAK & actor.roles.get(site.id, frozenset())],
        running=[(names[each.site_id], frame.time.local(each.ends_at)) for each in running],
        told=[_told(each, names, frame, actor) for each in told],
        asked=typed.values("site", "reason"),
        faults=faults_of(refused),
    )


def _told(broken: Broken, names: dict[int, str], frame: Frame, actor: Actor) -> dict[str, object]:
    return {
        "id": broken.public_id,
        "who": broken.account.name,
        "site": names[broken.site_id],
        "reason": broken.reason,
        "begins_at": frame.time.local(broken.begins_at),
        "ends_at": frame.time.local(broken.ended_at or broken.ends_at),
        "is_seen": actor.account_id in broken.seen_by,
    }
