"""Somebody stands at the door: they give their name and password, then a code, and are let in or not.

A guess is counted in one transaction, looked at in none (that takes a quarter of a second, in which nobody else must wait), and the door
opened in another. What is wrong with a guess is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rooms.base import Db
from scheduler import auditing, proving, queries, signing_in, throttling
from scheduler.access.actor import Actor, Strength
from scheduler.access.author import Author, AuthorKind
from scheduler.access.handle import normalized_handle
from scheduler.access.not_proven import CODE_NOT_PROVEN, NotProven, TryLater
from scheduler.access.password import WITH_SECOND_FACTOR
from scheduler.access.throttle import BY_CODE, BY_DEVICE, BY_LOGIN, BY_NAME, BY_SOURCE, Budget
from scheduler.access.token import digest_of
from scheduler.database import Database
from scheduler.proving import Means
from scheduler.queries import KnownAccount, Secrets
from scheduler.signing_in import DEVICE_KNOWN, OpenedLogin

CODE_OWED = timedelta(minutes=5)
CODE = "code"
"""The kind of what is half done: the password was given, the code is owed."""


@dataclass(frozen=True, slots=True)
class Knock:
    """Who stands there: from where, by which device and browser, and the token by which that browser is known, if it has one."""

    author: Author
    source: str
    device: str
    label: str
    known: str = ""
    replaces: int | None = None
    """The row number of the sign-in whose place theirs takes at this browser."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody was let in. `known` is the token by which their browser is known from now on."""

    opened: OpenedLogin
    account: KnownAccount
    known: str


@dataclass(frozen=True, slots=True)
class CodeOwed:
    """The password was right; the code is owed, with this token, within five minutes."""

    token: str


def give_password(database: Database, means: Means, handle: str, password: str, knock: Knock) -> Admitted | CodeOwed:
    """Name and password. Raises `NotProven`, and `TryLater` if too many were wrong: then the password is not looked at."""
    now, name = means.clock.now(), normalized_handle(handle)
    taken = database.run(lambda db: _counted(db, name, knock, now))
    secrets = taken.secrets
    kept = secrets.password_hash if secrets and secrets.account.is_active else None
    fits, anew = proving.is_password(means, password, kept)
    if not fits or secrets is None or kept is None:
        _deny(database, knock.author, secrets, now)
        raise NotProven

    def proceed(db: Db) -> Admitted | CodeOwed:
        present = queries.secrets_of(db, secrets.account.id)
        if present.password_hash != kept or not present.account.is_active:  # changed while it was looked at
            raise NotProven
        throttling.give_back(db, taken.budgets)
        if anew:
            proving.keep_anew(db, present.account.id, kept, anew)
        if present.account.has_code:
            return CodeOwed(_owed(db, means, present.account, now))
        return let_in(db, means, present.account, Strength.PASSWORD, knock)

    return database.run(proceed)


def give_code(database: Database, means: Means, token: str, code: str, knock: Knock) -> Admitted:
    """The code after the password. Raises `NotProven` and `TryLater`; a wrong one may be given again until the five minutes are over."""
    now = means.clock.now()

    def answer(db: Db) -> Admitted | TryLater | None:
        owed = queries.challenge(db, token, CODE, now=now)
        if owed is None or owed.account_id is None:
            return None
        account = queries.account(db, owed.account_id)
        key = f"code:{account.id}"
        try:
            throttling.take(db, {key: BY_CODE}, now=now, sentence=CODE_NOT_PROVEN)
        except TryLater as refused:
            return refused
        if (
            not account.is_active
            or not proving.use_code(db, means, account.id, code, now=now)
            or not signing_in.settle(db, owed.id, now=now)
        ):
            note(db, knock.author, "sign_in", now, about=account, outcome="denied")
            return None
        throttling.give_back(db, [key])
        return let_in(db, means, account, Strength.TWO_FACTORS, knock)

    admitted = database.run(answer)
    if isinstance(admitted, TryLater):
        raise admitted
    if admitted is None:
        raise NotProven(CODE_NOT_PROVEN)
    return admitted


def vouch(database: Database, means: Means, handle: str, password: str, code: str, knock: Knock) -> KnownAccount:
    """Somebody proves who they are beside the one who is signed in, to approve something; they are not signed in by it.

    Raises `NotProven`, `TryLater`.
    """
    now, name = means.clock.now(), normalized_handle(handle)
    taken = database.run(lambda db: _counted(db, name, knock, now))
    secrets = taken.secrets
    kept = secrets.password_hash if secrets and secrets.account.is_active else None
    fits, _ = proving.is_password(means, password, kept)
    if not fits or secrets is None:
        _deny(database, knock.author, secrets, now)
        raise NotProven
    if secrets.account.has_code:
        check_code(database, means, secrets.account, code, knock.author)
    database.run(lambda db: throttling.give_back(db, taken.budgets))
    return secrets.account


def check_code(database: Database, means: Means, account: KnownAccount, code: str, author: Author) -> None:
    """Use a code of somebody's up, for something that is not signing in. Raises `NotProven`, `TryLater`."""
    now, key = means.clock.now(), f"code:{account.id}"

    def use(db: Db) -> bool:
        if proving.use_code(db, means, account.id, code, now=now):
            throttling.give_back(db, [key])
            return True
        note(db, author, "code", now, about=account, outcome="denied")
        return False

    database.run(lambda db: throttling.take(db, {key: BY_CODE}, now=now, sentence=CODE_NOT_PROVEN))
    if not database.run(use):
        raise NotProven(CODE_NOT_PROVEN)


def let_in(db: Db, means: Means, account: KnownAccount, strength: Strength, knock: Knock) -> Admitted:
    """Open a sign-in for somebody who has fully proven who they are, and know their browser from now on."""
    now = means.clock.now()
    known = knock.known if queries.is_device(db, knock.known) else means.clock.new_secret()  # never one that somebody else thought of
    opened = signing_in.open_login(
        db,
        account.id,
        strength=strength,
        device=knock.device,
        source=knock.source,
        label=knock.label,
        now=now,
        new_id=means.clock.new_id,
        new_secret=means.clock.new_secret,
    )
    if knock.replaces is not None:
        signing_in.close_login(db, knock.replaces, now=now)
    signing_in.remember_device(db, account.id, known, now=now)
    throttling.forget(db, now=now)
    signing_in.forget_old(db, now=now)
    note(db, _as(knock.author, account, opened), "sign_in", now, about=account)
    return Admitted(opened, account, known)


def prove(database: Database, means: Means, actor: Actor, proof: str, author: Author, *, unlocking: bool) -> None:
    """The same person proves again who they are, by their password or a code: to unlock the screen, or for something that asks for it.

    Raises `NotProven`, `TryLater`. After ten wrong ones in a day the sign-in is closed: then they sign in anew.
    """
    now, key, action = means.clock.now(), f"login:{actor.login_id}", "unlock" if unlocking else "step_up"

    def count(db: Db) -> Secrets | TryLater:
        try:
            throttling.take(db, {key: BY_LOGIN}, now=now)
        except TryLater as refused:
            if throttling.is_spent(db, key, BY_LOGIN, now=now):
                signing_in.close_login(db, actor.login_id, now=now)
            return refused
        return queries.secrets_of(db, actor.account_id)

    secrets = database.run(count)
    if isinstance(secrets, TryLater):
        raise secrets
    digits = proof.replace(" ", "")
    by_code = secrets.account.has_code and digits.isdigit() and len(digits) < WITH_SECOND_FACTOR
    fits = not by_code and proving.is_password(means, proof, secrets.password_hash)[0]

    def go_on(db: Db) -> bool:
        if not fits and not proving.use_code(db, means, actor.account_id, proof, now=now):
            note(db, author, action, now, about=secrets.account, outcome="denied")
            return False
        throttling.give_back(db, [key])
        act = signing_in.unlock if unlocking else signing_in.prove_again
        act(db, actor.login_id, now=now)
        note(db, author, action, now, about=secrets.account)
        return True

    if not database.run(go_on):
        raise NotProven("That does not fit. Type your password, or the code that your telephone shows now.")


def lock(db: Db, actor: Actor, author: Author, *, now: datetime) -> None:
    """Lock somebody's screen, and tell the trail."""
    signing_in.lock(db, actor.login_id, now=now)
    note(db, author, "lock", now, about=queries.account(db, actor.account_id))


def leave(db: Db, actor: Actor, author: Author, *, now: datetime) -> None:
    """Sign somebody out, and tell the trail."""
    signing_in.close_login(db, actor.login_id, now=now)
    note(db, author, "sign_out", now, about=queries.account(db, actor.account_id))


@dataclass(frozen=True, slots=True)
class _Taken:
    secrets: Secrets | None
    budgets: Mapping[str, Budget]


def _counted(db: Db, name: str, knock: Knock, now: datetime) -> _Taken:
    taken = _budgets(db, name, knock, now)
    throttling.take(db, taken.budgets, now=now)
    return taken


def _budgets(db: Db, name: str, knock: Knock, now: datetime) -> _Taken:
    """A known browser has a count of its own; everybody else shares that of the name, and that of the address they come from."""
    secrets = queries.secrets(db, name)
    if secrets and queries.known_device(db, secrets.account.id, knock.known, since=now - DEVICE_KNOWN):
        return _Taken(secrets, {f"device:{secrets.account.id}:{digest_of(knock.known)}": BY_DEVICE})
    return _Taken(secrets, {f"name:{digest_of(name)}": BY_NAME, f"source:{knock.source[:100]}": BY_SOURCE})


def _owed(db: Db, means: Means, account: KnownAccount, now: datetime) -> str:
    return signing_in.owe(db, CODE, account.id, detail={}, ends_at=now + CODE_OWED, new_secret=means.clock.new_secret)


def _deny(database: Database, author: Author, secrets: Secrets | None, now: datetime) -> None:
    account = secrets.account if secrets else None
    database.run(lambda db: note(db, author, "sign_in", now, about=account, outcome="denied"))


def note(db: Db, author: Author, action: str, now: datetime, *, about: KnownAccount | None, outcome: str = "done") -> None:
    """Tell the trail. A name that nobody has is not written down: people type their password there by mistake."""
    objects = [("account", about.public_id)] if about else []
    auditing.append(db, author, action=action, now=now, category="access", outcome=outcome, objects=objects)


def _as(author: Author, account: KnownAccount, opened: OpenedLogin) -> Author:
    """From here on it is somebody."""
    login = opened.login
    return replace(
        author, kind=AuthorKind.STAFF, id=account.public_id, name=account.name, login=login.public_id, strength=login.strength.value
    )
