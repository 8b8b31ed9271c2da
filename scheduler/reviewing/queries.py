"""Every look that the weekly review takes: at names, visits and verdicts. No patient is shown by it, so that no look is told of."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import select

from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Base, Db
from scheduler.access.unusual import Member, Named, Treated
from scheduler.records.accounts import AccountRow
from scheduler.records.audit import ReviewRow


def members(db: Db, site_id: int, around: Interval) -> dict[str, Member]:
    """Everybody who has or had an account, by public id, with the patients who are booked with them around a time."""
    booking, session, patient = (Base.metadata.tables[name] for name in ("booking", "session", "patient"))
    asked = (
        select(booking.c.resource_id, patient.c.public_id)
        .join(session, session.c.public_id == booking.c.purpose)
        .join(patient, patient.c.id == session.c.patient_id)
        .where(patient.c.site_id == site_id, booking.c.starts_at >= around.starts_at, booking.c.starts_at < around.ends_at)
    )
    own: dict[int, set[str]] = defaultdict(set)
    for resource_id, key in db.execute(asked):
        own[resource_id].add(key)
    row = AccountRow.__table__.c
    people = db.execute(select(row.public_id, row.given_name, row.family_name, row.resource_id))
    return {key: Member(Named(given, family), frozenset(own[works_as] if works_as else ())) for key, given, family, works_as in people}


def patients(db: Db, site_id: int, around: Interval, time: SiteTime) -> dict[str, Treated]:
    """Everybody who is treated at a site, by public id, with the local days of their visits around a time."""
    session, patient = Base.metadata.tables["session"], Base.metadata.tables["patient"]
    asked = (
        select(session.c.patient_id, session.c.starts_at)
        .join(patient, patient.c.id == session.c.patient_id)
        .where(patient.c.site_id == site_id, session.c.starts_at >= around.starts_at, session.c.starts_at < around.ends_at)
        .where(session.c.status != "cancelled")
    )
    days: dict[int, set[date]] = defaultdict(set)
    for patient_id, starts_at in db.execute(asked):
        days[patient_id].add(time.date_of(starts_at))
    people = select(patient.c.id, patient.c.public_id, patient.c.given_name, patient.c.family_name).where(patient.c.site_id == site_id)
    return {key: Treated(Named(given, family), frozenset(days[row_id])) for row_id, key, given, family in db.execute(people)}


def numbers_of_patients(db: Db, site_id: int) -> dict[str, str]:
    """The clinic's own number of everybody at a site, by public id."""
    patient = Base.metadata.tables["patient"].c
    return {key: code for key, code in db.execute(select(patient.public_id, patient.code).where(patient.site_id == site_id))}


def names_of_accounts(db: Db) -> dict[str, str]:
    """Everybody's name, by public id."""
    row = AccountRow.__table__.c
    found = db.execute(select(row.public_id, row.given_name, row.family_name))
    return {key: f"{given} {family}".strip() for key, given, family in found}


def verdicts(db: Db, site_id: int, week_on: date) -> list[ReviewRow]:
    """What was said of a week, oldest first."""
    row = ReviewRow
    return list(db.scalars(select(row).where(row.site_id == site_id, row.week_on == week_on).order_by(row.id)))
