"""Who works here and what they may do, for administrators. Roles are given up to one's own ceiling, and never to oneself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from courses.errors import check_version
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import Unknown
from scheduler import admitting, queries
from scheduler.access.actor import Actor
from scheduler.access.refusals import SignInNeeded
from scheduler.access.role import Role
from scheduler.admitting import Link, Named
from scheduler.api.fields import LINE, Key, Shape
from scheduler.api.problems import WITH_BODY, changes, problems
from scheduler.api.sign_in import Handle, RolesShown
from scheduler.dependencies import AtDesk, Changing, Desk, shown
from scheduler.proving import Means
from scheduler.queries import KnownAccount

router = APIRouter(prefix="/people", tags=["people"])


class RolesGiven(Shape):
    """All that somebody may do at a site from now on; nothing, if there is no role."""

    site: Key
    roles: list[Role] = Field(max_length=len(Role))


class Invited(Shape):
    """Somebody to invite."""

    handle: Handle
    given_name: str = Field(min_length=1, max_length=100, pattern=LINE)
    family_name: str = Field(min_length=1, max_length=100, pattern=LINE)
    roles: list[RolesGiven] = Field(min_length=1, max_length=100)


class PersonChanged(Shape):
    """What is to be different; what is not named stays. Roles at sites that are not named stay."""

    handle: Handle | None = None
    given_name: str | None = Field(None, min_length=1, max_length=100, pattern=LINE)
    family_name: str | None = Field(None, min_length=1, max_length=100, pattern=LINE)
    roles: list[RolesGiven] = Field(default_factory=list, max_length=100)


class WantedLink(Shape):
    """What the link is to do besides."""

    clears_code: bool = Field(False, description="Whether the telephone is lost too, so that codes are set up anew.")


class PersonShown(Shape):
    """Somebody who works at a site that one administers."""

    id: str
    handle: str
    given_name: str
    family_name: str
    status: str = Field(description="`invited`, `active` or `disabled`.")
    roles: list[RolesShown]
    one_time_codes: bool
    last_used_at: datetime | None
    version: int


class People(Shape):
    """By name."""

    people: list[PersonShown]


class LinkShown(Shape):
    """A link to hand over. It is told this once, and serves once."""

    person: str
    link: str
    ends_at: datetime


@router.get("", response_model=People, responses=problems(), summary="Who works here")
def list_people(desk: AtDesk) -> Response:
    """Everybody with a role at a site that one administers."""
    actor = _actor(desk)
    with desk.reading() as db:
        people = [_shown(db, actor, account) for account in queries.accounts(db, sorted(admitting.manages(actor)))]
    return shown(People(people=people))


@router.post("", status_code=201, response_model=LinkShown, responses=problems(404, *WITH_BODY), summary="Invite somebody")
def invite(request: Request, wanted: Invited, desk: AtDesk) -> Response:
    """Make an account that waits for them, and the link by which they take it. A name that is taken is refused."""
    actor, means = _actor(desk), _means(request)
    named = Named(wanted.handle, wanted.given_name, wanted.family_name)
    account, link = desk.database.run(lambda db: admitting.invite(db, means, actor, named, _roles(wanted.roles), now=desk.now))
    return _link_shown(account, link)


@router.get("/{person}", response_model=PersonShown, responses=problems(404), summary="One person")
def show_person(person: Key, desk: AtDesk) -> Response:
    """Somebody with a role at a site that one administers."""
    actor = _actor(desk)
    with desk.reading() as db:
        return shown(_shown(db, actor, _seen(db, actor, person)))


@router.patch("/{person}", response_model=PersonShown, responses=changes(404, etag=True), summary="Change a person's name or roles")
def change_person(person: Key, wanted: PersonChanged, change: Changing) -> Response:
    """One's own roles are refused, and roles at sites that one does not administer."""
    actor = _actor(change.desk)

    def work(db: Db) -> PersonShown:
        account = _seen(db, actor, person)
        check_version("person", change.version, account.version)
        if wanted.roles:
            admitting.change_roles(db, actor, person, _roles(wanted.roles), now=change.now)
        if wanted.handle or wanted.given_name or wanted.family_name:
            new = Named(wanted.handle or account.handle, wanted.given_name or account.given_name, wanted.family_name or account.family_name)
            admitting.rename(db, actor, person, new)
        return _shown(db, actor, queries.account(db, account.id))

    return change.answer(wanted, work)


@router.post("/{person}/disable", status_code=204, responses=problems(404, 409), summary="Disable somebody")
def disable(person: Key, desk: AtDesk) -> Response:
    """Every sign-in and every link of theirs ends at once."""
    return _done(desk, lambda db: admitting.disable(db, _actor(desk), person, now=desk.now))


@router.post("/{person}/enable", status_code=204, responses=problems(404, 409), summary="Let somebody in again")
def enable(person: Key, desk: AtDesk) -> Response:
    """With the password that they had."""
    return _done(desk, lambda db: admitting.enable(db, _actor(desk), person))


@router.post("/{person}/end-sign-ins", status_code=204, responses=problems(404, 409), summary="Sign somebody out everywhere")
def end_sign_ins(person: Key, desk: AtDesk) -> Response:
    """They may sign in anew."""
    return _done(desk, lambda db: admitting.end_sign_ins(db, _actor(desk), person, now=desk.now))


@router.post(
    "/{person}/link", status_code=201, response_model=LinkShown, responses=problems(404, 409, *WITH_BODY), summary="Make a new link"
)
def make_link(request: Request, person: Key, wanted: WantedLink, desk: AtDesk) -> Response:
    """To join, for somebody who has not come yet; otherwise to choose a new password. Older links serve no more."""
    actor, means = _actor(desk), _means(request)

    def make(db: Db) -> tuple[KnownAccount, Link]:
        account = _seen(db, actor, person)
        if account.status == "invited":
            return account, admitting.invite_again(db, means, actor, person, now=desk.now)
        return account, admitting.reset_link(db, means, actor, person, clears_code=wanted.clears_code, now=desk.now)

    return _link_shown(*desk.database.run(make))


def _done(desk: Desk, work: Callable[[Db], None]) -> Response:
    desk.database.run(work)
    return Response(status_code=204)


def _link_shown(account: KnownAccount, link: Link) -> Response:
    return shown(LinkShown(person=account.public_id, link=link.address, ends_at=link.ends_at), status=201)


def _roles(given: list[RolesGiven]) -> dict[str, frozenset[Role]]:
    return {each.site: frozenset(each.roles) for each in given}


def _seen(db: Db, actor: Actor, person: str) -> KnownAccount:
    """Somebody, as if not there unless they work at a site of the actor's, or nowhere."""
    account = queries.account(db, person)
    held = queries.roles_of(db, [account.id])[account.id]
    if held and admitting.manages(actor).isdisjoint(held):
        raise Unknown("person", person)
    return account


def _shown(db: Db, actor: Actor, account: KnownAccount) -> PersonShown:
    held, managed = queries.roles_of(db, [account.id])[account.id], admitting.manages(actor)
    sites = [known for known in rooms_queries.sites(db) if known.id in managed and known.id in held]
    return PersonShown(
        id=account.public_id,
        handle=account.handle,
        given_name=account.given_name,
        family_name=account.family_name,
        status=account.status,
        roles=[RolesShown(site=known.public_id, roles=sorted(held[known.id])) for known in sites],
        one_time_codes=account.has_code,
        last_used_at=queries.last_acted(db, [account.id]).get(account.id),
        version=account.version,
    )


def _means(request: Request) -> Means:
    means: Means = request.app.state.means
    return means


def _actor(desk: Desk) -> Actor:
    if desk.actor is None:
        raise SignInNeeded
    return desk.actor
