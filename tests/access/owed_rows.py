"""What is charted and owed at a site, one thing of each kind, so that the tests of rights and of scope have something to find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from courses.records import (
    AdverseEventRow,
    AlertSeenRow,
    CertificationRow,
    ChecklistRow,
    ChecklistVersionRow,
    EnrollmentRow,
    EntryRow,
    FormSubmissionRow,
    GateOverrideRow,
    LotMoveRow,
    LotRow,
    MonitoringFormRow,
    SessionChecklistRow,
    SignatureRow,
)
from rooms.base import Base, Db, NewId

PROGRAM = "a-program"
CHECKLIST = """
id: plain
title: Plain
used_for: [{modality: none}]
items: [{code: note, words: Note, kind: text}]
meanings: [{code: m, words: I watched, roles: [nurse, technician, physician, anesthesia]}]
"""
BY = {"by": "a_x", "by_name": "x", "by_role": "nurse"}


def chart(db: Db, rows: Mapping[str, int], *, now: datetime, new_id: NewId) -> dict[str, str]:
    """A checklist, and something written down by it at a session; the public id of that."""
    checklist = ChecklistRow(site_id=rows["site"], public_id=new_id("c_"), code=new_id("list-"), origin=None)
    _add(db, checklist)
    version = ChecklistVersionRow(
        checklist_id=checklist.id, number=1, status="draft", document=CHECKLIST, digest="0", from_on=now.date(), published_at=None
    )
    _add(db, version)
    session = rows["session"]
    entry = EntryRow(
        public_id=new_id("e_"),
        session_id=session,
        checklist_version_id=version.id,
        item="note",
        value="calm",
        kind="original",
        replaces_id=None,
        observed_at=now,
        observed_offset=-300,
        recorded_at=now,
        author="a_x",
        author_name="x",
        author_role="nurse",
        together=new_id("k-"),
    )
    _add(
        db,
        entry,
        SessionChecklistRow(session_id=session, checklist_version_id=version.id, pinned_at=now),
        SignatureRow(public_id=new_id("sg_"), session_id=session, meaning="m", at=now, strength="s", digest="0", covers="{}", **BY),
        GateOverrideRow(public_id=new_id("go_"), session_id=session, gate="g", verb="start", at=now, reason="because", **BY),
        AlertSeenRow(session_id=session, alert="a", at=now, by="a_x", device="desk"),
    )
    return {"entry": entry.public_id}


def owe(db: Db, rows: Mapping[str, int], *, now: datetime, new_id: NewId) -> dict[str, str]:
    """Rows for a site, a patient and a session (by row); the public ids of what an address may name."""
    site, session, day = rows["site"], rows["session"], now.date()
    certification = CertificationRow(public_id=new_id("ce_"), site_id=site, program=PROGRAM, number="1", from_on=day, until_on=None, by="x")
    enrollment = EnrollmentRow(public_id=new_id("en_"), patient_id=rows["patient"], site_id=site, program=PROGRAM, from_on=day, by="x")
    form = MonitoringFormRow(
        public_id=new_id("f_"), site_id=site, session_id=session, program=PROGRAM, dose_on=date(2026, 11, 20), due_at=now, status="owed"
    )
    lot = LotRow(public_id=new_id("l_"), site_id=site, product="Device", lot=new_id("lot-"), expires_on=None)
    event = AdverseEventRow(
        public_id=new_id("ae_"),
        session_id=session,
        kind="headache",
        is_serious=False,
        began_at=now,
        description="mild",
        status="noted",
        recorded_at=now,
        by="x",
    )
    _add(db, certification, enrollment, form, lot, event)
    sent = FormSubmissionRow(form_id=form.id, submitted_at=now, recorded_at=now, how="fax", by="a_x", by_name="x", digest="0")
    move = LotMoveRow(
        lot_id=lot.id, session_id=None, entry_id=None, kind="received", units=2, at=now, recorded_at=now, by="a_x", by_name="x"
    )
    _add(db, sent, move)
    return {
        "certification": certification.public_id,
        "enrollment": enrollment.public_id,
        "form": form.public_id,
        "lot": lot.public_id,
        "adverse_event": event.public_id,
    }


def _add(db: Db, *rows: Base) -> None:
    db.add_all(rows)
    db.flush()
