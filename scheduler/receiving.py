"""Receiving whoever comes by a passkey or by way of the clinic's own sign-in service: letting them in, or on where they were.

Each ceremony ends in one transaction, and the trail is told of it whether it ends well or not; what is wrong is raised after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from rooms.base import Db
from rooms.errors import DomainError
from scheduler import auditing, delegating, knocking, presenting, queries, signing_in, throttling
from scheduler.access.actor import Actor, Strength
from scheduler.access.delegation import NotLinked, Purpose, ServiceAway, Unproven
from scheduler.access.not_proven import LinkDead, TryLater
from scheduler.access.refusals import SignInNeeded
from scheduler.access.relying_party import RelyingParty
from scheduler.access.throttle import BY_SOURCE
from scheduler.database import Database
from scheduler.delegating import CameBack, Errand, SetOut
from scheduler.knocking import Admitted, Knock
from scheduler.presenting import PasskeyRefused
from scheduler.proving import Means
from scheduler.queries import KnownAccount
from scheduler.records.accounts import AccountRow, InvitationRow
from scheduler.sign_in_service import SignInService

UNLOCK, PROVE, SIGN_IN, LINK = "unlock", "step_up", "sign_in", "service_link"
"""As the trail calls them."""


class SomebodyElse(DomainError):
    """Somebody proved who they are, and it is not the one who is signed in here."""

    code = "somebody_else"

    def __init__(self) -> None:
        super().__init__("That is not the person who is signed in here. Sign out first, or let them prove it themselves.")


@dataclass(frozen=True, slots=True)
class Stays:
    """Whoever was signed in here goes on, with a fresh proof."""

    account: KnownAccount


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the service sent along with somebody, and what their browser kept from the way there."""

    state: str
    code: str
    named: str
    refused: str
    browser: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands there, and whoever is signed in at their browser."""

    knock: Knock
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose account somebody has shown to be theirs, and how."""

    account: KnownAccount
    strength: Strength


Received = Admitted | Stays


def by_passkey(
    database: Database, means: Means, party: RelyingParty, answer: Mapping[str, object], caller: Caller, *, wanted: str
) -> Received:
    """Receive whoever shows a passkey. `wanted` is `UNLOCK`, `PROVE` or `SIGN_IN`.

    Raises `PasskeyRefused`, and `SomebodyElse` where a fresh proof of the one who is signed in was asked for.
    """
    now = means.clock.now()

    def receive(db: Db) -> Received | DomainError:
        found = presenting.shown(db, party, answer, now=now)
        if isinstance(found, PasskeyRefused):
            _tell(db, caller, wanted, now, about=found.account, denied=found.reason)
            return found
        return _received(db, means, Proven(found.account, Strength.PASSKEY), caller, wanted=wanted)

    received = database.run(receive)
    if isinstance(received, DomainError):
        raise received
    return received


def send(
    database: Database, means: Means, purpose: Purpose, *, actor: Actor | None = None, invitation: str = "", onward: str = ""
) -> SetOut:
    """Somebody sets out for the sign-in service. `invitation` is the token of their link, to join by it. Raises `LinkDead`."""
    now, new_secret = means.clock.now(), means.clock.new_secret

    def begin(db: Db) -> SetOut:
        link = queries.invitation(db, invitation, now=now) if purpose == Purpose.JOIN else None
        if purpose == Purpose.JOIN and (link is None or link.purpose != "join"):
            raise LinkDead
        account_id = link.account.id if link else actor.account_id if actor else None
        errand = Errand(purpose, account_id, link.id if link else 0, onward)
        return delegating.set_out(db, errand, now=now, new_secret=new_secret)

    return database.run(begin)


def by_service(database: Database, means: Means, service: SignInService, back: WayBack, caller: Caller) -> tuple[Received, str]:
    """Receive whoever comes back from the sign-in service, and tell where they go on to.

    Raises `Unproven`, `ServiceAway`, `NotLinked`, `LinkedElsewhere`, `LinkDead`, `SomebodyElse`, `SignInNeeded`.
    """
    now, label = means.clock.now(), service.service.label
    came = _begun(database, back, caller, label=label, now=now)
    errand, wanted = came.errand, WANTED[came.errand.purpose]
    subject = _proven(database, service, back, caller, came, now=now)

    def receive(db: Db) -> Received | DomainError:
        try:
            with db.begin_nested():
                account = _known_there(db, errand, subject, caller, label=label, now=now)
        except DomainError as refused:
            _tell(db, caller, wanted, now, denied=refused.code)
            return refused
        if errand.purpose == Purpose.LINK:
            _tell(db, caller, LINK, now, about=account)
            return Stays(account)
        return _received(db, means, Proven(account, Strength.SERVICE), caller, wanted=wanted)

    received = database.run(receive)
    if isinstance(received, DomainError):
        raise received
    return received, errand.onward


def _begun(database: Database, back: WayBack, caller: Caller, *, label: str, now: datetime) -> CameBack:
    """The trip that ends here. Raises `Unproven`."""

    def end(db: Db) -> CameBack | Unproven:
        came = delegating.come_back(db, back.state, back.browser, label=label, now=now)
        if isinstance(came, Unproven):
            _tell(db, caller, SIGN_IN, now, denied=came.reason)
        return came

    came = database.run(end)
    if isinstance(came, Unproven):
        raise came
    return came


def _proven(database: Database, service: SignInService, back: WayBack, caller: Caller, came: CameBack, *, now: datetime) -> str:
    """Who the service says it is. It is asked with no transaction open. Raises `Unproven`, `ServiceAway`."""
    try:
        if back.refused:
            raise Unproven(service.service.label, f"the service said {back.refused[:50]}")
        return service.who(back.code, came.trip, named=back.named, now=now)
    except (Unproven, ServiceAway) as fault:
        reason = fault.reason if isinstance(fault, Unproven) else "the service does not answer"
        database.run(lambda db: _tell(db, caller, WANTED[came.errand.purpose], now, denied=reason))
        raise


def _known_there(db: Db, errand: Errand, subject: str, caller: Caller, *, label: str, now: datetime) -> KnownAccount:
    """Whose account somebody of the service opens; from now on, if they came to connect it. Raises as `by_service`."""
    purpose, actor = errand.purpose, caller.actor
    if purpose in {Purpose.LINK, Purpose.PROVE}:
        if actor is None or (actor.locked and purpose == Purpose.LINK):
            raise SignInNeeded
        if actor.account_id != errand.account_id:
            raise SomebodyElse
    if purpose == Purpose.JOIN:
        _join(db, errand, now)
    if purpose in {Purpose.JOIN, Purpose.LINK} and errand.account_id is not None:
        delegating.link(db, errand.account_id, subject, label=label)
    account = delegating.linked(db, subject, label=label)
    if isinstance(account, NotLinked):
        raise account
    return account


def _join(db: Db, errand: Errand, now: datetime) -> None:
    """Use up the invitation by which somebody set out, and let its account be in use. Raises `LinkDead`."""
    link, account = InvitationRow, AccountRow
    living = update(link).where(
        link.id == errand.invitation, link.account_id == errand.account_id, link.used_at.is_(None), link.ends_at > now
    )
    if db.execute(living.values(used_at=now).returning(link.id)).one_or_none() is None:
        raise LinkDead
    waiting = update(account).where(account.id == errand.account_id, account.status == "invited")
    if db.execute(waiting.values(status="active", version=account.version + 1).returning(account.id)).one_or_none() is None:
        raise LinkDead


def _received(db: Db, means: Means, proven: Proven, caller: Caller, *, wanted: str) -> Received | DomainError:
    """Let somebody go on who is signed in here; let anybody else in, who takes the place of the one who was."""
    now, actor, account = means.clock.now(), caller.actor, proven.account
    if actor is None or wanted == SIGN_IN or (wanted == UNLOCK and actor.account_id != account.id):
        return knocking.let_in(db, means, account, proven.strength, caller.knock)
    if actor.account_id != account.id:
        _tell(db, caller, wanted, now, about=account, denied=SomebodyElse.code)
        return SomebodyElse()
    go_on = signing_in.unlock if actor.locked else signing_in.prove_again
    go_on(db, actor.login_id, now=now)
    _tell(db, caller, wanted, now, about=account)
    return Stays(account)


WANTED = {Purpose.SIGN_IN: SIGN_IN, Purpose.JOIN: SIGN_IN, Purpose.LINK: LINK, Purpose.PROVE: PROVE}


def _tell(db: Db, caller: Caller, action: str, now: datetime, *, about: KnownAccount | None = None, denied: str = "") -> None:
    """Tell the trail how it ended, and of whose account it was, where that is known.

    Whoever shows what is nobody's again and again is told of now and then only: a stranger must not fill the trail, nor shut out others.
    """
    if denied and about is None and not _is_told(db, caller, now):
        return
    outcome, objects = ("denied" if denied else "done"), ([("account", about.public_id)] if about else [])
    auditing.append(db, caller.knock.author, action=action, now=now, category="access", outcome=outcome, objects=objects, reason=denied)


def _is_told(db: Db, caller: Caller, now: datetime) -> bool:
    try:
        throttling.take(db, {f"shown:{caller.knock.source[:100]}": BY_SOURCE}, now=now)
    except TryLater:
        return False
    return True
