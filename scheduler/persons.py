"""Who stands by what is written down: the one who is signed in, and the second person who proved that they are there too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from courses import queries as course_queries
from courses.checklists.entry import Person
from courses.checklists.writing import Writer
from rooms.base import Db
from scheduler import guarding, knocking, queries, signing_in
from scheduler.access.actor import Strength
from scheduler.access.cell import Extent
from scheduler.access.chart_rights import ROWS, rights_by
from scheduler.access.role import Role
from scheduler.access.table import Table
from scheduler.dependencies import NOBODY, Desk, Office
from scheduler.knocking import Knock
from scheduler.proving import Means
from scheduler.queries import KnownAccount


def person_at(desk: Desk) -> Person:
    """Whoever is signed in."""
    return Person(desk.actor.public_id, desk.actor.name, "") if desk.actor else Person(NOBODY, NOBODY, "")


def second_at(db: Db, desk: Desk) -> Person | None:
    """The second person, where the permission table asked for one."""
    key = desk.visit.author.about.get("second") if desk.visit else None
    return Person(key, queries.account(db, key).name, "") if key else None


def owes_proof(desk: Desk) -> bool:
    """Whether whoever is signed in has to prove who they are before they sign."""
    return desk.actor is not None and not desk.actor.may_sign(desk.now)


def note_own_signature(db: Db, desk: Desk, signer: str) -> None:
    """Whoever is signed in has signed, if it was them: the next signatures of this sitting need no other proof."""
    if desk.actor is not None and desk.actor.public_id == signer:
        signing_in.note_signature(db, desk.actor.login_id, now=desk.now)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a second person typed about themselves."""

    handle: str
    password: str
    code: str


def vouched(desk: Desk, office: Office, means: Means, typed: Typed, session: str) -> Writer:
    """The second person, who has proven beside the one who is signed in who they are, as somebody who may sign at a session.

    Raises `NotProven`, `TryLater`.
    """
    visit, actor = desk.visit, desk.actor
    if visit is None or actor is None:
        raise LookupError("a second person stands beside somebody who is signed in")
    knock = Knock(visit.author, visit.author.source, actor.device, visit.author.device)
    account = knocking.vouch(office.database, means, typed.handle, typed.password, typed.code, knock)
    with desk.reading() as db:
        held = queries.roles_of(db, [account.id])[account.id]
        site = course_queries.course_of_session(db, session).site.id
        rights = rights_by(office.table, held)
        if site in rights and not _is_theirs(db, desk, office.table, account, held, session):
            rights[site] = replace(rights[site], co_sign=())
    strength = Strength.TWO_FACTORS if account.has_code else Strength.PASSWORD
    return Writer(account.public_id, account.name, rights, strength.value, actor.login)


def _is_theirs(  # whose, where, by which table
    db: Db, desk: Desk, table: Table, account: KnownAccount, held: Mapping[int, Collection[Role]], session: str
) -> bool:
    """Whether somebody may co-sign at a session: of everybody's, or as one of their own patients."""
    site = course_queries.course_of_session(db, session).site.id
    if any(table.row(ROWS["co_sign"]).cell(role).extent is Extent.ALL for role in held[site]):
        return True
    return session in guarding.own_patients(db, frozenset(held[site]), account.resource_id, site, now=desk.now).sessions
