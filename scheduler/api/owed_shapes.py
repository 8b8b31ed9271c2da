"""Shapes of what is owed after a visit: forms and what stands in them, certification and enrollment, lots, untoward events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from courses.owed.adverse import AdverseEvent
from courses.owed.enrollment import Certification, Enrollment
from courses.owed.form import FormAnswer, FormStatus, MonitoringForm, Submission
from courses.owed.lots import Lot, ledger
from courses.queries.adverse import KnownEvent
from courses.queries.owed import FormLine
from rooms.availability.hours import SiteTime
from scheduler.access.clinical import Clinical
from scheduler.api.fields import Shape, on_clock


class AnswerShown(Shape):
    """What stands in one field of a form. `is_missing`: it is required, and nobody wrote it down."""

    code: str
    part: int
    words: str
    required: bool
    is_missing: bool
    text: Annotated[str, Clinical]
    entries: Annotated[list[str], Clinical]

    @classmethod
    def of(cls, answer: FormAnswer) -> AnswerShown:
        """A field as it is shown."""
        asked = answer.field
        return cls(
            code=asked.code,
            part=asked.part,
            words=asked.words,
            required=asked.required,
            is_missing=answer.is_missing,
            text=answer.text,
            entries=list(answer.entries),
        )


class SubmissionShown(Shape):
    """That somebody sent a form."""

    submitted_at: datetime
    recorded_at: datetime
    how: str
    confirmation: str
    by: str

    @classmethod
    def of(cls, sent: Submission, time: SiteTime) -> SubmissionShown:
        """A sending as it is shown."""
        return cls(
            submitted_at=on_clock(sent.submitted_at, time),
            recorded_at=on_clock(sent.recorded_at, time),
            how=sent.how,
            confirmation=sent.confirmation,
            by=sent.by_name,
        )


class FormShown(Shape):
    """A monitoring form, filled in from what was written down and from nothing else. `version` is its ETag.

    `digest` names the record that it is told from; send it back with the submission. This program sends no form itself.
    """

    id: str
    session: str
    session_number: int
    program: str
    patient: str
    dose_on: date
    due_at: datetime
    status: FormStatus
    is_owed_again: bool
    answers: list[AnswerShown]
    total_minutes: Annotated[int | None, Clinical]
    is_too_short: Annotated[bool, Clinical]
    submissions: list[SubmissionShown]
    digest: str
    version: int

    @classmethod
    def of(cls, form: MonitoringForm, time: SiteTime) -> FormShown:
        """A form as it is shown."""
        return cls(
            id=form.id,
            session=form.session,
            session_number=form.session_number,
            program=form.program,
            patient=form.patient.name,
            dose_on=form.dose_on,
            due_at=on_clock(form.due_at, time),
            status=form.status,
            is_owed_again=form.is_owed_again,
            answers=[AnswerShown.of(answer) for answer in form.answers],
            total_minutes=form.total_minutes,
            is_too_short=form.is_too_short,
            submissions=[SubmissionShown.of(sent, time) for sent in form.submissions],
            digest=form.digest,
            version=form.version,
        )


class FormLineShown(Shape):
    """A form in the queue. `missing` names the required fields for which nothing was written down."""

    id: str
    session: str
    session_number: int
    patient: str
    dose_on: date
    due_at: datetime
    days_left: int
    urgency: str
    is_owed_again: bool
    is_session_over: bool
    missing: list[str]

    @classmethod
    def of(cls, line: FormLine, time: SiteTime) -> FormLineShown:
        """A line as it is shown."""
        form = line.known.form
        return cls(
            id=form.id,
            session=form.session,
            session_number=form.session_number,
            patient=form.patient.name,
            dose_on=form.dose_on,
            due_at=on_clock(form.due_at, time),
            days_left=line.left.days_left,
            urgency=line.left.urgency.name.lower(),
            is_owed_again=form.is_owed_again,
            is_session_over=line.known.charted.released_at is not None,
            missing=[answer.field.words for answer in form.missing],
        )


class FormQueue(Shape):
    """The forms that a site has still to send, the most pressing first."""

    forms: list[FormLineShown]


class CertificationShown(Shape):
    """A site's certification. `version` is its ETag."""

    id: str
    program: str
    number: str
    representative: str
    from_on: date
    until_on: date | None
    setting_name: str
    address: str
    address_more: str
    city: str
    state: str
    postal_code: str
    telephone: str
    email: str
    by: str
    version: int

    @classmethod
    def of(cls, held: Certification) -> CertificationShown:
        """A certification as it is shown."""
        there = held.setting
        return cls(
            id=held.id,
            program=held.program,
            number=held.number,
            representative=held.representative,
            from_on=held.from_on,
            until_on=held.until_on,
            setting_name=there.name,
            address=there.address,
            address_more=there.address_more,
            city=there.city,
            state=there.state,
            postal_code=there.postal_code,
            telephone=there.telephone,
            email=there.email,
            by=held.by,
            version=held.version,
        )


class Certifications(Shape):
    """All that a site ever had, the newest first."""

    certifications: list[CertificationShown]


class EnrollmentShown(Shape):
    """A patient's enrollment at a site (null: at one that you do not see). `version` is its ETag."""

    id: str
    patient: str
    site: str | None
    program: str
    number: str
    middle_name: str
    sex: str
    from_on: date
    until_on: date | None
    transfer_told_on: date | None
    owes_transfer: bool
    by: str
    version: int

    @classmethod
    def of(cls, held: Enrollment, site: str | None, *, owes_transfer: bool) -> EnrollmentShown:
        """An enrollment as it is shown."""
        return cls(
            id=held.id,
            patient=held.patient,
            site=site,
            program=held.program,
            number=held.number,
            middle_name=held.middle_name,
            sex=held.sex,
            from_on=held.from_on,
            until_on=held.until_on,
            transfer_told_on=held.transfer_told_on,
            owes_transfer=owes_transfer,
            by=held.by,
            version=held.version,
        )


class Enrollments(Shape):
    """All that a patient ever had, the newest first."""

    enrollments: list[EnrollmentShown]


class MoveShown(Shape):
    """Units of a lot that came, went or were counted, and how many there were afterwards."""

    kind: str
    units: int
    balance: int
    at: datetime
    recorded_at: datetime
    by: str
    witness: str
    reason: str
    session: str | None


class LotShown(Shape):
    """A lot at a site with all its moves, in the order in which they happened."""

    id: str
    product: str
    lot: str
    expires_on: date | None
    balance: int
    moves: list[MoveShown]

    @classmethod
    def of(cls, lot: Lot, time: SiteTime) -> LotShown:
        """A lot as it is shown."""
        moves = [
            MoveShown(
                kind=move.kind,
                units=move.units,
                balance=left,
                at=on_clock(move.at, time),
                recorded_at=on_clock(move.recorded_at, time),
                by=move.by_name,
                witness=move.witness_name,
                reason=move.reason,
                session=move.session,
            )
            for move, left in ledger(lot.moves)
        ]
        return cls(id=lot.id, product=lot.product, lot=lot.lot, expires_on=lot.expires_on, balance=lot.balance, moves=moves)


class Lots(Shape):
    """The lots of a site, by product and what expires first."""

    lots: list[LotShown]


class EventShown(Shape):
    """An untoward event. `version` is its ETag."""

    id: str
    session: str
    kind: Annotated[str, Clinical]
    is_serious: bool
    began_at: datetime
    resolved_at: datetime | None
    description: Annotated[str, Clinical]
    status: str
    reported_at: datetime | None
    reported_how: str | None
    confirmation: str
    recorded_at: datetime
    by: str
    version: int

    @classmethod
    def of(cls, event: AdverseEvent, time: SiteTime) -> EventShown:
        """An event as it is shown."""
        return cls(
            id=event.id,
            session=event.session,
            kind=event.kind,
            is_serious=event.is_serious,
            began_at=on_clock(event.began_at, time),
            resolved_at=None if event.resolved_at is None else on_clock(event.resolved_at, time),
            description=event.description,
            status=event.status,
            reported_at=None if event.reported_at is None else on_clock(event.reported_at, time),
            reported_how=event.reported_how,
            confirmation=event.confirmation,
            recorded_at=on_clock(event.recorded_at, time),
            by=event.by,
            version=event.version,
        )


class EventOfPatient(EventShown):
    """An untoward event in a list, with whom it happened to."""

    patient: str

    @classmethod
    def of_known(cls, known: KnownEvent, time: SiteTime) -> EventOfPatient:
        """An event as it is listed."""
        return cls(**EventShown.of(known.event, time).model_dump(), patient=known.patient)


class Events(Shape):
    """Untoward events: what is to be reported first, then the newest first."""

    adverse_events: list[EventOfPatient]
