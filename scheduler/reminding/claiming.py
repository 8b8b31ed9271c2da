"""Taking what is due: decided, and the intent written down, in one transaction before anything is sent.

A whole batch is taken at once, in statements whose number does not grow with it. What may have gone out before is taken by itself: were
the program killed again, nothing else would be in doubt with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import func, insert, literal, update

from courses.queries import reaching
from rooms.base import Db, UtcInstant
from scheduler import backing_up
from scheduler.linking import Links
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import CalendarFile
from scheduler.reminders.decency import Decency
from scheduler.reminders.known import Line, Message
from scheduler.reminders.message import Words
from scheduler.reminders.policy import still_wanted
from scheduler.reminders.verdict import Case, Do, Verdict, judge
from scheduler.reminding.attaching import files_of
from scheduler.reminding.situation import Situation, situations

GIVER = "message"
"""By what links are given."""
BY_HAND = "by_hand"
"""Why a message goes out that would not by itself: a person decided it."""
SETTLES_IN = timedelta(minutes=10)
"""How long the gateway's report is waited for, before what may have gone out is sent once more."""
BEYOND = 5
"""How many more are looked at, so that somebody at the desk who holds one patient does not hold up the others."""
LATE = timedelta(minutes=10)
"""What has been due for longer was held up by something, and is caught up with."""
CAUGHT_UP_IN, CAUGHT_UP_MOST = timedelta(minutes=1), 60
"""In so long, so many on a channel: a clinic that was down for a day must not ring a hundred phones at once."""


Stamp = tuple[int, tuple[int, ...]]
"""A message's version, and how much was ever written down of what decides on it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ours to send now, until something changes (`stamp`) or it is too late. `number` counts its sendings."""

    id: int
    patient_id: int
    course_id: int
    public_id: str
    number: int
    channel: str
    address: str
    words: Words
    label: str
    decency: Decency
    useful_until: datetime
    files: tuple[CalendarFile, ...] = ()
    stamp: Stamp | None = None

    def is_in_time(self, now: datetime) -> bool:
        """Whether it may still arrive."""
        return now < self.useful_until and self.decency.is_decent(now)


def claim(db: Db, channel: str, holder: str, *, now: datetime, most: int = 1, links: Links | None = None) -> tuple[int, list[Outgoing]]:
    """Take what is due on a channel, the soonest visit first. How many were decided on, and those to be sent, with `links` in them.

    Whether a message is still to go out is decided here and nowhere else: by what is true in this transaction.
    """
    taken = _together(_due(db, channel, now, most))
    if not taken:
        return 0, []
    known = situations(db, sorted({each.course_id for each in taken}), now=now)
    barrier, tally = backing_up.barrier(db), _Tally(queries.sent_lately(db, *_whose(taken), now=now))
    chosen, aside = list[tuple[Message, Situation]](), dict[int, Verdict]()
    for message in taken:
        situation = known[message.course_id]
        verdict = judge(_case(message, situation, tally, barrier, now), situation.decency, now=now)
        if verdict.do is Do.SEND:
            chosen.append((message, situation))
            tally.add(message, now)
        else:
            aside[message.id] = verdict
    for row in queries.rows(db, aside).values() if aside else ():
        _set_aside(row, aside[row.id])
    db.flush()
    ours = _outgoing_all(db, chosen, links)
    return len(taken), _intend(db, ours, holder, now) if ours else []


def _due(db: Db, channel: str, now: datetime, most: int) -> tuple[Message, ...]:
    """What is due, without more of what is caught up with than may go out now."""
    found, late = _free(db, queries.take_due(db, channel, now=now, most=most + BEYOND))[:most], now - LATE
    if all(each.due_at >= late for each in found):
        return found
    room = CAUGHT_UP_MOST - queries.caught_up(db, channel, due_before=late, since=now - CAUGHT_UP_IN)
    if room <= 0:
        return _free(db, queries.take_due(db, channel, now=now, most=most + BEYOND, due_since=late))[:most]
    held_up = [each.id for each in found if each.due_at < late][:room]
    return tuple(each for each in found if each.due_at >= late or each.id in held_up)


def _free(db: Db, found: tuple[Message, ...]) -> tuple[Message, ...]:
    """Those whose patients nobody else holds: they are held now, and stay as they are."""
    free = reaching.free_patients(db, {each.patient_id for each in found}) if found else frozenset()
    return tuple(each for each in found if each.patient_id in free)


def _together(found: tuple[Message, ...]) -> tuple[Message, ...]:
    """What is taken in one go."""
    return found[:1] if found and found[0].copies else tuple(takewhile(lambda each: not each.copies, found))


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


def _outgoing_all(db: Db, chosen: Sequence[tuple[Message, Situation]], links: Links | None) -> list[Outgoing]:
    """With a link to each visit, where links are given."""
    wanted = {message.id: wish for message, each in chosen if (wish := each.link_wanted(message)) is not None} if links else {}
    given = dict(zip(wanted, links.give_all(db, list(wanted.values()), by=GIVER), strict=True)) if links and wanted else {}
    return [_outgoing(message, situation, given.get(message.id, "")) for message, situation in chosen]


def _outgoing(message: Message, situation: Situation, link: str) -> Outgoing:
    label = situation.messaging.label if situation.messaging else ""
    words, number = situation.words(message, link), message.tries + 1
    return Outgoing(
        message.id,
        message.patient_id,
        message.course_id,
        message.public_id,
        number,
        message.channel,
        message.address,
        words,
        label,
        situation.decency,
        message.useful_until,
        files_of(message, situation),
    )


def _intend(db: Db, ours: Sequence[Outgoing], holder: str, now: datetime) -> list[Outgoing]:
    """Write down that all of these are going to be sent."""
    row, ids = MessageRow, [each.id for each in ours]
    taken = (
        update(row)
        .where(row.id.in_(ids))
        .values(
            state="claimed",
            claimed_by=holder,
            version=row.version + 1,
            copies=row.copies + 1,
            tries=row.tries + 1,
            sent_at=func.coalesce(row.sent_at, literal(now, UtcInstant)),
        )
    )
    db.execute(taken, execution_options={"synchronize_session": False})
    _note(db, ours, Line.INTENT, now)
    found = stamps(db, ours)
    return [replace(each, stamp=found[each.id]) for each in ours]


def stamps(db: Db, ours: Sequence[Outgoing]) -> dict[int, Stamp]:
    """What tells, compared, whether anything that decides on these messages has changed in between."""
    versions = queries.versions(db, [each.id for each in ours])
    addresses, patients, courses = {each.address for each in ours}, {each.patient_id for each in ours}, {each.course_id for each in ours}
    lines = reaching.written(db, sorted(addresses), sorted(patients), sorted(courses))
    return {each.id: (versions[each.id], tuple(lines.get(about, 0) for about in _about(each))) for each in ours if each.id in versions}


def _about(each: Outgoing) -> tuple[tuple[str, str], ...]:
    course = str(each.course_id)
    return ("address", each.address), ("patient", str(each.patient_id)), ("course", course), ("answers", course)


def _note(db: Db, whom: Sequence[Outgoing], what: Line, now: datetime) -> None:
    line = {"at": now, "what": what, "reference": "", "detail": "", "event": None}
    db.execute(insert(MessageAttemptRow), [line | {"message_id": each.id, "number": each.number} for each in whom])


def give_back(db: Db, rest: Sequence[Outgoing], holder: str, *, now: datetime) -> None:
    """Let go of what was taken and surely not sent: it is as if it had not been taken."""
    rows = queries.rows(db, [each.id for each in rest])
    ours = [each for each in rest if each.id in rows and is_ours(rows[each.id], each, holder)]
    for outgoing in ours:
        row = rows[outgoing.id]
        row.copies, row.tries, row.claimed_by, row.version = row.copies - 1, row.tries - 1, None, row.version + 1
        row.state = "uncertain" if row.copies else "planned"
        row.sent_at = row.sent_at if row.copies else None
    if ours:
        _note(db, ours, Line.GIVEN_BACK, now)
    db.flush()


def is_ours(row: MessageRow, outgoing: Outgoing, holder: str) -> bool:
    """Whether a message is still in our hands for this sending."""
    return row.state == "claimed" and row.claimed_by == holder and row.tries == outgoing.number


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
            said = {"what": Line.BROKEN_OFF, "reference": "", "detail": "", "event": None}
            db.add(MessageAttemptRow(message_id=row.id, at=now, number=row.tries, **said))
    db.flush()
    return len(rows)
