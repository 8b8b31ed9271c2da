"""What keeps every look into the tables of the first floor to some sites or patients, and notes who was looked at."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import event, or_, select
from sqlalchemy.orm import QueryContext, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from courses.records import (
    AdverseEventRow,
    AlertSeenRow,
    CertificationRow,
    ChecklistRow,
    ChecklistVersionRow,
    ConsentRow,
    CourseRow,
    EnrollmentRow,
    EntryRow,
    FormSubmissionRow,
    GateOverrideRow,
    JointAnswerRow,
    JointPlanRow,
    LotMoveRow,
    LotRow,
    MonitoringFormRow,
    OpeningOfferRow,
    OpeningSettingRow,
    OpeningWishRow,
    PatientAbsenceRow,
    PatientContactRow,
    PatientRow,
    ProtocolRow,
    ProtocolVersionRow,
    SessionChecklistRow,
    SessionEventRow,
    SessionRow,
    SignatureRow,
    VisitAnswerRow,
    WaitingCourseRow,
    WaitingEventRow,
)
from rooms.base import Db

NAMED = "patients who may be named"
"""Where a database session keeps that not everybody may be named, see `name_only`."""
SEEN = "patients seen"
"""Where a database session keeps whom it has looked at, see `note_patients`."""
OF_A_SITE = (CertificationRow, ChecklistRow, LotRow, MonitoringFormRow, OpeningWishRow, OpeningOfferRow, OpeningSettingRow)
OF_A_VISIT = (SessionChecklistRow, EntryRow, SignatureRow, GateOverrideRow, AlertSeenRow, AdverseEventRow, VisitAnswerRow)
OF_A_PERSON = (PatientAbsenceRow, EnrollmentRow, PatientContactRow, ConsentRow)


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look into the tables of this floor to some sites (by row number): see `scheduler.guarding`."""
    of = {row: select(row.id).where(row.site_id.in_(sites)).scalar_subquery() for row in (PatientRow, ProtocolRow, CourseRow)}
    waiting = select(WaitingCourseRow.id).where(WaitingCourseRow.site_id.in_(sites)).scalar_subquery()
    joint = select(JointPlanRow.id).where(JointPlanRow.site_id.in_(sites)).scalar_subquery()
    own = (PatientRow, ProtocolRow, CourseRow, WaitingCourseRow, JointPlanRow, *OF_A_SITE)
    visits = (
        select(SessionRow.id).join(CourseRow, CourseRow.id == SessionRow.course_id).where(CourseRow.site_id.in_(sites)).scalar_subquery()
    )
    versions = select(ChecklistRow.id).where(ChecklistRow.site_id.in_(sites)).scalar_subquery()
    forms = select(MonitoringFormRow.id).where(MonitoringFormRow.site_id.in_(sites)).scalar_subquery()
    lots = select(LotRow.id).where(LotRow.site_id.in_(sites)).scalar_subquery()
    return (
        *(with_loader_criteria(row, row.site_id.in_(sites), include_aliases=True) for row in own),
        *(with_loader_criteria(row, row.patient_id.in_(of[PatientRow]), include_aliases=True) for row in OF_A_PERSON),
        with_loader_criteria(ProtocolVersionRow, ProtocolVersionRow.protocol_id.in_(of[ProtocolRow]), include_aliases=True),
        with_loader_criteria(SessionRow, SessionRow.course_id.in_(of[CourseRow]), include_aliases=True),
        with_loader_criteria(SessionEventRow, SessionEventRow.course_id.in_(of[CourseRow]), include_aliases=True),
        with_loader_criteria(WaitingEventRow, WaitingEventRow.waiting_course_id.in_(waiting), include_aliases=True),
        with_loader_criteria(JointAnswerRow, JointAnswerRow.joint_plan_id.in_(joint), include_aliases=True),
        *(with_loader_criteria(row, row.session_id.in_(visits), include_aliases=True) for row in OF_A_VISIT),
        with_loader_criteria(ChecklistVersionRow, ChecklistVersionRow.checklist_id.in_(versions), include_aliases=True),
        with_loader_criteria(FormSubmissionRow, FormSubmissionRow.form_id.in_(forms), include_aliases=True),
        with_loader_criteria(LotMoveRow, LotMoveRow.lot_id.in_(lots), include_aliases=True),
    )


def of_patients(keys: Collection[str], sites: Collection[int]) -> ORMOption:
    """What keeps looks at some sites (by row number) to some patients (by public id), as if no others were there."""
    theirs = or_(PatientRow.site_id.not_in(sites), PatientRow.public_id.in_(keys))
    return with_loader_criteria(PatientRow, theirs, include_aliases=True)


def name_only(db: Db, keys: Collection[str]) -> None:
    """Let only some patients (by public id) be named in what is told of others' visits in this database session."""
    db.info[NAMED] = frozenset(keys)


def note_patients(db: Db, seen: set[str]) -> None:
    """Note in `seen` every patient (by public id) who is looked at in this database session from now on."""
    db.info[SEEN] = seen


def _note_patient(row: PatientRow, context: QueryContext, *_: object) -> None:
    seen = context.session.info.get(SEEN)
    if seen is not None:
        seen.add(row.public_id)


event.listen(PatientRow, "load", _note_patient)


event.listen(PatientRow, "refresh", _note_patient)
