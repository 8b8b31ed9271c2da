"""What came of calling a patient: taken off the call list, left on it to be tried again, or put back after a mistake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.errors import Faulty, checked_text
from rooms.base import Db
from scheduler.records.messages import MessageCallRow, MessageReplyRow, MessageRow
from scheduler.reminders import queries

LONGEST_NOTE = 200
UNDONE = "undone"


class Outcome(StrEnum):
    """What came of a call. Only those of `SETTLES` take somebody off the list."""

    SPOKE = "spoke"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    NOT_NEEDED = "not_needed"


SETTLES = {Outcome.SPOKE, Outcome.NOT_NEEDED}
"""A voicemail is no answer: nobody knows who heard it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call about some messages and replies (by public id), what came of it, and by whom."""

    messages: tuple[str, ...]
    replies: tuple[str, ...]
    outcome: Outcome
    note: str
    by: str
    at: datetime


def outcome_of(text: str) -> Outcome:
    """An outcome as it was chosen. Raises `Faulty`."""
    if text not in set(Outcome):
        raise Faulty("outcome", "choose what came of the call")
    return Outcome(text)


def called(db: Db, call: Call) -> None:
    """Write down a call. Raises `Faulty` for one about nothing, or with too long a note, `Unknown`."""
    if not call.messages and not call.replies:
        raise Faulty("message", "choose whom the call was about")
    note = checked_text("note", call.note, LONGEST_NOTE) if call.note.strip() else ""
    for key in call.messages:
        row = queries.row_of(db, key)
        db.add(MessageCallRow(message_id=row.id, reply_id=None, outcome=call.outcome, note=note, by=call.by, at=call.at))
        _call_about(row, call)
    for key in call.replies:
        reply = queries.reply_row(db, key)
        db.add(MessageCallRow(message_id=None, reply_id=reply.id, outcome=call.outcome, note=note, by=call.by, at=call.at))
        if call.outcome in SETTLES and reply.closed_at is None:
            reply.closed_at, reply.closed_by = call.at, call.by
    db.flush()


def _call_about(row: MessageRow, call: Call) -> None:
    row.version += 1
    if call.outcome not in SETTLES or row.seen_at is not None:
        return
    row.seen_at, row.seen_by = call.at, call.by
    if row.channel == "desk":
        row.state = "sent"
    elif row.state == "uncertain":
        row.state, row.why = "parked", "called"


def not_called(db: Db, messages: Collection[str], replies: Collection[str], *, by: str, now: datetime) -> None:
    """Put on the list again what was taken off it by mistake; what may have gone out stays with a person. Raises `Unknown`."""
    for key in messages:
        row = queries.row_of(db, key)
        if row.seen_at is not None:
            row.seen_at, row.seen_by, row.version = None, "", row.version + 1
            row.state = "planned" if row.channel == "desk" else row.state
            db.add(MessageCallRow(message_id=row.id, reply_id=None, outcome=UNDONE, note="", by=by, at=now))
    for key in replies:
        reply = queries.reply_row(db, key)
        if reply.closed_at is not None:
            _reopen(db, reply, by, now)
    db.flush()


def _reopen(db: Db, reply: MessageReplyRow, by: str, now: datetime) -> None:
    reply.closed_at, reply.closed_by = None, ""
    db.add(MessageCallRow(message_id=None, reply_id=reply.id, outcome=UNDONE, note="", by=by, at=now))
