"""Wishes for other places and what was offered for them at a site, so that the tests of rights and of scope find something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from courses.records import OpeningOfferRow, OpeningSettingRow, OpeningWishRow, SessionRow
from rooms.base import Db, NewId


def wish(db: Db, rows: Mapping[str, int], *, now: datetime, new_id: NewId) -> dict[str, str]:
    """Rows for a site, a patient and a session (by row); the public ids of what an address may name."""
    site, patient, session = rows["site"], rows["patient"], rows["session"]
    wished = OpeningWishRow(
        public_id=new_id("ow_"),
        site_id=site,
        patient_id=patient,
        course_id=db.get_one(SessionRow, session).course_id,
        session_id=session,
        aim="sooner",
        weekdays=127,
        opens=0,
        closes=1440,
        notice_hours=0,
        priority=1.0,
        since=now,
        status="open",
        by="x",
        version=1,
    )
    db.add(wished)
    db.flush()
    offer = OpeningOfferRow(
        public_id=new_id("of_"),
        site_id=site,
        patient_id=patient,
        wish_id=wished.id,
        session_id=session,
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1, minutes=30),
        resources=[],
        asked_by="desk",
        begins_at=now,
        hold_until=now + timedelta(hours=1),
        status="offered",
        made_at=now,
        version=1,
    )
    db.add(offer)
    if rows.get("first"):
        db.add(OpeningSettingRow(site_id=site, hold_minutes=60, desk_hours=24, by_itself=True, version=1))
    db.flush()
    return {"wish": wished.public_id, "offer": offer.public_id}
