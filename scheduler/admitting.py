"""Who works here: their accounts and what they may do at which site."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from rooms import queries as rooms_queries
from rooms.base import Db, NewId
from scheduler import queries
from scheduler.access.handle import checked_handle
from scheduler.access.role import Role
from scheduler.proving import Hasher
from scheduler.queries import KnownAccount
from scheduler.records.accounts import AccountRow, MembershipRow


def add_account(  # noqa: PLR0913  # each is a fact of the account
    db: Db,
    *,
    handle: str,
    given_name: str,
    family_name: str,
    roles: Mapping[str, Collection[Role]],
    password: str | None,
    hasher: Hasher,
    now: datetime,
    new_id: NewId,
    resource_id: int | None = None,
) -> KnownAccount:
    """Add somebody who may sign in at once. `roles` go by the site's public id or name of the clinic file. Raises `Unknown`, `Faulty`."""
    row = AccountRow(
        public_id=new_id("a_"),
        handle=checked_handle(handle),
        given_name=given_name,
        family_name=family_name,
        status="active",
        resource_id=resource_id,
        password_hash=hasher.hash(password) if password else None,
        version=1,
        created_at=now,
    )
    db.add(row)
    db.flush()
    for site, held in roles.items():
        site_id = rooms_queries.site(db, site).id
        db.add_all(MembershipRow(account_id=row.id, site_id=site_id, role=role.value, since=now) for role in sorted(set(held)))
    db.flush()
    return queries.known_account(row)
