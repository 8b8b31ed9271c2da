"""Taking what is due: decided, and the intent written down, in one transaction before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from courses.queries import reaching
from rooms.base import Db
from scheduler import backing_up
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries
from scheduler.reminders.decency import Decency
from scheduler.reminders.known import Message
from scheduler.reminders.message import Words
from scheduler.reminders.policy import still_wanted
from scheduler.reminders.verdict import Case, Do, Verdict, judge
from scheduler.reminding.situation import Situation, situations

BY_HAND = "by_hand"
"""Why a message goes out that would not by itself: a person decided it."""
BEYOND = 4
"""How many more are looked at, so that somebody at the desk who holds one patient does not hold up the others."""
SETTLES_IN = timedelta(minutes=10)
"""How long the gateway's report is waited for, before what may have gone out is sent once more."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ours to send now. `number` counts its sendings."""

    id: int
    public_id: str
    number: int
    channel: str
    address: str
    words: Words
    label: str


def claim(db: Db, channel: str, holder: str, *, now: datetime, most: int = 1) -> tuple[int, list[Outgoing]]:
    """Take what is due on a channel, the soonest visit first. How many were decided on, and those to be sent.

    Whether a message is still to go out is decided here and nowhere else: by what is true in this transaction.
    """
    candidates = queries.due(db, channel, now=now, most=most + BEYOND)
    free = reaching.free_patients(db, {each.patient_id for each in candidates})
    candidates = tuple(each for each in candidates if each.patient_id in free)[:most]
    rows = queries.rows(db, [each.id for each in candidates])
    taken = [each for each in candidates if each.id in rows and rows[each.id].state == each.state and rows[each.id].version == each.version]
    known = situations(db, sorted({each.course_id for each in taken}), now=now)
    barrier, tally = backing_up.barrier(db), _Tally(queries.sent_lately(db, *_whose(taken), now=now))
    ours = []
    for message in taken:
        situation, row = known[message.course_id], rows[message.id]
        verdict = judge(_case(message, situation, tally, barrier, now), situation.decency, now=now)
        if verdict.do is Do.SEND:
            ours.append(_intend(db, row, message, situation, holder, now))
            tally.add(message, now)
        else:
            _set_aside(row, verdict)
    db.flush()
    return len(taken), ours


def _whose(messages: Sequence[Message]) -> tuple[list[int], list[str]]:
    return sorted({each.patient_id for each in messages}), sorted({each.address for each in messages})


def _case(message: Message, situation: Situation, tally: _Tally, barrier: datetime | None, now: datetime) -> Case:
    today, this_week = tally.of(message, situation.decency, now)
    is_wanted = still_wanted(message.key, message.visit_at, situation.wanted)
    return Case(message.due_at, message.useful_until, message.copies, is_wanted, today, this_week, barrier, message.why == BY_HAND)


class _Tally:
    """How much the same people were sent lately, with what is being sent now."""

    def __init__(self, sent: list[tuple[int, str, datetime]]) -> None:
        self._sent = sent

    def add(self, message: Message, now: datetime) -> None:
        self._sent.append((message.patient_id, message.address, now))

    def of(self, message: Message, decency: Decency, now: datetime) -> tuple[int, int]:
        """Today, where the patient is, and in the last seven days; the message itself is not counted."""
        zone = decency.zones[0]
        times = [at for patient_id, address, at in self._sent if patient_id == message.patient_id or address == message.address]
        if message.sent_at in times:
            times.remove(message.sent_at)
        today = zone.date_of(now)
        return sum(zone.date_of(at) == today for at in times), len(times)


def _intend(db: Db, row: MessageRow, message: Message, situation: Situation, holder: str, now: datetime) -> Outgoing:
    words = situation.words(message)
    row.state, row.claimed_by, row.version = "claimed", holder, row.version + 1
    row.copies, row.tries, row.sent_at = row.copies + 1, row.tries + 1, row.sent_at or now
    db.add(MessageAttemptRow(message_id=row.id, at=now, number=row.tries, what="intent", reference="", detail="", event=None))
    label = situation.messaging.label if situation.messaging else ""
    return Outgoing(row.id, row.public_id, row.tries, row.channel, row.address, words, label)


def _set_aside(row: MessageRow, verdict: Verdict) -> None:
    """What is not sent now. One that may have gone out already is never closed in silence: a person looks at it."""
    row.version += 1
    row.why = verdict.why
    if verdict.do is Do.LATER and verdict.at is not None:
        row.try_at = verdict.at
    elif row.copies:
        row.state = "parked"
    else:
        row.state = {Do.VOID: "voided", Do.EXPIRE: "expired", Do.PARK: "parked"}[verdict.do]


def recover(db: Db, holder: str, *, now: datetime, channel: str | None = None) -> int:
    """What others took (or, of a channel, we ourselves before) and nobody said more of may have gone out. How many.

    Each is sent once more at most; then a person decides.
    """
    rows = queries.rows(db, queries.left_claimed(db, holder, channel))
    for row in rows.values():
        if row.state == "claimed":
            row.state, row.claimed_by, row.try_at, row.version = "uncertain", None, now, row.version + 1
            row.why = "broken_off"
            db.add(MessageAttemptRow(message_id=row.id, at=now, number=row.tries, what="broken_off", reference="", detail="", event=None))
    db.flush()
    return len(rows)
