"""Looks into protocols and their versions."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import ColumnElement, and_, select

from courses.errors import Unknown
from courses.protocols.notation import read_protocol
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.provenance import ProtocolDocument
from courses.protocols.version import ProtocolVersion, RetiredProtocol, VersionStatus
from courses.queries.known import KnownVersion
from courses.queries.patient_looks import rows_named
from courses.records import ProtocolRow, ProtocolVersionRow
from rooms.base import Db


def protocol_version(db: Db, key: str, number: int | None = None, *, site_id: int | None = None) -> KnownVersion:
    """A protocol's version of that number, or its active one. Raises `Unknown`, or `RetiredProtocol` where none is active."""
    named = rows_named(ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.site_id, key, site_id)
    found = versions(db, named)
    if not found:
        raise Unknown("protocol", key)
    if number is None:
        active = [known for known in found if known.version.status is VersionStatus.ACTIVE]
        if not active:
            raise RetiredProtocol(found[-1].version.code)
        return active[-1]
    same = [known for known in found if known.version.number == number]
    if not same:
        raise Unknown("version", f"{number} of protocol {key}")
    return same[0]


def versions_of(db: Db, key: str, *, site_id: int | None = None) -> tuple[KnownVersion, ...]:
    """All versions of a protocol, the oldest first; nothing for a protocol that is not there."""
    return versions(db, rows_named(ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.site_id, key, site_id))


def protocols(db: Db, site_id: int) -> tuple[KnownVersion, ...]:
    """The protocols of a site, each by its newest version, by code."""
    newest = {known.protocol_id: known for known in versions(db, ProtocolRow.site_id == site_id)}
    return tuple(sorted(newest.values(), key=lambda known: known.version.code))


def reserving_protocols(db: Db, site_id: int) -> tuple[TreatmentProtocol, ...]:
    """The active protocols of a site that reserve room for their own courses."""
    active = versions(db, and_(ProtocolRow.site_id == site_id, ProtocolVersionRow.status == VersionStatus.ACTIVE))
    return tuple(known.version.protocol for known in active if known.version.protocol.reserve)


def lock_protocol(db: Db, code: str, *, site_id: int) -> int | None:
    """Hold everybody else off publishing this protocol until the transaction ends. Its row number, if it is there."""
    return db.scalar(select(ProtocolRow.id).where(ProtocolRow.site_id == site_id, ProtocolRow.code == code).with_for_update())


def versions(db: Db, which: ColumnElement[bool]) -> tuple[KnownVersion, ...]:
    """Protocol versions, the oldest first."""
    asked = select(ProtocolVersionRow, ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.origin)
    asked = asked.join(ProtocolRow, ProtocolRow.id == ProtocolVersionRow.protocol_id).where(which)
    ordered = asked.order_by(ProtocolVersionRow.protocol_id, ProtocolVersionRow.number).execution_options(populate_existing=True)
    return tuple(_known_version(row, public_id, code, origin) for row, public_id, code, origin in db.execute(ordered))


def _known_version(row: ProtocolVersionRow, public_id: str, code: str, origin: str | None) -> KnownVersion:
    published = (row.published_at, row.published_by, origin)
    value = ProtocolVersion(public_id, code, row.number, VersionStatus(row.status), row.document, _document(row.document), *published)
    return KnownVersion(row.id, row.protocol_id, value)


@lru_cache(maxsize=512)
def _document(text: str) -> ProtocolDocument:
    return read_protocol(text)
