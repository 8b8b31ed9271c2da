"""Who asks, what the permission table gives them, and which part of the database they see while they do it.

A request passes here once. What it may do is one `Grant`; every look and change of it then goes through one `View`, which keeps it to the
sites where the grant holds and writes down what it changed. Another site's record is, for it, not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import event, update
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.interfaces import ORMOption

from courses import queries
from courses.queries import SessionLine
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.errors import Unknown
from scheduler import auditing, linking
from scheduler import queries as access_queries
from scheduler.access.actor import FRESH, Actor
from scheduler.access.cell import Extent
from scheduler.access.grant import Grant, disciplines_of, granted, may_see_values
from scheduler.access.refusals import NotAllowed, ProofNeeded, ReasonNeeded, SecondNeeded, SecondRefused
from scheduler.access.role import Role
from scheduler.access.table import Row, Table, changed_table, standard_table
from scheduler.access.token import digest_of
from scheduler.database import Database, View
from scheduler.entering import Visit
from scheduler.one_option import Together
from scheduler.records.accounts import ApprovalRow
from scheduler.reminders import queries as message_queries
from scheduler.signing_in import NewSecret

LEAST_REASON = 5
"""Letters of a reason."""
VALUES = "31"
"""The row about reading clinical values."""
OWN_VISITS = timedelta(days=7)
"""How far ahead one's own visits make a patient one's own."""


def clinic_table(changes: Path | None) -> Table:
    """The permission table with a clinic's own changes, if it has a file of them. Raises `FaultyTable`."""
    return changed_table(standard_table(), changes.read_text(encoding="utf-8")) if changes else standard_table()


def grant_of(actor: Actor, table: Table, operation: str) -> Grant:
    """What somebody may do by an operation. Raises `NotAllowed`, also for an operation that no row of the table names."""
    row = table.row_of(operation)
    if row is None:
        raise NotAllowed("what no row of the permission table names", ())
    grant = granted(actor, row, operation)
    if grant is None:
        raise NotAllowed(row.does, who_may(row))
    return grant


def sees_values(grant: Grant, table: Table) -> bool:
    """Whether clinical values may be in the answer: at every site that it can be about."""
    values = table.row(VALUES)
    return all(may_see_values(grant.actor, values, site) for site in grant.sites)


def who_may(row: Row, least: Extent = Extent.STATUS) -> tuple[str, ...]:
    """The roles that a row gives so much to, in words."""
    return tuple(role.words for role in Role if row.cell(role).extent >= least)


def refuse_unproven(grant: Grant, reason: str, *, now: datetime) -> None:
    """Raises `ProofNeeded`, `ReasonNeeded` where the cell asks for what was not given."""
    if grant.owes_proof and not grant.has_proof(now):
        raise ProofNeeded
    if grant.owes_reason and len(reason.strip()) < LEAST_REASON:
        raise ReasonNeeded


@dataclass(frozen=True, slots=True)
class Assigned:
    """The patients of whom somebody may see something at a site where they see no others."""

    site_id: int
    sessions: frozenset[str]
    patients: frozenset[str]
    courses: frozenset[str]


def assigned_to(db: Db, actor: Actor, site_id: int, *, now: datetime) -> Assigned:
    """Whose sessions are on the list of today for somebody's discipline, or are booked with themselves from yesterday to a week ahead."""
    return own_patients(db, actor.roles[site_id], actor.resource_id, site_id, now=now)


def own_patients(db: Db, roles: frozenset[Role], resource_id: int | None, site_id: int, *, now: datetime) -> Assigned:
    """The same for somebody with these roles, who is `resource_id` on the rota."""
    known = rooms_queries.site(db, site_id)
    today = SiteTime(known.site.timezone).day(SiteTime(known.site.timezone).date_of(now)).whole
    near = Interval(today.starts_at - timedelta(days=1), today.ends_at + OWN_VISITS)
    wanted = disciplines_of(roles)
    own = _own_code(db, site_id, resource_id)
    lines = [line for line in queries.sessions_on(db, site_id, near, now=now) if _is_assigned(line, wanted, own, today)]
    return Assigned(
        site_id,
        frozenset(line.id for line in lines),
        frozenset(line.patient_id for line in lines),
        frozenset(line.course_id for line in lines),
    )


def _own_code(db: Db, site_id: int, resource_id: int | None) -> str | None:
    if resource_id is None:
        return None
    return next((known.resource.id for known in rooms_queries.resources(db, site_id) if known.id == resource_id), None)


def _is_assigned(line: SessionLine, disciplines: Collection[str], own: str | None, today: Interval) -> bool:
    if line.interval is None:
        return False
    on_list = line.modality in disciplines and line.interval.overlaps(today)
    return on_list or (own is not None and any(code == own for code, *_ in line.bookings))


def assigned_patients(db: Db, grant: Grant, about: Mapping[str, str], *, now: datetime) -> frozenset[str]:
    """Whom somebody may see where they see only their own patients; `about` is what the address names.

    Raises `Unknown` for a record of anybody else, as if it were not there.
    """
    by_site = {site_id: assigned_to(db, grant.actor, site_id, now=now) for site_id in sorted(grant.assigned_only)}
    for kind, key in about.items():
        if kind in {"session", "course", "patient"}:
            known = by_site.get(_site_of(db, kind, key))
            if known and key not in {"session": known.sessions, "course": known.courses, "patient": known.patients}[kind]:
                raise Unknown(kind, key)
    return frozenset[str]().union(*(known.patients for known in by_site.values()))


def _site_of(db: Db, kind: str, key: str) -> int:
    if kind == "patient":
        return queries.patient(db, key).site_id
    return (queries.course(db, key) if kind == "course" else queries.course_of_session(db, key)).site.id


@lru_cache(maxsize=1000)
def _kept_to(sites: frozenset[int]) -> tuple[ORMOption, ...]:
    listed = sorted(sites)
    kept = (rooms_queries, queries, message_queries, linking, access_queries)
    return (Together(sites, [option for each in kept for option in each.within(listed)]),)


def view_of_sites(sites: frozenset[int]) -> View:
    """The database with nothing in it but these sites, for a look that nobody need be told of."""

    def opening(db: Db) -> None:
        _keep_to(db, sites)

    return View(opening)


def view_of(visit: Visit, now: Callable[[], datetime]) -> View:
    """The database as a visitor sees it: only the sites of their grant; whom they look at is noted, what they change is written down."""
    grant = visit.grant

    def opening(db: Db) -> None:
        if grant is None or not grant.row.is_everywhere:
            _keep_to(db, grant.sites if grant else frozenset(), _of_their_own(visit))
        if visit.assigned is not None:
            queries.name_only(db, visit.assigned)
        queries.note_patients(db, visit.seen)
        auditing.gather(db)

    def closing(db: Db) -> None:
        if auditing.record_changes(db, visit.author, now=now()):
            visit.changed = True

    return View(opening, closing)


def _of_their_own(visit: Visit) -> tuple[ORMOption, ...]:
    """A look is kept to one's own patients; a change has been let in for its patient, and locks what it needs of others."""
    if visit.grant is None or visit.assigned is None or not visit.only_looks:
        return ()
    return (queries.of_patients(sorted(visit.assigned), sorted(visit.grant.assigned_only)),)


def _keep_to(db: Db, sites: frozenset[int], more: tuple[ORMOption, ...] = ()) -> None:
    kept = (*_kept_to(sites), *more)

    def keep(state: ORMExecuteState) -> None:
        if state.is_select or state.is_update or state.is_delete:
            state.statement = state.statement.options(*kept)

    event.listen(db, "do_orm_execute", keep)


def may_approve(grant: Grant, second: int, held: Mapping[int, frozenset[Role]]) -> bool:
    """Whether a second person (account, roles by site) may approve it: somebody else, to whom the row gives something there too."""
    theirs = any(grant.row.cell(role).extent >= Extent.PROPOSE for site in grant.sites for role in held.get(site, ()))
    return second != grant.actor.account_id and theirs


def approve(db: Db, asked_by: int, given_by: int, operation: str, *, now: datetime, new_secret: NewSecret) -> str:
    """Keep that a second person, who has proven who they are, approves one operation of somebody; the token for it, which serves once."""
    token = new_secret()
    db.add(ApprovalRow(digest=digest_of(token), asked_by=asked_by, given_by=given_by, operation=operation, ends_at=now + FRESH))
    db.flush()
    return token


def second_person(database: Database, grant: Grant, token: str, *, now: datetime) -> str:
    """Take a second person's approval of this very operation, once; their public id. Raises `SecondNeeded`, `SecondRefused`."""
    if not token:
        raise SecondNeeded(who_may(grant.row))
    return database.run(lambda db: _taken(db, grant, token, now))


def _taken(db: Db, grant: Grant, token: str, now: datetime) -> str:
    row, actor = ApprovalRow, grant.actor
    asked = update(row).where(
        row.digest == digest_of(token),
        row.asked_by == actor.account_id,
        row.given_by != actor.account_id,
        row.operation == grant.operation,
        row.used_at.is_(None),
        row.ends_at > now,
    )
    given_by = db.execute(asked.values(used_at=now).returning(row.given_by)).scalar_one_or_none()
    if given_by is None:
        raise SecondRefused
    return access_queries.account_id(db, given_by)
