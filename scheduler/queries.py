"""Every look into the tables of the top floor. Rows stay here: what goes out is frozen values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, literal, select, union_all

from rooms.base import Db, UtcInstant
from scheduler.access.actor import Actor, Strength
from scheduler.access.idle import Idle
from scheduler.access.role import Role
from scheduler.access.token import digest_of
from scheduler.records.accounts import AccountRow, BreakGlassRow, LoginRow, MembershipRow, PasskeyRow


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """Somebody who works here, without what they prove themselves with."""

    id: int
    public_id: str
    handle: str
    given_name: str
    family_name: str
    status: str
    version: int
    resource_id: int | None
    has_password: bool
    has_code: bool

    @property
    def name(self) -> str:
        """As it stands on screens."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_active(self) -> bool:
        """Whether they may sign in."""
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class KnownLogin:
    """A sign-in on a device."""

    id: int
    public_id: str
    account_id: int
    device: str
    strength: Strength
    source: str
    label: str
    opened_at: datetime
    proven_at: datetime
    acted_at: datetime
    ends_at: datetime
    locked_at: datetime | None
    closed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it still lives, locked or not."""
        return self.closed_at is None and now < self.ends_at

    def is_locked(self, idle: Idle, now: datetime) -> bool:
        """Whether somebody locked it, or nobody did anything for long."""
        return self.locked_at is not None or idle.is_over(self.device, self.acted_at, now)


SIGNED_IN = (
    select(LoginRow, AccountRow)
    .join(AccountRow, AccountRow.id == LoginRow.account_id)
    .where(
        LoginRow.digest == bindparam("digest"),
        LoginRow.closed_at.is_(None),
        LoginRow.ends_at > bindparam("now", type_=UtcInstant),
        AccountRow.status == "active",
    )
    .execution_options(populate_existing=True)
)
RIGHTS = union_all(
    select(MembershipRow.site_id, MembershipRow.role).where(MembershipRow.account_id == bindparam("account")),
    select(BreakGlassRow.site_id, literal("").label("role")).where(
        BreakGlassRow.account_id == bindparam("account"),
        BreakGlassRow.ended_at.is_(None),
        BreakGlassRow.begins_at <= bindparam("now", type_=UtcInstant),
        BreakGlassRow.ends_at > bindparam("now", type_=UtcInstant),
    ),
)


def actor(db: Db, token: str, *, now: datetime, idle: Idle) -> Actor | None:
    """Whoever holds a sign-in's token, with their roles at this moment; nobody if it has ended or their account is not in use."""
    found = db.execute(SIGNED_IN, {"digest": digest_of(token), "now": now}).one_or_none()
    if found is None:
        return None
    login, account = known_login(found[0]), known_account(found[1])
    roles, broken = _rights(db, account.id, now)
    return Actor(
        account_id=account.id,
        public_id=account.public_id,
        handle=account.handle,
        name=account.name,
        roles=roles,
        login_id=login.id,
        login=login.public_id,
        device=login.device,
        strength=login.strength,
        proven_at=login.proven_at,
        resource_id=account.resource_id,
        broken_glass=broken,
        locked=login.is_locked(idle, now),
    )


def _rights(db: Db, account_id: int, now: datetime) -> tuple[dict[int, frozenset[Role]], frozenset[int]]:
    roles, broken = defaultdict[int, set[Role]](set), set[int]()
    for site_id, role in db.execute(RIGHTS, {"account": account_id, "now": now}):
        if role:
            roles[site_id].add(Role(role))
        else:
            broken.add(site_id)
    return {site_id: frozenset(held) for site_id, held in roles.items()}, frozenset(broken)


def known_login(row: LoginRow) -> KnownLogin:
    """A sign-in as a value."""
    return KnownLogin(
        row.id,
        row.public_id,
        row.account_id,
        row.device,
        Strength(row.strength),
        row.source,
        row.label,
        row.opened_at,
        row.proven_at,
        row.acted_at,
        row.ends_at,
        row.locked_at,
        row.closed_at,
    )


def known_account(row: AccountRow) -> KnownAccount:
    """Somebody as a value."""
    return KnownAccount(
        row.id,
        row.public_id,
        row.handle,
        row.given_name,
        row.family_name,
        row.status,
        row.version,
        row.resource_id,
        row.password_hash is not None,
        row.code_seed is not None,
    )


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A passkey of somebody. `credential` and `public_key` are as their device gave them; neither is a secret."""

    id: int
    public_id: str
    account_id: int
    name: str
    credential: bytes
    public_key: bytes
    sign_count: int
    created_at: datetime
    last_used_at: datetime | None


def known_passkey(row: PasskeyRow) -> KnownPasskey:
    """A passkey as a value."""
    return KnownPasskey(
        row.id,
        row.public_id,
        row.account_id,
        row.name,
        row.credential,
        row.public_key,
        row.sign_count,
        row.created_at,
        row.last_used_at,
    )


def passkeys(db: Db, account_id: int) -> list[KnownPasskey]:
    """The passkeys of somebody, the oldest first."""
    found = select(PasskeyRow).where(PasskeyRow.account_id == account_id).order_by(PasskeyRow.created_at, PasskeyRow.id)
    return [known_passkey(row) for row in db.scalars(found)]


def passkey_shown(db: Db, credential: bytes) -> tuple[KnownPasskey, KnownAccount] | None:
    """The passkey that a device says it has, and whose it is."""
    found = (
        select(PasskeyRow, AccountRow)
        .join(AccountRow, AccountRow.id == PasskeyRow.account_id)
        .where(PasskeyRow.credential == credential)
        .execution_options(populate_existing=True)
    )
    row = db.execute(found).one_or_none()
    return None if row is None else (known_passkey(row[0]), known_account(row[1]))


def account_linked(db: Db, subject: str) -> KnownAccount | None:
    """Whoever somebody of the clinic's sign-in service is here."""
    found = db.scalars(select(AccountRow).where(AccountRow.subject == subject).execution_options(populate_existing=True)).one_or_none()
    return None if found is None else known_account(found)


def linked_subject(db: Db, account_id: int) -> str | None:
    """Who somebody is at the clinic's sign-in service."""
    return db.scalars(select(AccountRow.subject).where(AccountRow.id == account_id)).one_or_none()
