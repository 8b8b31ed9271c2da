"""Sending monitoring forms: somebody sent one, by hand, and says when, how and with which confirmation. This program sends none itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, update

from courses import queries
from courses.checklists.entry import Person
from courses.errors import DomainError, Faulty, StaleVersion, check_version
from courses.owed.form import FormStatus, MonitoringForm
from courses.queries import owed
from courses.queries.owed import KnownForm
from courses.records import FormSubmissionRow, MonitoringFormRow
from rooms.base import Db

HOW = {"online": "Online", "fax": "By fax", "mail": "By mail", "telephone": "By telephone"}
"""The ways in which a form is sent."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a form was sent. `digest` tells which record was looked at when it was, `expected` which version of the form."""

    how: str
    submitted_at: datetime
    confirmation: str
    digest: str
    by: Person
    now: datetime
    expected: int | None = None


class NothingToSend(DomainError):
    """The form is not owed."""

    code = "form_not_owed"

    def __init__(self, status: FormStatus) -> None:
        said = "was submitted already" if status is FormStatus.SUBMITTED else "is void, since no dose was given"
        super().__init__(f"This form {said}; look at it again.")
        self.status = status


class NotOverYet(DomainError):
    """The patient is still there, so that the form is not complete."""

    code = "session_not_over"

    def __init__(self, number: int) -> None:
        super().__init__(f"Session {number} is not over: release the patient first, since the form tells how long they were watched.")


def submit(db: Db, form: str, sending: Sending) -> MonitoringForm:
    """Keep that somebody sent a form.

    Raises `NothingToSend`, `NotOverYet`, `StaleVersion` where form or record changed since, `Faulty`, `Unknown`.
    """
    known = _locked(db, form)
    check_version("form", sending.expected, known.form.version)
    if known.form.status is not FormStatus.OWED:
        raise NothingToSend(known.form.status)
    if known.form.has_dose and known.charted.released_at is None:
        raise NotOverYet(known.charted.number)
    if sending.digest != known.form.digest:
        raise StaleVersion("record", known.form.version, known.form.version)
    _check(known, sending)
    row = {
        "form_id": known.id,
        "submitted_at": sending.submitted_at,
        "recorded_at": sending.now,
        "how": sending.how,
        "confirmation": sending.confirmation.strip(),
        "by": sending.by.id,
        "by_name": sending.by.name,
        "digest": known.form.digest,
    }
    db.execute(insert(FormSubmissionRow), [row])
    _change(db, known, FormStatus.SUBMITTED)
    return owed.form(db, form).form


def reopen(db: Db, form: str, *, expected: int | None = None) -> MonitoringForm:
    """Owe a submitted form again, since something about it was wrong. Raises `NotSent`, `StaleVersion`, `Unknown`."""
    known = _locked(db, form)
    check_version("form", expected, known.form.version)
    if known.form.status is not FormStatus.SUBMITTED:
        raise NotSent
    _change(db, known, FormStatus.OWED)
    return owed.form(db, form).form


class NotSent(DomainError):
    """The form was not submitted."""

    code = "form_not_submitted"

    def __init__(self) -> None:
        super().__init__("This form is not marked as submitted; look at it again.")


def _locked(db: Db, form: str) -> KnownForm:
    """The form while nobody writes anything down at its session."""
    queries.lock_patients_of(db, [owed.form(db, form).form.session])
    return owed.form(db, form)


def _check(known: KnownForm, sending: Sending) -> None:
    if sending.how not in HOW:
        raise Faulty("how", f"choose one of {', '.join(HOW)}")
    if sending.submitted_at > sending.now:
        raise Faulty("submitted_at", "this is still to come; say when it was sent")
    since = known.charted.released_at or known.charted.moments.first_dose
    if since is not None and sending.submitted_at < since:
        raise Faulty("submitted_at", "the patient had not been released by then; say when it was sent")
    if sending.how == "online" and not sending.confirmation.strip():
        raise Faulty("confirmation", "write the confirmation number that the program gave")
    if len(sending.confirmation) > 200 or not sending.confirmation.isprintable():
        raise Faulty("confirmation", "up to 200 letters that can be shown are wanted")


def _change(db: Db, known: KnownForm, status: FormStatus) -> None:
    row = MonitoringFormRow
    db.execute(update(row).where(row.id == known.id).values(status=status, version=known.form.version + 1))
