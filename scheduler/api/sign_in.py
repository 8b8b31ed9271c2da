"""Signing in and out for programs, who one is, and proofs that are asked for once more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from rooms import queries as rooms_queries
from scheduler import guarding, knocking, queries
from scheduler.access.actor import Actor
from scheduler.access.not_proven import CODE_NOT_PROVEN, NotProven
from scheduler.access.refusals import SecondRefused, SignInNeeded
from scheduler.access.role import Role
from scheduler.api.fields import LINE, Shape
from scheduler.api.problems import WITH_BODY, problems
from scheduler.dependencies import AtDesk, Desk, office_of, operation_of, shown
from scheduler.entering import author_of
from scheduler.knocking import CodeOwed, Knock
from scheduler.proving import Means

router = APIRouter(tags=["signing in"])

Password = Annotated[str, Field(min_length=1, max_length=1000)]
Handle = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE, examples=["nora.blackwood"])]
Code = Annotated[str, Field(max_length=100, description="The code of this half minute, or a recovery code, where they are set up.")]


class SignIn(Shape):
    """Name, password, and the code where one-time codes are set up."""

    handle: Handle
    password: Password
    code: Code = ""


class SignedIn(Shape):
    """A sign-in. `token` goes into the header `Authorization: Bearer ...`; it is told this once."""

    token: str
    ends_at: datetime


class Proof(Shape):
    """The password, or a code."""

    proof: Password


class Approval(Shape):
    """A second person's proof, for one operation of the one who is signed in."""

    operation: str = Field(
        min_length=3, max_length=200, examples=["POST /api/v1/sites"], description="Method and address as the permission table names them."
    )
    handle: Handle
    password: Password
    code: Code = ""


class Approved(Shape):
    """What goes into the header Chairtime-Approval, once, within a few minutes."""

    approval: str


class RolesShown(Shape):
    """What somebody may do at a site."""

    site: str
    roles: list[Role]


class Me(Shape):
    """Whoever is signed in."""

    id: str
    handle: str
    name: str
    roles: list[RolesShown]
    strength: str
    proven_at: datetime


@router.post("/sign-in", response_model=SignedIn, responses=problems(429, *WITH_BODY), summary="Sign in")
def sign_in(request: Request, given: SignIn) -> Response:
    """For programs. It ends after twelve hours, and locks when nothing was done for a while, as a person's does."""
    database, means, knock = office_of(request).database, _means(request), _knock(request, None)
    proven = knocking.give_password(database, means, given.handle, given.password, knock)
    if isinstance(proven, CodeOwed):
        if not given.code:
            raise NotProven(CODE_NOT_PROVEN)
        proven = knocking.give_code(database, means, proven.token, given.code, knock)
    return shown(SignedIn(token=proven.opened.token, ends_at=proven.opened.login.ends_at))


@router.post("/sign-out", status_code=204, responses=problems(), summary="Sign out")
def sign_out(request: Request, desk: AtDesk) -> Response:
    """The token is worth nothing from the next request on."""
    actor = _actor(desk)
    author = _knock(request, actor).author
    office_of(request).database.run(lambda db: knocking.leave(db, actor, author, now=desk.now))
    return Response(status_code=204)


@router.get("/me", response_model=Me, responses=problems(), summary="Who one is")
def show_me(desk: AtDesk) -> Response:
    """Whoever is signed in, and what they may do at which site."""
    actor = _actor(desk)
    with desk.reading() as db:
        sites = {known.id: known.public_id for known in rooms_queries.sites(db)}
    roles = [RolesShown(site=sites[site], roles=sorted(held)) for site, held in sorted(actor.roles.items()) if site in sites]
    me = Me(id=actor.public_id, handle=actor.handle, name=actor.name, roles=roles, strength=actor.strength.value, proven_at=actor.proven_at)
    return shown(me)


@router.post("/prove", status_code=204, responses=problems(429, *WITH_BODY), summary="Prove again who one is")
def prove(request: Request, given: Proof, desk: AtDesk) -> Response:
    """For operations that ask for a fresh proof: it is good for five minutes."""
    actor = _actor(desk)
    author = _knock(request, actor).author
    knocking.prove(office_of(request).database, _means(request), actor, given.proof, author, unlocking=False)
    return Response(status_code=204)


@router.post(
    "/approvals", status_code=201, response_model=Approved, responses=problems(429, *WITH_BODY), summary="Approve as a second person"
)
def approve(request: Request, given: Approval, desk: AtDesk) -> Response:
    """Somebody else proves who they are, for one operation of the one who is signed in; that one stays signed in."""
    office, actor, means = office_of(request), _actor(desk), _means(request)
    second = knocking.vouch(office.database, means, given.handle, given.password, given.code, _knock(request, actor))
    grant = guarding.grant_of(actor, office.table, given.operation)
    with office.database.reading() as db:
        held = queries.roles_of(db, [second.id])[second.id]
    if not guarding.may_approve(grant, second.id, held):
        raise SecondRefused
    token = office.database.run(
        lambda db: guarding.approve(db, actor.account_id, second.id, given.operation, now=desk.now, new_secret=means.clock.new_secret)
    )
    return shown(Approved(approval=token), status=201)


def _means(request: Request) -> Means:
    means: Means = request.app.state.means
    return means


def _actor(desk: Desk) -> Actor:
    if desk.actor is None:
        raise SignInNeeded
    return desk.actor


def _knock(request: Request, actor: Actor | None) -> Knock:
    author = author_of(request, actor, operation_of(request, office_of(request)))
    return Knock(author, author.source, "desk", "A program")
