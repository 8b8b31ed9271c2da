"""From what is to be said to rows: a message that is wanted gets one, one that is wanted no more is voided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from courses import queries as courses_queries
from courses.queries import reaching
from rooms.base import Db, NewId
from rooms.queries import chunks
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.records.messages import MessageRow
from scheduler.reminders import queries
from scheduler.reminders.known import Message
from scheduler.reminders.policy import Wanted
from scheduler.reminding.situation import Situation, situations

AHEAD = timedelta(days=12)
"""Visits so far ahead are looked at: a week's message goes out three days before its first."""
PLANNED_AHEAD = timedelta(days=8)
AT_ONCE = 25
OPEN = frozenset({"planned"})


def plan(database: Database, clock: Clock) -> int:
    """Bring the rows to what is to be said now. How many courses had news; nothing is written for the others."""
    now = clock.now()
    with database.reading() as db:
        ids = reaching.courses_to_tell_of(db, now=now, ahead=AHEAD)
    changed = 0
    for some in chunks(ids, AT_ONCE):
        with database.reading() as db:
            news = _with_news(db, some, now)
        if news:
            changed += database.run(partial(plan_courses, patients=news, now=now, new_id=clock.new_id), quiet=True)
    database.run(lambda db: expire(db, now=now), quiet=True)
    return changed


def _with_news(db: Db, course_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Of these courses those with news, each with its patient."""
    had, found = queries.messages_of(db, course_ids), situations(db, course_ids, now=now)
    with_news = [each for course_id, each in found.items() if any(_differences(each, had.get(course_id, []), now))]
    return {each.course.course_id: each.course.patient_id for each in with_news}


def plan_courses(db: Db, patients: Mapping[int, int], *, now: datetime, new_id: NewId) -> int:
    """The same for some courses (each with its patient), decided anew while nobody else changes them. How many.

    Patients off whom somebody else holds us are left to the next time: nobody waits for another here.
    """
    free = reaching.free_patients(db, set(patients.values()))
    course_ids = sorted(course_id for course_id, patient_id in patients.items() if patient_id in free)
    had = queries.messages_of(db, course_ids)
    news = [(each, *_differences(each, had.get(course_id, []), now)) for course_id, each in situations(db, course_ids, now=now).items()]
    changed = {message.id: wanted for _, _, some, _ in news for message, wanted in some}
    gone = {message.id for _, _, _, some in news for message in some}
    for row in queries.rows(db, [*changed, *gone]).values():
        if row.id in gone:
            _void(row)
        else:
            _plan_again(row, changed[row.id])
    sessions = courses_queries.session_ids(db, [each.session for _, new, _, _ in news for each in new if each.session])
    for situation, new, _, _ in news:
        db.add_all(_new_row(situation, each, sessions, now=now, new_id=new_id) for each in new)
    db.flush()
    return len(course_ids)


def _differences(
    situation: Situation, had: Iterable[Message], now: datetime
) -> tuple[list[Wanted], list[tuple[Message, Wanted]], list[Message]]:
    """What has no row yet, what is to be planned anew, and what is wanted no more."""
    known = {message.key: message for message in had}
    soon = {each.key: each for each in situation.wanted if each.due_at <= now + PLANNED_AHEAD and each.useful_until > now}
    wanted = {each.key for each in situation.wanted}
    new = [each for key, each in soon.items() if key not in known]
    changed = [(known[key], each) for key, each in soon.items() if key in known and _is_another(known[key], each)]
    gone = [each for each in known.values() if each.state in OPEN and each.key not in wanted and each.useful_until > now]
    return new, changed, gone


def _is_another(message: Message, wanted: Wanted) -> bool:
    times = (message.due_at, message.visit_at, message.useful_until) != (wanted.due_at, wanted.visit_at, wanted.useful_until)
    return (message.state in OPEN and times) or (message.state == "voided" and message.copies == 0)


def _plan_again(row: MessageRow, wanted: Wanted) -> None:
    if row.state not in {*OPEN, "voided"}:
        return
    row.state, row.why, row.version = "planned", "", row.version + 1
    row.due_at = row.try_at = wanted.due_at
    row.visit_at, row.useful_until = wanted.visit_at, wanted.useful_until


def _void(row: MessageRow) -> None:
    if row.state in OPEN:
        row.state, row.why, row.version = "voided", "changed", row.version + 1


def _new_row(situation: Situation, wanted: Wanted, sessions: dict[str, int], *, now: datetime, new_id: NewId) -> MessageRow:
    course = situation.course
    return MessageRow(
        public_id=new_id("m_"),
        site_id=course.site_id,
        patient_id=course.patient_id,
        course_id=course.course_id,
        session_id=sessions.get(wanted.session) if wanted.session else None,
        subject=wanted.subject,
        kind=wanted.kind,
        edition=wanted.edition,
        channel=wanted.channel,
        address=wanted.address,
        state="planned",
        why="",
        visit_at=wanted.visit_at,
        due_at=wanted.due_at,
        try_at=wanted.due_at,
        useful_until=wanted.useful_until,
        copies=0,
        tries=0,
        version=1,
        created_at=now,
    )


def expire(db: Db, *, now: datetime) -> int:
    """Close what is of no use any more, so that it is seen and never sent. How many."""
    rows = queries.rows(db, queries.too_late(db, now=now))
    for row in rows.values():
        if row.state in OPEN and row.useful_until <= now:
            row.state, row.why, row.version = "expired", row.why or "too_late", row.version + 1
    return len(rows)
