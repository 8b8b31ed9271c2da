"""By which versions of checklists sessions are charted: those that they were opened with, or those that would be taken now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import select

from courses import queries
from courses.checklists.checklist import Checklist
from courses.checklists.notation import read_checklist
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.version import VersionStatus
from courses.records import ChecklistRow, ChecklistVersionRow, ProtocolVersionRow, SessionChecklistRow
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class KnownChecklist:
    """A version of a checklist with its row. `key` is the checklist's public id, `digest` that of the version's document."""

    id: int
    key: str
    number: int
    digest: str
    from_on: date
    checklist: Checklist


@dataclass(frozen=True, slots=True)
class Charted:
    """A session as its checklists are chosen: `on` is its local date, `protocol_version` the row of its protocol's version."""

    id: int
    site_id: int
    on: date | None
    protocol_version: int
    template: str
    number: int


def pinned(db: Db, session_ids: Collection[int]) -> Mapping[int, tuple[KnownChecklist, ...]]:
    """The versions that sessions (by row) were opened with; a session that was not opened is left out."""
    of = SessionChecklistRow
    asked = select(of.session_id, ChecklistVersionRow, ChecklistRow.public_id)
    asked = asked.join(ChecklistVersionRow, ChecklistVersionRow.id == of.checklist_version_id)
    asked = asked.join(ChecklistRow, ChecklistRow.id == ChecklistVersionRow.checklist_id).where(of.session_id.in_(session_ids))
    found: defaultdict[int, list[KnownChecklist]] = defaultdict(list)
    for session_id, row, key in db.execute(asked.order_by(ChecklistRow.code, of.id)):
        found[session_id].append(_known(row, key))
    return {session_id: tuple(each) for session_id, each in found.items()}


def in_force(db: Db, sessions: Sequence[Charted]) -> Mapping[int, tuple[KnownChecklist, ...]]:
    """The versions that sessions would be charted by if they were opened now, by checklist."""
    by_site = {site_id: _published(db, site_id) for site_id in sorted({each.site_id for each in sessions})}
    ids = sorted({each.protocol_version for each in sessions})
    protocols = {each.id: each.version.protocol for each in queries.versions(db, ProtocolVersionRow.id.in_(ids))} if ids else {}
    return {each.id: tuple(_serving(by_site[each.site_id], each, protocols[each.protocol_version])) for each in sessions}


def has_several_a_day(protocol: TreatmentProtocol) -> bool:
    """Whether any of its phases has several sessions on one day."""
    return any(phase.spacing.per_day > 1 for phase in protocol.phases)


def _published(db: Db, site_id: int) -> Sequence[Sequence[tuple[KnownChecklist, VersionStatus]]]:
    """All published versions of a site's checklists, each checklist's on its own, the newest first."""
    asked = select(ChecklistVersionRow, ChecklistRow.public_id).join(ChecklistRow, ChecklistRow.id == ChecklistVersionRow.checklist_id)
    asked = asked.where(ChecklistRow.site_id == site_id, ChecklistVersionRow.status != VersionStatus.DRAFT)
    found: defaultdict[str, list[tuple[KnownChecklist, VersionStatus]]] = defaultdict(list)
    for row, key in db.execute(asked.order_by(ChecklistRow.code, ChecklistVersionRow.number.desc())):
        found[key].append((_known(row, key), VersionStatus(row.status)))
    return list(found.values())


def _serving(
    published: Iterable[Sequence[tuple[KnownChecklist, VersionStatus]]], session: Charted, protocol: TreatmentProtocol
) -> Iterable[KnownChecklist]:
    several = has_several_a_day(protocol)
    for versions in published:
        newest, status = versions[0]
        known = next((each for each, _ in versions if session.on is None or each.from_on <= session.on), None)
        is_withdrawn = known is newest and status is VersionStatus.RETIRED
        if known is None or is_withdrawn:
            continue
        if known.checklist.serves(protocol.modality, session.template, session.number, several_a_day=several):
            yield known


def _known(row: ChecklistVersionRow, key: str) -> KnownChecklist:
    return KnownChecklist(row.id, key, row.number, row.digest, row.from_on, _read(row.document))


@lru_cache(maxsize=256)
def _read(document: str) -> Checklist:
    return read_checklist(document)
