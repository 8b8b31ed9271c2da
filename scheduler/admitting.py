"""Who works here: inviting people, what they may do at which site, and ending their access.

Nobody gives a role at a site that they are not an administrator of, and nobody changes what they may do themselves. What touches the whole
account (its password, whether it is in use) takes an administrator of every site that the person works at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from courses.errors import checked_text
from rooms import queries as rooms_queries
from rooms.base import Db, NewId
from rooms.errors import DomainError, Faulty, Unknown
from scheduler import presenting, proving, queries, signing_in
from scheduler.access.actor import Actor
from scheduler.access.handle import checked_handle, normalized_handle
from scheduler.access.not_proven import BeyondCeiling, LinkDead, OwnRights
from scheduler.access.password import check_password
from scheduler.access.role import Role
from scheduler.access.token import digest_of
from scheduler.proving import Hasher, Means
from scheduler.queries import KnownAccount, KnownInvitation
from scheduler.records.accounts import AccountRow, ApprovalRow, BreakGlassRow, ChallengeRow, InvitationRow, MembershipRow

LINK_LIVES = timedelta(hours=72)
FIRST_RUN = "first_run"
Roles = Mapping[str, Collection[Role]]
"""Roles by the public id of the site, or its name in the clinic file."""


class NotFirst(Unknown):
    """There is an account already: the first run is over, as if its page had never been there."""

    def __init__(self) -> None:
        super().__init__("page", "first-run")


class WrongFirstCode(Faulty):
    """Whoever makes the first account must be able to read what the server says at its start."""

    def __init__(self) -> None:
        super().__init__("first_code", "it is not the one that the server said when it was last started; look there, or start it again")


class NoClinicYet(DomainError):
    """There is no site that the first administrator could be one of."""

    code = "no_clinic_yet"

    def __init__(self) -> None:
        super().__init__("There is no clinic here yet, so nobody can be its administrator. Load one first: chairtime load clinic.yaml")


@dataclass(frozen=True, slots=True)
class Named:
    """How somebody is called, and what they sign in with. Raises `Faulty`."""

    handle: str
    given_name: str
    family_name: str

    def columns(self) -> dict[str, str]:
        """As they are kept."""
        return {
            "handle": checked_handle(self.handle),
            "given_name": checked_text("given_name", self.given_name, 100),
            "family_name": checked_text("family_name", self.family_name, 100),
        }


@dataclass(frozen=True, slots=True)
class Link:
    """A link to hand over, shown this once."""

    address: str
    ends_at: datetime


def add_account(  # noqa: PLR0913  # each is a fact of the account
    db: Db,
    *,
    handle: str,
    given_name: str,
    family_name: str,
    roles: Roles,
    password: str | None,
    hasher: Hasher,
    now: datetime,
    new_id: NewId,
    resource_id: int | None = None,
) -> KnownAccount:
    """Add somebody who may sign in at once, for the command line and the demo. Raises `Unknown`, `Faulty`."""
    named = Named(handle, given_name, family_name)
    if password is not None:
        check_password(password, alone=True, about=(handle, given_name, family_name))
    kept = hasher.hash(password) if password is not None else None
    row = _new_account(db, named, "active", now=now, new_id=new_id, password_hash=kept, resource_id=resource_id)
    _give(db, row.id, _by_site(db, roles), now=now)
    return queries.known_account(row)


def first_code(db: Db, means: Means) -> str | None:
    """A new code for the first run, which makes those before it worth nothing; none if there is an account already."""
    if queries.is_anybody(db):
        return None
    db.execute(delete(ChallengeRow).where(ChallengeRow.kind == FIRST_RUN))
    now = means.clock.now()
    return signing_in.owe(db, FIRST_RUN, None, detail={}, ends_at=now + LINK_LIVES, new_secret=means.clock.new_secret)


def add_first(db: Db, named: Named, code: str, kept: str, *, now: datetime, new_id: NewId) -> KnownAccount:
    """The first administrator, of every site that is there. `code` is what `first_code` gave; `kept` what `Means.kept` gave.

    Raises `NotFirst`, `WrongFirstCode`, `NoClinicYet`, `Faulty`.
    """
    if queries.is_anybody(db):
        raise NotFirst
    sites = rooms_queries.sites(db)
    if not sites:
        raise NoClinicYet
    owed = queries.challenge(db, code, FIRST_RUN, now=now)
    if owed is None or not signing_in.settle(db, owed.id, now=now):
        raise WrongFirstCode
    row = _new_account(db, named, "active", now=now, new_id=new_id, password_hash=kept)
    _give(db, row.id, {known.id: frozenset({Role.ADMIN}) for known in sites}, now=now)
    return queries.known_account(row)


def invite(db: Db, means: Means, actor: Actor | None, named: Named, roles: Roles, *, now: datetime) -> tuple[KnownAccount, Link]:
    """Give somebody an account that waits for them, and the link by which they take it. `actor` is nobody at the command line.

    Raises `Faulty`, `BeyondCeiling`, `Unknown`.
    """
    given = _by_site(db, roles)
    if not any(given.values()):
        raise Faulty("roles", "give at least one role at one site")
    if actor is not None:
        _refuse_beyond(actor, given)
    row = _new_account(db, named, "invited", now=now, new_id=means.clock.new_id)
    _give(db, row.id, given, now=now)
    return queries.known_account(row), _link(db, means, row.id, "join", actor.account_id if actor else None, now=now)


def invite_again(db: Db, means: Means, actor: Actor, person: str, *, now: datetime) -> Link:
    """A new link for somebody who has not come yet; the old one serves no more. Raises `Unknown`, `BeyondCeiling`, `LinkDead`."""
    account = _others(db, actor, person)
    if account.status != "invited":
        raise LinkDead
    return _link(db, means, account.id, "join", actor.account_id, now=now)


def reset_link(db: Db, means: Means, actor: Actor, person: str, *, clears_code: bool, now: datetime) -> Link:
    """A link by which somebody chooses a new password; the old one serves until then.

    With `clears_code` their one-time codes are lost too, and are set up anew; their passkeys open nothing any more.
    Raises `Unknown`, `BeyondCeiling`, `OwnRights`, `LinkDead`.
    """
    account = _others(db, actor, person)
    if not account.is_active:
        raise LinkDead
    return _link(db, means, account.id, "reset", actor.account_id, now=now, clears_code=clears_code)


def follow_link(db: Db, token: str, kept: str, *, now: datetime) -> KnownInvitation:
    """Take an account by its link, or give it a new password, with what `Means.kept` gave. The link serves once.

    Whoever was signed in is no longer, and no browser is known any more. Raises `LinkDead`.
    """
    link = queries.invitation(db, token, now=now)
    if link is None:
        raise LinkDead
    row = InvitationRow
    used = db.execute(update(row).where(row.id == link.id, row.used_at.is_(None)).values(used_at=now).returning(row.id))
    if used.one_or_none() is None:
        raise LinkDead
    proving.keep_password(db, link.account.id, kept)
    if link.clears_code:
        proving.drop_codes(db, link.account.id)
        presenting.forget_all(db, link.account.id)
    db.execute(update(AccountRow).where(AccountRow.id == link.account.id, AccountRow.status == "invited").values(status="active"))
    _end_access(db, link.account.id, now=now)
    return link


def change_roles(db: Db, actor: Actor, person: str, roles: Roles, *, now: datetime) -> KnownAccount:
    """Let somebody do exactly this at these sites; sites that are not named stay. Raises `OwnRights`, `BeyondCeiling`, `Unknown`."""
    account, given = queries.account(db, person), _by_site(db, roles)
    _refuse_self(actor, account)
    _refuse_unseen(db, actor, account)
    _refuse_beyond(actor, given)
    row = MembershipRow
    db.execute(delete(row).where(row.account_id == account.id, row.site_id.in_(sorted(given))))
    _give(db, account.id, given, now=now)
    _touch(db, account.id)
    return queries.account(db, account.id)


def rename(db: Db, actor: Actor, person: str, named: Named) -> KnownAccount:
    """Call somebody something else. Raises `Faulty`, `BeyondCeiling`, `OwnRights`, `Unknown`."""
    account = _others(db, actor, person)
    _write(db, account.id, named.columns())
    return queries.account(db, account.id)


def disable(db: Db, actor: Actor, person: str, *, now: datetime) -> None:
    """End somebody's access at once: sign-ins, links, what was half done, broken glass. Raises `OwnRights`, `BeyondCeiling`, `Unknown`."""
    account = _others(db, actor, person)
    _write(db, account.id, {"status": "disabled", "disabled_at": now})
    _end_access(db, account.id, now=now)


def enable(db: Db, actor: Actor, person: str) -> None:
    """Let somebody in again, by what they had; who never had a way in needs a link. Raises as `disable`."""
    account = _others(db, actor, person)
    if account.status == "disabled":
        _write(db, account.id, {"status": _status_in_use(db, account.id), "disabled_at": None})


def end_sign_ins(db: Db, actor: Actor, person: str, *, now: datetime) -> None:
    """Sign somebody out everywhere. Raises `OwnRights`, `BeyondCeiling`, `Unknown`."""
    signing_in.close_all(db, _others(db, actor, person).id, now=now)


def set_access(db: Db, handle: str, *, in_use: bool, now: datetime) -> KnownAccount:
    """Disable or enable somebody from the command line, where the operating system says who may. Raises `Unknown`."""
    secrets = queries.secrets(db, normalized_handle(handle))
    if secrets is None:
        raise Unknown("person", handle)
    status = _status_in_use(db, secrets.account.id) if in_use else "disabled"
    _write(db, secrets.account.id, {"status": status, "disabled_at": None if in_use else now})
    if not in_use:
        _end_access(db, secrets.account.id, now=now)
    return queries.account(db, secrets.account.id)


def link_from_the_machine(db: Db, means: Means, handle: str, *, clears_code: bool, now: datetime) -> Link:
    """A link for somebody, from the command line. Raises `Unknown`, `LinkDead`."""
    secrets = queries.secrets(db, normalized_handle(handle))
    if secrets is None:
        raise Unknown("person", handle)
    if secrets.account.status == "disabled":
        raise LinkDead
    purpose = "join" if secrets.account.status == "invited" else "reset"
    return _link(db, means, secrets.account.id, purpose, None, now=now, clears_code=clears_code)


def manages(actor: Actor) -> frozenset[int]:
    """The sites that somebody is an administrator of."""
    return frozenset(site_id for site_id, held in actor.roles.items() if Role.ADMIN in held)


def _status_in_use(db: Db, account_id: int) -> str:
    """`active` for somebody who has something to sign in with; who has not waits for a link."""
    ways = (queries.secrets_of(db, account_id).password_hash, queries.passkeys(db, account_id), queries.linked_subject(db, account_id))
    return "active" if any(ways) else "invited"


def _others(db: Db, actor: Actor, person: str) -> KnownAccount:
    """Somebody else, all of whose sites the actor administers."""
    account = queries.account(db, person)
    _refuse_self(actor, account)
    _refuse_unseen(db, actor, account)
    if not manages(actor).issuperset(queries.roles_of(db, [account.id])[account.id]):
        raise BeyondCeiling
    return account


def _refuse_self(actor: Actor, account: KnownAccount) -> None:
    if account.id == actor.account_id:
        raise OwnRights


def _refuse_unseen(db: Db, actor: Actor, account: KnownAccount) -> None:
    """Whoever works at none of the actor's sites is, for them, not there."""
    sites = set(queries.roles_of(db, [account.id])[account.id])
    if sites and manages(actor).isdisjoint(sites):
        raise Unknown("person", account.public_id)


def _refuse_beyond(actor: Actor, given: Mapping[int, Collection[Role]]) -> None:
    if not manages(actor).issuperset(given):
        raise BeyondCeiling("You give roles at the sites that you are an administrator of, and at no other.")


def _by_site(db: Db, roles: Roles) -> dict[int, frozenset[Role]]:
    return {rooms_queries.site(db, site).id: frozenset(held) for site, held in roles.items()}


def _new_account(db: Db, named: Named, status: str, *, now: datetime, new_id: NewId, **columns: object) -> AccountRow:
    row = AccountRow(public_id=new_id("a_"), status=status, version=1, created_at=now, **named.columns(), **columns)
    if queries.secrets(db, row.handle) is not None:
        raise _taken(row.handle)
    db.add(row)
    db.flush()
    return row


def _taken(handle: str) -> Faulty:
    return Faulty("handle", f"{handle} is taken; choose another name to sign in with")


def _give(db: Db, account_id: int, roles: Mapping[int, Collection[Role]], *, now: datetime) -> None:
    db.add_all(
        MembershipRow(account_id=account_id, site_id=site_id, role=role.value, since=now)
        for site_id, held in sorted(roles.items())
        for role in sorted(held)
    )
    db.flush()


def _link(  # noqa: PLR0913  # each is a fact of the link
    db: Db, means: Means, account_id: int, purpose: str, invited_by: int | None, *, now: datetime, clears_code: bool = False
) -> Link:
    token = means.clock.new_secret()
    _kill_links(db, account_id, now)
    db.add(
        InvitationRow(
            account_id=account_id,
            digest=digest_of(token),
            purpose=purpose,
            clears_code=clears_code,
            invited_by=invited_by,
            created_at=now,
            ends_at=now + LINK_LIVES,
        )
    )
    db.flush()
    return Link(f"{means.address}/invitation/{token}", now + LINK_LIVES)


def _end_access(db: Db, account_id: int, *, now: datetime) -> None:
    signing_in.close_all(db, account_id, now=now)
    signing_in.forget_devices(db, account_id)
    _kill_links(db, account_id, now)
    owed, approval, glass = ChallengeRow, ApprovalRow, BreakGlassRow
    db.execute(update(owed).where(owed.account_id == account_id, owed.used_at.is_(None)).values(used_at=now))
    theirs = (approval.asked_by == account_id) | (approval.given_by == account_id)
    db.execute(update(approval).where(theirs, approval.used_at.is_(None)).values(used_at=now))
    db.execute(update(glass).where(glass.account_id == account_id, glass.ended_at.is_(None), glass.ends_at > now).values(ended_at=now))


def _kill_links(db: Db, account_id: int, now: datetime) -> None:
    row = InvitationRow
    db.execute(update(row).where(row.account_id == account_id, row.used_at.is_(None)).values(used_at=now))


def _touch(db: Db, account_id: int) -> None:
    _write(db, account_id, {})


def _write(db: Db, account_id: int, columns: Mapping[str, object]) -> None:
    row = AccountRow
    handle = str(columns.get("handle", ""))
    try:
        db.execute(update(row).where(row.id == account_id).values(**columns, version=row.version + 1))
    except IntegrityError:
        raise _taken(handle) from None


def give_roles_at(db: Db, account_id: int, site_id: int, roles: Collection[Role], *, now: datetime) -> None:
    """Give somebody roles at a site, besides those that they have there: to whoever added the site."""
    held = queries.roles_at(db, account_id, site_id)
    db.add_all(MembershipRow(account_id=account_id, site_id=site_id, role=role.value, since=now) for role in sorted(set(roles) - held))
    db.flush()
