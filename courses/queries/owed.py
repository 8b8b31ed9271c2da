"""Looks at what is owed after a visit: what the gates ask for beside a chart, and the forms with all that stands in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from courses.checklists.gates import Facts
from courses.errors import Unknown
from courses.owed.adverse import AdverseEvent
from courses.owed.deadline import FIRST_CALL, Countdown, countdown
from courses.owed.enrollment import Certification, Enrollment, Setting, is_certified, is_enrolled, standing_enrollment
from courses.owed.form import FormStatus, Given, MonitoringForm, Sources, Submission, filled, minutes_watched, record_digest
from courses.queries.adverse import events_of
from courses.queries.charts import SessionChart, chart_of, charts_with
from courses.queries.enrollments import certifications, enrollments_of
from courses.records import FormSubmissionRow, MonitoringFormRow, PatientRow, SessionRow
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.queries import KnownSite


@dataclass(frozen=True, slots=True)
class KnownForm:
    """A form with its row, its site, and the chart that it is told from."""

    id: int
    site: KnownSite
    form: MonitoringForm
    charted: SessionChart


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form in the queue with the time that is left for it."""

    known: KnownForm
    left: Countdown


@dataclass(frozen=True, slots=True)
class FormRecord:
    """A form's row as it is: how it stands, and of which record it was sent last (None: never)."""

    id: int
    status: FormStatus
    dose_on: date
    sent: str | None
    version: int


def facts_for(db: Db, session: str) -> Facts:
    """What gates ask for beside the chart, of a session by public id. Raises `Unknown`."""
    return facts_of(db, chart_of(db, session))


def facts_of(db: Db, charted: SessionChart) -> Facts:
    """The same of a chart that was looked up already: as of the day of its first dose or, before that, of the day that it is booked for."""
    program, day = program_of(charted), day_of(charted)
    if not program or day is None:
        return Facts()
    enrolled = enrollments_of(db, [charted.patient.id])[charted.patient.id]
    return Facts(
        certified=is_certified(certifications(db, charted.site.id), program, day),
        enrolled=is_enrolled(enrolled, program, charted.site.id, day),
    )


def program_of(charted: SessionChart) -> str:
    """The safety program that a session falls under; empty: none."""
    return next((each.checklist.program for each in charted.checklists if each.checklist.program), "")


def day_of(charted: SessionChart) -> date | None:
    """The day of a session by its site's clock: that of the first dose or, before that, the one it is booked for."""
    at = charted.moments.first_dose or charted.started_at
    if at is None and charted.interval is not None:
        at = charted.interval.starts_at
    return None if at is None else charted.time.date_of(at)


def form_record(db: Db, session_id: int) -> FormRecord | None:
    """The form of a session (by row), if one was ever owed."""
    asked = select(MonitoringFormRow).where(MonitoringFormRow.session_id == session_id)
    row = db.scalar(asked.execution_options(populate_existing=True))
    if row is None:
        return None
    sent = _submissions(db, [row.id])[row.id]
    return FormRecord(row.id, FormStatus(row.status), row.dose_on, sent[-1].digest if sent else None, row.version)


def form(db: Db, key: str) -> KnownForm:
    """A form by public id. Raises `Unknown`."""
    found = _forms(db, MonitoringFormRow.public_id == key)
    if not found:
        raise Unknown("form", key)
    return found[0]


def form_of_session(db: Db, session: str) -> KnownForm | None:
    """The form of a session (by public id), if one was ever owed."""
    found = _forms(db, SessionRow.public_id == session)
    return found[0] if found else None


def forms_owed(db: Db, site_id: int, *, now: datetime) -> tuple[FormLine, ...]:
    """The forms that a site has still to send, the most pressing first, then whose time is over sooner."""
    found = _forms(db, MonitoringFormRow.site_id == site_id, MonitoringFormRow.status == FormStatus.OWED)
    lines = [FormLine(known, countdown(known.form.dose_on, known.charted.time, now=now)) for known in found]
    return tuple(sorted(lines, key=lambda line: (-line.left.urgency, line.known.form.due_at, line.known.id)))


def n_forms_called_for(db: Db, site_id: int, today: date) -> int:
    """How many forms that a site owes are on their third day or later, as of a day by its clock."""
    row = MonitoringFormRow
    late = (row.site_id == site_id, row.status == FormStatus.OWED, row.dose_on <= today - timedelta(days=FIRST_CALL))
    return db.scalar(select(func.count()).select_from(row).where(*late)) or 0


def forms_sent(db: Db, site_id: int, *, since: date) -> tuple[KnownForm, ...]:
    """The forms of doses from a day on that were sent, the newest first."""
    row = MonitoringFormRow
    found = _forms(db, row.site_id == site_id, row.status == FormStatus.SUBMITTED, row.dose_on >= since)
    return tuple(sorted(found, key=lambda known: (known.form.dose_on, known.id), reverse=True))


def sources_of(db: Db, charts: Sequence[SessionChart]) -> dict[str, Sources]:
    """All that the forms of some sessions (by public id) are told from."""
    events = events_of(db, [each.id for each in charts])
    enrolled = enrollments_of(db, {each.patient.id for each in charts})
    certified = {site_id: certifications(db, site_id) for site_id in sorted({each.site.id for each in charts})}
    before = _dosed_before(db, charts)
    return {
        each.session: _sources(
            each, certified[each.site.id], enrolled[each.patient.id], events[each.id], treated_before=each.session in before
        )
        for each in charts
    }


def _sources(
    charted: SessionChart,
    certified: Sequence[Certification],
    enrolled: Sequence[Enrollment],
    events: Sequence[AdverseEvent],
    *,
    treated_before: bool,
) -> Sources:
    program, day = program_of(charted), day_of(charted)
    settings = [each.setting for each in certified if day and each.program == program and each.holds_on(day)]
    items = {item.code: item for known in charted.checklists for item in known.checklist.items}
    watched = [each.by.name for each in charted.signatures if each.meaning in _watching(charted)]
    return Sources(
        charted.patient,
        [Given(items[each.item], each.value, each.observed_at, each.id) for each in charted.chart.effective if each.item in items],
        charted.time,
        settings[0] if settings else Setting(),
        standing_enrollment(enrolled, program, charted.site.id, day) if day else None,
        treated_before,
        watched[-1] if watched else "",
        charted.moments.first_dose,
        charted.moments.last_dose,
        charted.released_at,
        events,
    )


def _watching(charted: SessionChart) -> set[str]:
    """The meanings by which somebody says that they watched: those that nobody else has to sign after them."""
    return {meaning.code for known in charted.checklists for meaning in known.checklist.meanings if not meaning.another}


def _dosed_before(db: Db, charts: Sequence[SessionChart]) -> set[str]:
    """The sessions (by public id) of patients to whom a dose of the same program was given on an earlier day."""
    row, doses = MonitoringFormRow, defaultdict[tuple[str, str], list[date]](list)
    for some in rooms_queries.chunks({each.patient.id for each in charts}):
        asked = select(PatientRow.public_id, row.program, row.dose_on).join(SessionRow, SessionRow.patient_id == PatientRow.id)
        asked = asked.join(row, row.session_id == SessionRow.id).where(PatientRow.public_id.in_(some), row.status != FormStatus.VOID)
        for patient, program, dose_on in db.execute(asked):
            doses[patient, program].append(dose_on)
    return {
        each.session
        for each in charts
        if (day := day_of(each)) and any(dose_on < day for dose_on in doses[each.patient.id, program_of(each)])
    }


def _forms(db: Db, *which: ColumnElement[bool]) -> tuple[KnownForm, ...]:
    row = MonitoringFormRow
    asked = select(row, SessionRow.public_id).join(SessionRow, SessionRow.id == row.session_id).where(*which)
    rows = db.execute(asked.order_by(row.due_at, row.id).execution_options(populate_existing=True)).all()
    charts = {each.session: each for each in charts_with(db, [session for _, session in rows])}
    sources, sent = sources_of(db, list(charts.values())), _submissions(db, [each.id for each, _ in rows])
    return tuple(_known_form(each, charts[session], sources[session], sent[each.id]) for each, session in rows)


def _known_form(row: MonitoringFormRow, charted: SessionChart, sources: Sources, sent: Sequence[Submission]) -> KnownForm:
    watches = [each.checklist.watch.minutes for each in charted.checklists if each.checklist.watch]
    told = MonitoringForm(
        id=row.public_id,
        session=charted.session,
        session_number=charted.number,
        program=row.program,
        site_name=charted.site.site.name,
        patient=charted.patient,
        dose_on=row.dose_on,
        due_at=row.due_at,
        status=FormStatus(row.status),
        answers=filled(sources),
        digest=record_digest(sources),
        submissions=tuple(sent),
        total_minutes=minutes_watched(sources),
        least_minutes=max(watches, default=0),
        has_dose=sources.first_dose is not None,
        version=row.version,
    )
    return KnownForm(row.id, charted.site, told, charted)


def _submissions(db: Db, form_ids: Collection[int]) -> Mapping[int, list[Submission]]:
    row, found = FormSubmissionRow, defaultdict[int, list[Submission]](list)
    for some in rooms_queries.chunks(form_ids):
        for each in db.scalars(select(row).where(row.form_id.in_(some)).order_by(row.recorded_at, row.id)):
            told = Submission(each.submitted_at, each.recorded_at, each.how, each.confirmation, each.by_name, each.digest)
            found[each.form_id].append(told)
    return found
