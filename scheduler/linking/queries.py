"""Every look into the tables of links."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from courses.queries.reaching import last_start
from rooms.base import Db
from scheduler.access.token import digest_of
from scheduler.linking.known import KnownLink, LinkEvent
from scheduler.records.links import LinkEventRow, LinkKeyRow, VisitLinkRow


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look into these tables to some sites (by row number): see `scheduler.guarding`."""
    theirs = select(VisitLinkRow.id).where(VisitLinkRow.site_id.in_(sites)).scalar_subquery()
    return (
        with_loader_criteria(VisitLinkRow, VisitLinkRow.site_id.in_(sites), include_aliases=True),
        with_loader_criteria(LinkKeyRow, LinkKeyRow.link_id.in_(theirs), include_aliases=True),
        with_loader_criteria(LinkEventRow, LinkEventRow.link_id.in_(theirs), include_aliases=True),
    )


def link_of(db: Db, token: str) -> KnownLink | None:
    """The link that a key opens, alive or not."""
    row, key = VisitLinkRow, LinkKeyRow
    asked = select(row).join(key, key.link_id == row.id).where(key.digest == digest_of(token), key.kind == "link")
    found = db.scalar(asked.execution_options(populate_existing=True))
    return None if found is None else _known(found)


def is_proven(db: Db, link_id: int, proof: str, *, now: datetime) -> bool:
    """Whether somebody has shown for this link that they know the birth date."""
    row = LinkKeyRow
    asked = select(row.id).where(row.digest == digest_of(proof), row.link_id == link_id, row.kind == "proof", row.ends_at > now)
    return db.scalar(asked) is not None


def wrong_dates(db: Db, link_id: int) -> int:
    """How often a birth date was guessed wrongly by a link."""
    row = LinkEventRow
    return db.scalar(select(func.count()).where(row.link_id == link_id, row.what == "wrong_date")) or 0


def links_of(db: Db, patient_id: int, *, kind: str = "") -> tuple[KnownLink, ...]:
    """Every link of a patient, the newest first."""
    row = VisitLinkRow
    asked = select(row).where(row.patient_id == patient_id).order_by(row.id.desc())
    asked = asked.where(row.kind == kind) if kind else asked
    return tuple(_known(each) for each in db.scalars(asked.execution_options(populate_existing=True)))


def given_for(db: Db, session_ids: Collection[int]) -> dict[tuple[int | None, str, str], KnownLink]:
    """The newest link to each of these visits and address that nobody has revoked, by session, channel and address."""
    row = VisitLinkRow
    asked = select(row).where(row.session_id.in_(session_ids), row.revoked_at.is_(None)).order_by(row.id)
    found = db.scalars(asked.execution_options(populate_existing=True))
    return {(each.session_id, each.channel, each.address): _known(each) for each in found}


def events_of(db: Db, link_ids: Collection[int]) -> dict[int, list[LinkEvent]]:
    """What was done by links, in order."""
    row, found = LinkEventRow, {link_id: list[LinkEvent]() for link_id in link_ids}
    for each in db.scalars(select(row).where(row.link_id.in_(link_ids)).order_by(row.id)):
        found[each.link_id].append(LinkEvent(each.at, each.what, each.by))
    return found


def live_rows(db: Db, *, patient_id: int | None = None, address: str = "") -> tuple[VisitLinkRow, ...]:
    """The rows of links that nobody has revoked, of a patient or to an address, for those who revoke them."""
    row = VisitLinkRow
    asked = select(row).where(row.revoked_at.is_(None)).order_by(row.id).with_for_update()
    asked = asked.where(row.patient_id == patient_id) if patient_id is not None else asked.where(row.address == address)
    return tuple(db.scalars(asked.execution_options(populate_existing=True)))


def _known(row: VisitLinkRow) -> KnownLink:
    return KnownLink(
        row.id,
        row.public_id,
        row.kind,
        row.site_id,
        row.patient_id,
        row.course_id,
        row.session_id,
        row.channel,
        row.address,
        row.contact_number,
        row.visit_at,
        row.created_at,
        row.revoked_at,
    )


def keys_of_no_use(db: Db, *, before: datetime, calendars_before: datetime, most: int) -> tuple[int, ...]:
    """Row numbers of keys that opened nothing any more `before` then: of links that were revoked, of visits long past, and proofs.

    `calendars_before` is the same for the last visit of a course, whose calendar lives longer.
    """
    key, link = LinkKeyRow, VisitLinkRow
    visit, last = last_start(session=link.session_id), last_start(course=link.course_id)
    over = or_(
        link.revoked_at < before,
        and_(link.kind == "visit", link.visit_at < before, or_(visit.is_(None), visit < before)),
        and_(link.kind == "course", link.visit_at < calendars_before, or_(last.is_(None), last < calendars_before)),
        key.ends_at < before,
    )
    found = select(key.id).join(link, link.id == key.link_id).where(key.at < before, over)
    return tuple(db.scalars(found.order_by(key.id).limit(most)))
