"""A client that is signed in as somebody who has every role, so that tests of other things need not speak of sign-ins.

The sign-in, its digest and the guard are the real ones. A second person's approval, where one is owed, is put into the database at once.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Headers, Response
from sqlalchemy import update

from rooms import equipping, queries
from rooms.availability.hours import WeeklyHours
from rooms.resources.site import Site
from scheduler import admitting, guarding, signing_in
from scheduler import queries as access_queries
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.access.table import Table, standard_table
from scheduler.access.token import digest_of
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.proving import Hasher
from scheduler.queries import KnownAccount
from scheduler.records.accounts import LoginRow

SECOND, PASSPHRASE = "robin.two", "quiet lamps near still water"
"""How the one who approves signs in."""
QUICK = Hasher(rounds=1, memory_kib=32)
OFFICE = "office"
"""The code of a site where nothing happens, so that somebody is somebody before the first site is added."""
EVERY_ROLE = frozenset(Role)
TABLE: Table = standard_table()


class Staff:
    """Two people with every role at every site: the one who is signed in, and the one who approves."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        office: bool = True,
        roles: frozenset[Role] = EVERY_ROLE,
        there: tuple[KnownAccount, KnownAccount] | None = None,
    ) -> None:
        """They are made, unless they are `there`."""
        self.database, self.clock, self.roles = database, clock, roles
        if there:
            self.first, self.second = there
            return
        with database.transaction() as db:
            if office:
                equipping.add_site(db, Site(OFFICE, "Office", "UTC", WeeklyHours.of({})), new_id=clock.new_id, now=clock.now())
            sites = {site.public_id: roles for site in queries.sites(db)}
            self.first, self.second = (
                admitting.add_account(
                    db,
                    handle=handle,
                    given_name="Robin",
                    family_name=family_name,
                    roles=sites,
                    password=PASSPHRASE,
                    hasher=QUICK,
                    now=clock.now(),
                    new_id=clock.new_id,
                )
                for handle, family_name in (("robin", "Vale"), (SECOND, "Hill"))
            )

    def token(self, device: str = "desk") -> str:
        """A new sign-in of the first one."""
        clock = self.clock
        with self.database.transaction() as db:
            opened = signing_in.open_login(
                db,
                self.first.id,
                strength=Strength.TWO_FACTORS,
                device=device,
                source="127.0.0.1",
                label="test",
                now=clock.now(),
                new_id=clock.new_id,
                new_secret=clock.new_secret,
            )
        return opened.token

    def lasting_token(self) -> str:
        """A sign-in that neither ends nor locks, for tests that put the clock on and are not about that."""
        token = self.token()
        with self.database.transaction() as db:
            later = self.clock.now() + timedelta(days=1000)
            db.execute(update(LoginRow).where(LoginRow.digest == digest_of(token)).values(ends_at=later, acted_at=later, proven_at=later))
        return token

    def join(self, site: str) -> None:
        """Have every role at a site that was just added."""
        join(self.database, site, now=self.clock.now(), roles=self.roles)

    def approval(self, operation: str) -> str:
        """The second one's approval of an operation."""
        with self.database.transaction() as db:
            return guarding.approve(db, self.first.id, self.second.id, operation, now=self.clock.now(), new_secret=self.clock.new_secret)


def join(database: Database, site: str, *, now: datetime, roles: frozenset[Role] = EVERY_ROLE) -> None:
    """Give everybody every role at a site that was just added."""
    with database.transaction() as db:
        site_id = queries.site(db, site).id
        everywhere = [known.id for known in queries.sites(db)]
        for account in access_queries.accounts(db, everywhere):
            admitting.give_roles_at(db, account.id, site_id, roles, now=now)


class SignedIn(TestClient):
    """A client of the API whose requests come from `staff`."""

    def __init__(self, app: FastAPI, staff: Staff, *, address: str = "http://127.0.0.1", raise_server_exceptions: bool = True) -> None:
        super().__init__(app, base_url=address, raise_server_exceptions=raise_server_exceptions)
        self.staff = staff
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in."""
        self.headers["Authorization"] = f"Bearer {self.staff.token()}"
        self._signed_in_at = self.staff.clock.now()

    def proof(self, method: str, url: str) -> dict[str, str]:
        """What a request has to carry: the sign-in and, where a second person is owed, theirs."""
        if abs(self.staff.clock.now() - self._signed_in_at) > timedelta(minutes=4):
            self.sign_in()  # the test has put the clock on, and is not about that
        operation = owing_second(method, url.removeprefix(str(self.base_url)).partition("?")[0])
        approved = {"Chairtime-Approval": self.staff.approval(operation)} if operation else {}
        return {"Authorization": self.headers["Authorization"], **approved}

    def request(self, method: str, url: Any, **more: Any) -> Response:
        """As everywhere."""
        headers = Headers(more.pop("headers", None))
        for name, value in self.proof(method, str(url)).items():
            headers.setdefault(name, value)
        return super().request(method, url, headers=headers, **more)


def owing_second(method: str, path: str) -> str | None:
    """The operation at an address, if it asks for a second person."""
    for row in TABLE.rows:
        if any(cell.second for cell in row.cells.values()):
            for operation in row.operations:
                verb, _, template = operation.partition(" ")
                if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                    return operation
    return None
