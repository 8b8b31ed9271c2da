"""Protocols and checklists of a clinic: published as numbered versions that never change.

A running course keeps the protocol's version that it began with, a session the checklists' versions that it was opened with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from importlib.resources.abc import Traversable

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from courses import queries
from courses.checklists.checklist import Checklist
from courses.checklists.notation import read_checklist
from courses.checklists.version import ChecklistVersion, FromThePast, check_questions
from courses.errors import CodeTaken, Faulty, Unknown, checked_text
from courses.protocols.notation import read_protocol
from courses.protocols.version import ProtocolVersion, VersionStatus
from courses.protocols.written import write_protocol
from courses.queries import KnownVersion
from courses.queries import checklists as checklist_queries
from courses.records import ChecklistRow, ChecklistVersionRow, ProtocolRow, ProtocolVersionRow
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db, NewId

ALWAYS = date(2000, 1, 1)
"""From when on what a site took over from the library is in force."""


def publish_protocol(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db, site: str, code: str, text: str, *, by: str, now: datetime, new_id: NewId, origin: str | None = None
) -> ProtocolVersion:
    """Publish a document as the protocol's next version, from which new courses begin. The active version's very text is that version.

    Raises `FaultyDocument` with every fault at its line, and `Unknown` for the site.
    """
    code = checked_text("code", code, 100)
    read_protocol(text, f"{code}.yaml")
    site_id = rooms_queries.site(db, site).id
    protocol_id = _protocol_row(db, site_id, code, origin, new_id)
    before = queries.versions_of(db, code, site_id=site_id)
    if before and before[-1].version.text == text and before[-1].version.status is VersionStatus.ACTIVE:
        return before[-1].version
    _retire(db, before)
    number = before[-1].version.number + 1 if before else 1
    row = {"protocol_id": protocol_id, "number": number, "status": VersionStatus.ACTIVE, "document": text, "digest": digest_of(text)}
    db.execute(insert(ProtocolVersionRow), [row | {"published_at": now, "published_by": by}])
    return queries.protocol_version(db, code, number, site_id=site_id).version


def retire(db: Db, site: str, code: str) -> tuple[ProtocolVersion, ...]:
    """No course begins under the protocol any more; running ones go on. Raises `Unknown`."""
    site_id = rooms_queries.site(db, site).id
    queries.lock_protocol(db, code, site_id=site_id)
    known = queries.versions_of(db, code, site_id=site_id)
    if not known:
        raise Unknown("protocol", code)
    _retire(db, known)
    return tuple(each.version for each in queries.versions_of(db, code, site_id=site_id))


def copy_protocol(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db, site: str, code: str, new_code: str, *, by: str, now: datetime, new_id: NewId
) -> ProtocolVersion:
    """A protocol of the clinic's own, to be edited, from the newest version of another. Raises `Unknown` and `CodeTaken`."""
    site_id = rooms_queries.site(db, site).id
    known = queries.versions_of(db, code, site_id=site_id)
    if not known:
        raise Unknown("protocol", code)
    if queries.versions_of(db, new_code, site_id=site_id):
        raise CodeTaken("protocol", new_code)
    document = known[-1].version.document
    text = write_protocol(replace(document, protocol=replace(document.protocol, id=new_code)))
    origin = known[-1].version.origin or code
    return publish_protocol(db, site, new_code, text, by=by, now=now, new_id=new_id, origin=origin)


def load_library(db: Db, site: str, files: Iterable[Traversable], *, by: str, now: datetime, new_id: NewId) -> tuple[ProtocolVersion, ...]:
    """Publish the library's protocols that the site does not have yet. What it has stays as it is: the clinic may have edited it."""
    have = {known.version.code for known in queries.protocols(db, rooms_queries.site(db, site).id)}
    return tuple(
        publish_protocol(db, site, code, file.read_text(encoding="utf-8"), by=by, now=now, new_id=new_id, origin=file.name)
        for file in files
        if (code := file.name.removesuffix(".yaml")) not in have
    )


def publish_checklist(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db,
    site: str,
    code: str,
    text: str,
    *,
    by: str,
    now: datetime,
    new_id: NewId,
    from_on: date | None = None,
    origin: str | None = None,
) -> ChecklistVersion:
    """Publish a document as the checklist's next version, in force from a day of the site's on, today where none is said.

    The newest version's very text, in force already, is that version. Raises `FaultyDocument` with every fault at its line, `SameQuestion`,
    `FromThePast`, and `Unknown` for the site.
    """
    known_site = rooms_queries.site(db, site)
    today = SiteTime(known_site.site.timezone).date_of(now)
    if from_on is not None and from_on < today:
        raise FromThePast(from_on, today)
    beside = [known.version for known in checklist_queries.checklists(db, known_site.id)]
    return _publish_checklist(db, known_site.id, code, text, from_on or today, beside, by=by, now=now, new_id=new_id, origin=origin)


def retire_checklist(db: Db, site: str, code: str) -> tuple[ChecklistVersion, ...]:
    """No session is opened with the checklist any more; those that were go on. Raises `Unknown`."""
    site_id = rooms_queries.site(db, site).id
    checklist_id = checklist_queries.lock_checklist(db, code, site_id=site_id)
    if checklist_id is None:
        raise Unknown("checklist", code)
    of_it = ChecklistVersionRow.checklist_id == checklist_id
    db.execute(update(ChecklistVersionRow).where(of_it).values(status=VersionStatus.RETIRED))
    return tuple(each.version for each in checklist_queries.versions_of_checklist(db, code, site_id=site_id))


def adopt_checklists(
    db: Db, site: str, documents: Mapping[str, str], *, by: str, now: datetime, new_id: NewId
) -> tuple[ChecklistVersion, ...]:
    """Publish the library's checklists (`courses.library.library`) that the site does not have yet, as if they had always been in force.

    What it has stays as it is: the clinic may have edited it.
    """
    site_id = rooms_queries.site(db, site).id
    there = [known.version for known in checklist_queries.checklists(db, site_id)]
    missing = {code: text for code, text in documents.items() if code not in {version.code for version in there}}
    adopted: list[ChecklistVersion] = []
    for code, text in missing.items():
        beside = [*there, *adopted]
        adopted.append(_publish_checklist(db, site_id, code, text, ALWAYS, beside, by=by, now=now, new_id=new_id, origin=code))
    return tuple(adopted)


@lru_cache(maxsize=64)
def _read(text: str, file: str) -> Checklist:
    """Every new site takes over the same checklists of the library."""
    return read_checklist(text, file)


def digest_of(text: str) -> str:
    """What tells one document from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def _publish_checklist(  # noqa: PLR0913
    db: Db,
    site_id: int,
    code: str,
    text: str,
    from_on: date,
    beside: Iterable[ChecklistVersion],
    *,
    by: str,
    now: datetime,
    new_id: NewId,
    origin: str | None,
) -> ChecklistVersion:
    code = checked_text("code", code, 100)
    checklist = _read(text, f"{code}.yaml")
    if checklist.code != code:
        raise Faulty("id", f"this is a version of {code!r}, and keeps that id")
    check_questions(checklist, (each.checklist for each in beside if each.status is VersionStatus.ACTIVE))
    checklist_id = _checklist_row(db, site_id, code, origin, new_id)
    before = [known.version for known in checklist_queries.versions_of_checklist(db, code, site_id=site_id)]
    if before and before[-1].text == text and before[-1].status is VersionStatus.ACTIVE and before[-1].from_on <= from_on:
        return before[-1]
    number = before[-1].number + 1 if before else 1
    row = {"checklist_id": checklist_id, "number": number, "status": VersionStatus.ACTIVE, "document": text, "digest": digest_of(text)}
    db.execute(insert(ChecklistVersionRow), [row | {"from_on": from_on, "published_at": now, "published_by": by}])
    return checklist_queries.checklist_version(db, code, number, site_id=site_id).version


def _checklist_row(db: Db, site_id: int, code: str, origin: str | None, new_id: NewId) -> int:
    """The checklist's row, locked; a new one where the site has none of that code."""
    row_id = checklist_queries.lock_checklist(db, code, site_id=site_id)
    if row_id is not None:
        return row_id
    row = ChecklistRow(site_id=site_id, public_id=new_id("cl_"), code=code, origin=origin)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError as taken:
        raise CodeTaken("checklist", code) from taken
    return row.id


def _protocol_row(db: Db, site_id: int, code: str, origin: str | None, new_id: NewId) -> int:
    """The protocol's row, locked; a new one where the site has none of that code."""
    row_id = queries.lock_protocol(db, code, site_id=site_id)
    if row_id is not None:
        return row_id
    row = ProtocolRow(site_id=site_id, public_id=new_id("t_"), code=code, origin=origin)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError as taken:
        raise CodeTaken("protocol", code) from taken
    return row.id


def _retire(db: Db, known: Iterable[KnownVersion]) -> None:
    ids = [each.id for each in known if each.version.status is VersionStatus.ACTIVE]
    if ids:
        db.execute(update(ProtocolVersionRow).where(ProtocolVersionRow.id.in_(ids)).values(status=VersionStatus.RETIRED))
