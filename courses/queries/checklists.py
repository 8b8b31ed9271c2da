"""Looks into checklists: their versions, and by which of them a session is charted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, or_, select

from courses.checklists.checklist import Checklist
from courses.checklists.notation import read_checklist
from courses.checklists.version import ChecklistVersion, in_force
from courses.errors import Unknown
from courses.plans.ongoing.course import extended_protocol
from courses.plans.ongoing.kept import extending_of
from courses.protocols.version import VersionStatus
from courses.queries import KnownVersion, versions
from courses.records import ChecklistRow, ChecklistVersionRow, CourseRow, ProtocolVersionRow, SessionChecklistRow, SessionRow
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class KnownChecklist:
    """A version of a checklist with its row (`id`) and its checklist's."""

    id: int
    checklist_id: int
    version: ChecklistVersion

    @property
    def checklist(self) -> Checklist:
        """What is asked."""
        return self.version.checklist

    @property
    def digest(self) -> str:
        """What tells its document from others."""
        return self.version.digest


@dataclass(frozen=True, slots=True)
class ChartedBy:
    """The checklists of a session: those that it was opened with, or else (`is_open` is false) those that it would be opened with."""

    checklists: tuple[KnownChecklist, ...]
    is_open: bool


def versions_of_checklist(db: Db, key: str, *, site_id: int | None = None) -> tuple[KnownChecklist, ...]:
    """All versions of a checklist, the oldest first; nothing for one that is not there. A key is a public id, or a code of the site."""
    row = ChecklistRow
    return _known(db, row.public_id == key if site_id is None else and_(row.site_id == site_id, or_(row.public_id == key, row.code == key)))


def checklist_version(db: Db, key: str, number: int, *, site_id: int) -> KnownChecklist:
    """One version of a checklist. Raises `Unknown`."""
    found = [each for each in versions_of_checklist(db, key, site_id=site_id) if each.version.number == number]
    if not found:
        raise Unknown("version", f"{number} of checklist {key}")
    return found[0]


def checklists(db: Db, site_id: int) -> tuple[KnownChecklist, ...]:
    """The checklists of a site, each by its newest version, by code."""
    newest = {known.checklist_id: known for known in _known(db, ChecklistRow.site_id == site_id)}
    return tuple(sorted(newest.values(), key=lambda known: known.version.code))


def checklists_in_force(db: Db, site_id: int, on: date) -> tuple[KnownChecklist, ...]:
    """The versions by which a site charts the sessions of a day, by code."""
    of = {(each.version.code, each.version.number): each for each in _known(db, ChecklistRow.site_id == site_id)}
    return tuple(of[each.code, each.number] for each in in_force((each.version for each in of.values()), on))


def lock_checklist(db: Db, code: str, *, site_id: int) -> int | None:
    """Hold everybody else off publishing this checklist until the transaction ends. Its row number, if it is there."""
    return db.scalar(select(ChecklistRow.id).where(ChecklistRow.site_id == site_id, ChecklistRow.code == code).with_for_update())


def checklists_for(db: Db, session: SessionRow) -> tuple[KnownChecklist, ...]:
    """The checklists that a session is charted by, or would be if it were opened now, by code."""
    return checklists_of(db, [session.id])[session.id].checklists


def checklists_of(db: Db, sessions: Collection[int]) -> dict[int, ChartedBy]:
    """The checklists of sessions by row number. A session that has no place yet would be charted by none."""
    pinned = _pinned(db, sessions)
    unopened = [session for session in sessions if session not in pinned]
    offered = _offered(db, unopened) if unopened else {}
    return {
        session: ChartedBy(pinned[session], is_open=True) if session in pinned else ChartedBy(offered.get(session, ()), is_open=False)
        for session in sessions
    }


def _pinned(db: Db, sessions: Collection[int]) -> dict[int, tuple[KnownChecklist, ...]]:
    row = SessionChecklistRow
    pairs = db.execute(select(row.session_id, row.checklist_version_id).where(row.session_id.in_(sessions))).all()
    wanted = {version for _, version in pairs}
    known = {each.id: each for each in _known(db, ChecklistVersionRow.id.in_(wanted))} if wanted else {}
    found: dict[int, list[KnownChecklist]] = defaultdict(list)
    for session, version in pairs:
        found[session].append(known[version])
    return {session: tuple(sorted(each, key=lambda one: one.version.code)) for session, each in found.items()}


def _offered(db: Db, sessions: Sequence[int]) -> dict[int, tuple[KnownChecklist, ...]]:
    asked = select(SessionRow, CourseRow).join(CourseRow, CourseRow.id == SessionRow.course_id).where(SessionRow.id.in_(sessions))
    pairs = db.execute(asked.execution_options(populate_existing=True)).all()
    if not pairs:
        return {}
    by = {each.id: each for each in versions(db, ProtocolVersionRow.id.in_({course.protocol_version_id for _, course in pairs}))}
    sites = {course.site_id for _, course in pairs}
    times = {site: SiteTime(rooms_queries.site(db, site).site.timezone) for site in sorted(sites)}
    of_site = {site: _known(db, ChecklistRow.site_id == site) for site in sorted(sites)}
    return {
        row.id: _serving(of_site[course.site_id], times[course.site_id], row, course, by[course.protocol_version_id])
        for row, course in pairs
    }


def _serving(
    of_site: Sequence[KnownChecklist], time: SiteTime, row: SessionRow, course: CourseRow, by: KnownVersion
) -> tuple[KnownChecklist, ...]:
    """Those in force on the session's day that are for such a session."""
    if row.starts_at is None:
        return ()
    protocol = extended_protocol(by.version.protocol, [extending_of(each) for each in course.extension or ()])
    several = any(phase.spacing.per_day > 1 for phase in protocol.phases if phase.name == row.phase)
    of = {(each.version.code, each.version.number): each for each in of_site}
    today = in_force((each.version for each in of_site), time.date_of(row.starts_at))
    fitting = [each for each in today if each.checklist.serves(protocol.modality, row.template, row.number, several_a_day=several)]
    return tuple(of[each.code, each.number] for each in fitting)


def _known(db: Db, which: ColumnElement[bool]) -> tuple[KnownChecklist, ...]:
    """Versions of checklists, the oldest of each first."""
    asked = select(ChecklistVersionRow, ChecklistRow.public_id, ChecklistRow.code, ChecklistRow.origin)
    asked = asked.join(ChecklistRow, ChecklistRow.id == ChecklistVersionRow.checklist_id).where(which)
    ordered = asked.order_by(ChecklistVersionRow.checklist_id, ChecklistVersionRow.number).execution_options(populate_existing=True)
    return tuple(_known_version(row, public_id, code, origin) for row, public_id, code, origin in db.execute(ordered))


def _known_version(row: ChecklistVersionRow, public_id: str, code: str, origin: str | None) -> KnownChecklist:
    written = (row.document, row.digest, _checklist(row.document), row.from_on)
    status = VersionStatus(row.status)
    version = ChecklistVersion(public_id, code, row.number, status, *written, row.published_at, row.published_by, origin)
    return KnownChecklist(row.id, row.checklist_id, version)


@lru_cache(maxsize=512)
def _checklist(text: str) -> Checklist:
    return read_checklist(text)
