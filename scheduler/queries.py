"""Every look into the tables of the top floor. Rows stay here: what goes out is frozen values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from rooms.base import Db, UtcInstant
from rooms.errors import Unknown
from scheduler.access.actor import Actor, Strength
from scheduler.access.idle import Idle
from scheduler.access.role import Role
from scheduler.access.token import digest_of
from scheduler.records.accounts import (
    AccountRow,
    BreakGlassRow,
    ChallengeRow,
    InvitationRow,
    KnownDeviceRow,
    LoginRow,
    MembershipRow,
    PasskeyRow,
    RecoveryCodeRow,
)
from scheduler.records.pace import ClockDistanceRow
from scheduler.records.screens import WallScreenRow


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


@dataclass(frozen=True, slots=True)
class Secrets:
    """What somebody proves themselves with, as it is kept. It stays in this program's memory."""

    account: KnownAccount
    password_hash: str | None
    code_seed: bytes | None
    code_step: int | None


@dataclass(frozen=True, slots=True)
class KnownInvitation:
    """A link that was given to somebody."""

    id: int
    account: KnownAccount
    purpose: str
    clears_code: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class KnownChallenge:
    """Something half done that is still owed."""

    id: int
    account_id: int | None
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken glass: who sees a whole site, why, and until when. `seen_by` are those who were told and have seen it."""

    id: int
    public_id: str
    account: KnownAccount
    site_id: int
    reason: str
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    seen_by: frozenset[int]

    def runs(self, now: datetime) -> bool:
        """Whether it is broken at this moment."""
        return self.ended_at is None and self.begins_at <= now < self.ends_at


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
        signed_at=found[0].signed_at,
    )


def _rights(db: Db, account_id: int, now: datetime) -> tuple[dict[int, frozenset[Role]], frozenset[int]]:
    roles, broken = defaultdict[int, set[Role]](set), set[int]()
    for site_id, role in db.execute(RIGHTS, {"account": account_id, "now": now}):
        if role:
            roles[site_id].add(Role(role))
        else:
            broken.add(site_id)
    return {site_id: frozenset(held) for site_id, held in roles.items()}, frozenset(broken)


def roles_at(db: Db, account_id: int, site_id: int) -> frozenset[Role]:
    """The roles that somebody has at a site."""
    asked = select(MembershipRow.role).where(MembershipRow.account_id == account_id, MembershipRow.site_id == site_id)
    return frozenset(Role(role) for role in db.scalars(asked))


def account_id(db: Db, row_id: int) -> str:
    """Somebody's public id by their row number."""
    return db.execute(select(AccountRow.public_id).where(AccountRow.id == row_id)).scalar_one()


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


def secrets(db: Db, handle: str) -> Secrets | None:
    """What somebody with this name signs in with; the name as it is kept."""
    row = db.scalar(select(AccountRow).where(AccountRow.handle == handle).execution_options(populate_existing=True))
    return None if row is None else _secrets(row)


def secrets_of(db: Db, account_id: int) -> Secrets:
    """The same by the row number. Raises `Unknown`."""
    return _secrets(account_row(db, account_id))


def _secrets(row: AccountRow) -> Secrets:
    return Secrets(known_account(row), row.password_hash, row.code_seed, row.code_step)


def account_row(db: Db, key: str | int, *, lock: bool = False) -> AccountRow:
    """The row of an account by its number or public id, for those who change it. Raises `Unknown`."""
    found = AccountRow.id == key if isinstance(key, int) else AccountRow.public_id == key
    asked = select(AccountRow).where(found).execution_options(populate_existing=True)
    row = db.scalar(asked.with_for_update() if lock else asked)
    if row is None:
        raise Unknown("person", str(key))
    return row


def account(db: Db, key: str | int) -> KnownAccount:
    """Somebody by their row number or public id. Raises `Unknown`."""
    return known_account(account_row(db, key))


def accounts(db: Db, site_ids: Collection[int]) -> tuple[KnownAccount, ...]:
    """Everybody with a role at one of these sites, or at none at all, by name."""
    has_role = exists().where(MembershipRow.account_id == AccountRow.id)
    asked = select(AccountRow).where(or_(has_role.where(MembershipRow.site_id.in_(site_ids)), ~has_role))
    rows = db.scalars(asked.order_by(AccountRow.family_name, AccountRow.given_name, AccountRow.id))
    return tuple(known_account(row) for row in rows)


def is_anybody(db: Db) -> bool:
    """Whether there is any account, so that signing in is possible at all."""
    return bool(db.scalar(select(exists().select_from(AccountRow))))


def roles_of(db: Db, account_ids: Collection[int]) -> dict[int, dict[int, frozenset[Role]]]:
    """What people may do, by account and site."""
    held: dict[int, dict[int, frozenset[Role]]] = {account_id: {} for account_id in account_ids}
    row = MembershipRow
    for account_id, site_id, role in db.execute(select(row.account_id, row.site_id, row.role).where(row.account_id.in_(account_ids))):
        held[account_id][site_id] = held[account_id].get(site_id, frozenset()) | {Role(role)}
    return held


def login(db: Db, login_id: int) -> KnownLogin | None:
    """A sign-in by its row number."""
    row = db.get(LoginRow, login_id, populate_existing=True)
    return None if row is None else known_login(row)


def logins(db: Db, account_id: int, *, now: datetime) -> tuple[KnownLogin, ...]:
    """Where somebody is signed in, the latest first."""
    row = LoginRow
    asked = select(row).where(row.account_id == account_id, row.closed_at.is_(None), row.ends_at > now)
    return tuple(known_login(found) for found in db.scalars(asked.order_by(row.opened_at.desc(), row.id.desc())))


def last_acted(db: Db, account_ids: Collection[int]) -> dict[int, datetime]:
    """When people last did something."""
    asked = select(LoginRow.account_id, func.max(LoginRow.acted_at)).where(LoginRow.account_id.in_(account_ids))
    return {account_id: at for account_id, at in db.execute(asked.group_by(LoginRow.account_id))}


def known_device(db: Db, account_id: int, token: str, *, since: datetime) -> bool:
    """Whether somebody signed in before by the browser that has this token, and not too long ago."""
    row = KnownDeviceRow
    asked = exists().where(row.account_id == account_id, row.digest == digest_of(token), row.last_used_at > since)
    return bool(token) and bool(db.scalar(select(asked)))


def is_device(db: Db, token: str) -> bool:
    """Whether this token was given to a browser by us."""
    return bool(token) and bool(db.scalar(select(exists().where(KnownDeviceRow.digest == digest_of(token)))))


def passkeys_of(db: Db, account_ids: Collection[int]) -> dict[int, int]:
    """How many passkeys people have."""
    asked = select(PasskeyRow.account_id, func.count()).where(PasskeyRow.account_id.in_(account_ids)).group_by(PasskeyRow.account_id)
    return {account_id: number for account_id, number in db.execute(asked)}


def recovery_codes_left(db: Db, account_id: int) -> int:
    """How many recovery codes somebody has not used yet."""
    row = RecoveryCodeRow
    return db.scalar(select(func.count()).select_from(row).where(row.account_id == account_id, row.used_at.is_(None))) or 0


def challenge(db: Db, token: str, kind: str, *, now: datetime) -> KnownChallenge | None:
    """Something half done that is still owed, and not too late."""
    row = ChallengeRow
    asked = select(row).where(row.digest == digest_of(token), row.kind == kind, row.used_at.is_(None), row.ends_at > now)
    found = db.scalar(asked.with_for_update().execution_options(populate_existing=True))
    return None if found is None else KnownChallenge(found.id, found.account_id, found.detail)


def invitation(db: Db, token: str, *, now: datetime) -> KnownInvitation | None:
    """A link that still serves: not used, not too old, and its account is as it was when the link was made."""
    row = InvitationRow
    asked = (
        select(row, AccountRow)
        .join(AccountRow, AccountRow.id == row.account_id)
        .where(row.digest == digest_of(token), row.used_at.is_(None), row.ends_at > now)
        .execution_options(populate_existing=True)
    )
    found = db.execute(asked).one_or_none()
    if found is None:
        return None
    link, owner = found
    serves = owner.status == ("invited" if link.purpose == "join" else "active")
    return KnownInvitation(link.id, known_account(owner), link.purpose, link.clears_code, link.ends_at) if serves else None


def glass_of(db: Db, account_id: int, *, now: datetime) -> tuple[Broken, ...]:
    """The glass that somebody has broken and that is broken still."""
    row = BreakGlassRow
    running = (row.account_id == account_id, row.ended_at.is_(None), row.ends_at > now)
    return _broken(db, select(row, AccountRow).join(AccountRow, AccountRow.id == row.account_id).where(*running))


def glass_at(db: Db, site_ids: Collection[int], *, since: datetime) -> tuple[Broken, ...]:
    """The glass that was broken at these sites, the latest first."""
    row = BreakGlassRow
    asked = select(row, AccountRow).join(AccountRow, AccountRow.id == row.account_id)
    return _broken(db, asked.where(row.site_id.in_(site_ids), row.begins_at >= since))


def locked_glass(db: Db, public_id: str) -> Broken:
    """One broken glass, which nobody else changes before this transaction ends. Raises `Unknown`."""
    row = BreakGlassRow
    asked = select(row, AccountRow).join(AccountRow, AccountRow.id == row.account_id).where(row.public_id == public_id)
    found = _broken(db, asked.with_for_update(of=row))
    if not found:
        raise Unknown("broken glass", public_id)
    return found[0]


def _broken(db: Db, asked: Select[BreakGlassRow, AccountRow]) -> tuple[Broken, ...]:
    rows = db.execute(asked.order_by(BreakGlassRow.begins_at.desc(), BreakGlassRow.id.desc()).execution_options(populate_existing=True))
    return tuple(
        Broken(
            row.id,
            row.public_id,
            known_account(owner),
            row.site_id,
            row.reason,
            row.begins_at,
            row.ends_at,
            row.ended_at,
            frozenset(row.seen_by),
        )
        for row, owner in rows
    )


def sealed_values(db: Db, column: InstrumentedAttribute[bytes | None]) -> list[tuple[int, bytes]]:
    """What stands sealed in a column, by row number; nobody else changes these rows before this transaction ends."""
    row_id = column.class_.id
    found = db.execute(select(row_id, column).where(column.is_not(None)).order_by(row_id).with_for_update()).all()
    return [(number, sealed) for number, sealed in found]


# The clock


def clock_distances(db: Db, boot: str) -> frozenset[int]:
    """How far the clock was seen to be from the machine's running seconds, since one start of the machine."""
    row = ClockDistanceRow
    return frozenset(db.scalars(select(row.distance).where(row.boot == boot)))


@dataclass(frozen=True, slots=True)
class KnownScreen:
    """A screen on a wall of a site (by row number), with the address that it has until it is revoked."""

    public_id: str
    site_id: int
    name: str
    made_by: str
    made_at: datetime
    revoked_at: datetime | None


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look at the screens to some sites (by row number): see `scheduler.guarding`."""
    return (with_loader_criteria(WallScreenRow, WallScreenRow.site_id.in_(sites), include_aliases=True),)


def wall_screens(db: Db, site_id: int) -> tuple[KnownScreen, ...]:
    """The screens of a site, those that serve first, the latest first."""
    row = WallScreenRow
    asked = select(row).where(row.site_id == site_id).order_by(row.revoked_at.is_not(None), row.id.desc())
    return tuple(_known_screen(each) for each in db.scalars(asked.execution_options(populate_existing=True)))


def wall_screen(db: Db, token: str) -> KnownScreen:
    """The screen with an address. Raises `Unknown` for one that was revoked, or never was."""
    row = WallScreenRow
    found = db.scalars(select(row).where(row.digest == digest_of(token), row.revoked_at.is_(None))).one_or_none()
    if found is None:
        raise Unknown("screen", "of this address")
    return _known_screen(found)


def wall_screen_row(db: Db, screen: str) -> WallScreenRow:
    """A screen to be changed. Raises `Unknown`."""
    found = db.scalars(select(WallScreenRow).where(WallScreenRow.public_id == screen)).one_or_none()
    if found is None:
        raise Unknown("screen", screen)
    return found


def _known_screen(row: WallScreenRow) -> KnownScreen:
    return KnownScreen(row.public_id, row.site_id, row.name, row.made_by, row.made_at, row.revoked_at)
