"""What a re-plan changes, in lines for the desk and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from courses.plans.repair.difference import Difference, PatientDifference, SessionChange
from courses.protocols.located.yaml_text import Data
from rooms.availability.hours import SiteTime
from scheduler.cli.terminal import counted

SERIES = 4
"""From so many sessions in a row on, only the first and the last are told."""


def difference_summary(changed: Difference) -> str:
    """`6 of 47 sessions of 5 patients move; 3 keep their time on other resources.`"""
    said = f"{changed.n_moved} of {counted(changed.n_ahead, 'session')} to come move"
    said += f", of {counted(changed.n_patients_moved, 'patient')}" if changed.n_moved else ""
    if changed.n_reassigned:
        said += (
            "; 1 keeps its time on other resources"
            if changed.n_reassigned == 1
            else f"; {changed.n_reassigned} keep their time on other resources"
        )
    if changed.reseated:
        said += f"; {counted(len(changed.reseated), 'booking')} of others re-seated at the same time"
    said += f"; {counted(len(changed.lost), 'course')} lost" if changed.lost else ""
    return said + "."


def difference_text(changed: Difference, timezone: str) -> str:
    """The summary, a line for each patient, those first who are lost and then by the first date that changes; then the re-seated."""
    here = SiteTime(timezone)
    lines = [difference_summary(changed)]
    lines += [f"{patient.patient}: {'; '.join(_told(patient, here))}." for patient in changed.patients]
    for each in changed.reseated:
        lines.append(f"booking {each.booking} keeps {_time(each.starts_at, here)}, with {each.new} instead of {each.gone}.")
    return "\n".join(lines) + "\n"


def difference_document(changed: Difference, timezone: str) -> dict[str, Data]:
    """The same as a document; instants carry the offset of the site's time zone."""
    here = SiteTime(timezone)
    return {
        "sessions_to_come": changed.n_ahead,
        "moved": changed.n_moved,
        "reassigned": changed.n_reassigned,
        "lost": len(changed.lost),
        "reseated": [
            {"booking": each.booking, "at": here.text(each.starts_at), "gone": each.gone, "new": each.new} for each in changed.reseated
        ],
        "patients": [_patient(patient, here) for patient in changed.patients],
    }


def _told(patient: PatientDifference, here: SiteTime) -> Iterator[str]:
    for lost in patient.lost:
        yield f"{lost.course} has no place any more: session {lost.session}, {lost.detail}"
    many = len({change.course for change in patient.changes}) > 1
    for (course, moved), changes in groupby(patient.changes, key=lambda change: (change.course, change.moved)):
        of = f"{course} " if many else ""
        for series in _series([*changes]):
            yield of + (_moves(series, here) if moved else _reassignments(series, here))


def _series(changes: list[SessionChange]) -> Iterator[list[SessionChange]]:
    """Sessions that follow each other and can be told together."""
    there: list[SessionChange] = []
    for change in changes:
        if there and (change.session != there[-1].session + 1 or (change.gone, change.new) != (there[-1].gone, there[-1].new)):
            yield from [there] if len(there) >= SERIES else [[each] for each in there]
            there = []
        there.append(change)
    yield from [there] if len(there) >= SERIES else [[each] for each in there]


def _moves(series: list[SessionChange], here: SiteTime) -> str:
    first, last = series[0], series[-1]
    if len(series) == 1:
        return (
            f"session {first.session}{' (missed)' if first.missed else ''} from {_time(first.was_at, here)} to {_time(first.is_at, here)}"
        )
    begins = f"sessions {first.session} to {last.session}{f' ({first.session} missed)' if first.missed else ''}"
    return (
        f"{begins}, the first from {_time(first.was_at, here)} to {_time(first.is_at, here)}, "
        f"the last from {_time(last.was_at, here)} to {_time(last.is_at, here)}"
    )


def _reassignments(series: list[SessionChange], here: SiteTime) -> str:
    first, last = series[0], series[-1]
    who = f"{' and '.join(first.new)} instead of {' and '.join(first.gone)}"
    if len(series) == 1:
        return f"session {first.session} keeps {_time(first.is_at, here)}, with {who}"
    return f"sessions {first.session} to {last.session} keep their times from {_time(first.is_at, here)} on, with {who}"


def _time(moment: datetime, here: SiteTime) -> str:
    local = here.local(moment)
    return f"{local:%a %b} {local.day} {local:%H:%M}"


def _patient(patient: PatientDifference, here: SiteTime) -> Data:
    return {
        "patient": patient.patient,
        "moved": [_change(change, here) for change in patient.moved],
        "reassigned": [_change(change, here) for change in patient.reassigned],
        "lost": [{"course": each.course, "session": each.session, "code": each.code, "detail": each.detail} for each in patient.lost],
    }


def _change(change: SessionChange, here: SiteTime) -> Data:
    data: dict[str, Data] = {"course": change.course, "session": change.session, "phase": change.phase, "was": here.text(change.was_at)}
    if not change.moved:
        return data | {"gone": [*change.gone], "new": [*change.new]}
    return data | {"is": here.text(change.is_at)} | ({"missed": True} if change.missed else {})
