"""Looks into what was written down at sessions: one chart, or all of a site's on one day, in the same few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

from sqlalchemy import ColumnElement, select

from courses.checklists.changes import record_digest
from courses.checklists.checklist import Checklist, Meaning
from courses.checklists.clocks import Moments, moments_of
from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.fold import Chart, fold
from courses.checklists.item import Item
from courses.checklists.kept import answer_of
from courses.checklists.marks import AlertSeen, Signature
from courses.checklists.signing import Override
from courses.errors import Unknown
from courses.patients.patient import Patient
from courses.queries.checklists import KnownChecklist, checklists_of
from courses.records import (
    AlertSeenRow,
    CourseRow,
    EntryRow,
    GateOverrideRow,
    PatientRow,
    SessionEventRow,
    SessionRow,
    SignatureRow,
)
from courses.sessions.status import SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.queries import KnownSite

T = TypeVar("T")

UNCHARTED = (SessionStatus.PLANNED, SessionStatus.MISSED)
"""Nobody was there."""


@dataclass(frozen=True)
class SessionChart:
    """A session with all that was written down at it.

    `checklists` are those that it is charted by, or would be if it were opened now (`is_open` tells which). `version` is that of its
    course, as everywhere. `links` tells of entries (by public id) at which other session the same was, or is, written down.
    """

    id: int
    session: str
    number: int
    phase: str
    template: str
    status: SessionStatus
    outcome: str | None
    interval: Interval | None
    course: str
    version: int
    patient: Patient
    site: KnownSite
    checklists: tuple[KnownChecklist, ...]
    is_open: bool
    entries: tuple[Entry, ...]
    signatures: tuple[Signature, ...]
    overrides: tuple[Override, ...]
    seen: tuple[AlertSeen, ...]
    happened: Mapping[str, datetime]
    """When it first came to each state."""
    row_ids: Mapping[str, int] = field(repr=False)
    """The rows of entries by their public ids."""
    links: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def chart(self) -> Chart:
        """What is shown of the entries."""
        return fold(self.entries)

    @property
    def documents(self) -> tuple[Checklist, ...]:
        """The checklists alone."""
        return tuple(known.checklist for known in self.checklists)

    @cached_property
    def moments(self) -> Moments:
        """What minutes are counted from."""
        return moments_of(self.documents, self.chart, arrived_at=self.arrived_at, started_at=self.started_at)

    @property
    def arrived_at(self) -> datetime | None:
        """When the patient came."""
        return self.happened.get(SessionStatus.ARRIVED)

    @property
    def started_at(self) -> datetime | None:
        """When the treatment began."""
        return self.happened.get(SessionStatus.IN_TREATMENT)

    @property
    def released_at(self) -> datetime | None:
        """When the patient was let go."""
        return self.happened.get(SessionStatus.DISCHARGED)

    @property
    def time(self) -> SiteTime:
        """The clock of its site."""
        return SiteTime(self.site.site.timezone)

    @property
    def overridden(self) -> frozenset[str]:
        """The gates that somebody went past."""
        return frozenset(each.gate for each in self.overrides)

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """What may be said by signing."""
        return tuple(meaning for document in self.documents for meaning in document.meanings)

    def digest(self, meaning: str) -> str:
        """What a signature of this meaning would bind to now."""
        return record_digest([known.digest for known in self.checklists], self.entries, self.overrides, meaning)

    def stands(self, signature: Signature) -> bool:
        """Whether what was signed is what the record is now; else it was amended since, and is to be signed again."""
        return signature.digest == self.digest(signature.meaning)

    @cached_property
    def signed(self) -> frozenset[str]:
        """The meanings with a signature that stands."""
        return frozenset(each.meaning for each in self.signatures if self.stands(each))

    def item(self, code: str) -> tuple[KnownChecklist, Item]:
        """An item and the checklist that asks for it. Raises `Unknown`."""
        for known in self.checklists:
            if code in known.checklist.by_code:
                return known, known.checklist.by_code[code]
        raise Unknown("item", code)

    def entry(self, key: str) -> Entry:
        """An entry of this very session. Raises `Unknown`."""
        found = next((each for each in self.entries if each.id == key), None)
        if found is None:
            raise Unknown("entry", key)
        return found


def chart_of(db: Db, session: str) -> SessionChart:
    """The chart of a session by public id. Raises `Unknown`."""
    found = _charts(db, SessionRow.public_id == session)
    if not found:
        raise Unknown("session", session)
    return found[0]


def charts_with(db: Db, sessions: Collection[str]) -> tuple[SessionChart, ...]:
    """The charts of sessions by public ids, by start."""
    found = [each for some in rooms_queries.chunks(sessions) for each in _charts(db, SessionRow.public_id.in_(some))]
    return tuple(sorted(found, key=lambda each: (each.interval is None, each.interval, each.id)))


def charts_of_site(db: Db, site_id: int, *, on: date) -> tuple[SessionChart, ...]:
    """The charts of a site's sessions of one day by its clock, by start; those that nobody came to are left out."""
    day = SiteTime(rooms_queries.site(db, site_id).site.timezone).day(on).whole
    row = SessionRow
    there = (CourseRow.site_id == site_id, row.status.not_in(UNCHARTED))
    return _charts(db, *there, row.starts_at >= day.starts_at, row.starts_at < day.ends_at)


def entries_saved_by(db: Db, session_id: int, keys: Collection[str]) -> dict[str, str]:
    """The public ids of a session's entries that a tablet saved with these keys of its own."""
    row = EntryRow
    asked = select(row.queue_key, row.public_id).where(row.session_id == session_id, row.queue_key.in_(keys))
    return {str(key): public_id for key, public_id in db.execute(asked)}


def _charts(db: Db, *which: ColumnElement[bool]) -> tuple[SessionChart, ...]:
    asked = select(SessionRow, CourseRow, PatientRow).join(CourseRow, CourseRow.id == SessionRow.course_id)
    asked = asked.join(PatientRow, PatientRow.id == SessionRow.patient_id).where(*which)
    found = db.execute(asked.order_by(SessionRow.starts_at, SessionRow.id).execution_options(populate_existing=True)).all()
    ids = [row.id for row, _, _ in found]
    sites = {site_id: rooms_queries.site(db, site_id) for site_id in sorted({course.site_id for _, course, _ in found})}
    by = checklists_of(db, ids)
    rows = _entry_rows(db, ids)
    links, named = _links(db, [row for each in rows.values() for row in each])
    signatures, overrides, seen, happened = _signatures(db, ids), _overrides(db, ids), _seen(db, ids), _happened(db, ids)
    return tuple(
        SessionChart(
            row.id,
            row.public_id,
            row.number,
            row.phase,
            row.template,
            SessionStatus(row.status),
            row.outcome,
            Interval(row.starts_at, row.ends_at) if row.starts_at and row.ends_at else None,
            course.public_id,
            course.version,
            Patient(who.public_id, who.code, who.given_name, who.family_name, who.born_on, version=who.version),
            sites[course.site_id],
            by[row.id].checklists,
            by[row.id].is_open,
            tuple(_entry(each, by[row.id].checklists, named) for each in rows[row.id]),
            tuple(signatures[row.id]),
            tuple(overrides[row.id]),
            tuple(seen[row.id]),
            happened[row.id],
            {each.public_id: each.id for each in rows[row.id]},
            links,
        )
        for row, course, who in found
    )


def _entry_rows(db: Db, ids: Sequence[int]) -> Mapping[int, list[EntryRow]]:
    """Entries by session, in the order in which they were written down."""
    asked = select(EntryRow).where(EntryRow.session_id.in_(ids)).order_by(EntryRow.id).execution_options(populate_existing=True)
    return _by_session((row.session_id, row) for row in db.scalars(asked))


def _links(db: Db, rows: Sequence[EntryRow]) -> tuple[dict[str, str], dict[int, str]]:
    """At which other session what these entries say is, or was, written down; and the public ids of all entries that are spoken of."""
    of, named = EntryRow, {row.id: row.public_id for row in rows}
    came = [row.moved_from_id for row in rows if row.moved_from_id is not None]
    gone = [row.replaces_id for row in rows if row.kind == EntryKind.RETRACTION and row.replaces_id is not None]
    if not came and not gone:
        return {}, named
    with_session = select(of.id, of.public_id, of.moved_from_id, SessionRow.public_id).join(SessionRow, SessionRow.id == of.session_id)
    there = {row_id: (key, session) for row_id, key, _, session in db.execute(with_session.where(of.id.in_(came)))}
    named |= {row_id: key for row_id, (key, _) in there.items()}
    links = {row.public_id: there[row.moved_from_id][1] for row in rows if row.moved_from_id in there}
    elsewhere = db.execute(with_session.where(of.moved_from_id.in_(gone)))
    return links | {named[moved]: session for _, _, moved, session in elsewhere if moved is not None}, named


def _entry(row: EntryRow, checklists: Iterable[KnownChecklist], named: Mapping[int, str]) -> Entry:
    item = next(known.checklist.by_code[row.item] for known in checklists if known.id == row.checklist_version_id)
    return Entry(
        id=row.public_id,
        item=row.item,
        value=answer_of(item, row.value),
        kind=EntryKind(row.kind),
        observed_at=row.observed_at,
        observed_offset=row.observed_offset,
        recorded_at=row.recorded_at,
        author=Person(row.author, row.author_name, row.author_role),
        together=row.together,
        unit=row.unit,
        replaces=None if row.replaces_id is None else named[row.replaces_id],
        second=_second(row.second, row.second_name),
        reason_code=row.reason_code or "",
        reason=row.reason,
        action=row.action or "",
        source=row.source,
        moved_from=None if row.moved_from_id is None else named.get(row.moved_from_id),
    )


def _second(key: str | None, name: str | None) -> Person | None:
    return None if key is None else Person(key, name or "", "")


def _signatures(db: Db, ids: Sequence[int]) -> Mapping[int, list[Signature]]:
    of = SignatureRow
    rows = db.scalars(select(of).where(of.session_id.in_(ids)).order_by(of.id))
    return _by_session((row.session_id, _signature(row)) for row in rows)


def _signature(row: SignatureRow) -> Signature:
    return Signature(row.public_id, row.meaning, row.at, Person(row.by, row.by_name, row.by_role), row.strength, row.digest)


def _overrides(db: Db, ids: Sequence[int]) -> Mapping[int, list[Override]]:
    of = GateOverrideRow
    rows = db.scalars(select(of).where(of.session_id.in_(ids)).order_by(of.id))
    return _by_session((row.session_id, _override(row)) for row in rows)


def _override(row: GateOverrideRow) -> Override:
    by, second = Person(row.by, row.by_name, row.by_role), _second(row.second, row.second_name)
    return Override(row.public_id, row.gate, row.verb, row.at, by, row.reason, second)


def _seen(db: Db, ids: Sequence[int]) -> Mapping[int, list[AlertSeen]]:
    of = AlertSeenRow
    rows = db.scalars(select(of).where(of.session_id.in_(ids)).order_by(of.id))
    return _by_session((row.session_id, AlertSeen(row.alert, row.at, row.by, row.device)) for row in rows)


def _by_session(pairs: Iterable[tuple[int, T]]) -> Mapping[int, list[T]]:
    found: defaultdict[int, list[T]] = defaultdict(list)
    for session_id, each in pairs:
        found[session_id].append(each)
    return found


def _happened(db: Db, ids: Sequence[int]) -> Mapping[int, dict[str, datetime]]:
    of = SessionEventRow
    asked = select(of.session_id, of.kind, of.at).where(of.session_id.in_(ids)).order_by(of.at, of.id)
    found: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for session_id, kind, at in db.execute(asked):
        found[session_id or 0].setdefault(kind, at)
    return found
