"""Sending what is due on one channel, one message after another: the intent is written before, the outcome after."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from courses import reaching
from courses.patients.contact import Channel, Opted
from courses.reaching import Agreement
from rooms import faults
from rooms.base import Db
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Came, Carrier, Outcome, Parcel
from scheduler.reminders.channels.sms import OPTED_OUT
from scheduler.reminders.verdict import again_after
from scheduler.reminding.claiming import SETTLES_IN, Outgoing, claim, recover

MOST_TRIES = 8
"""After so many failures a person is told instead."""
GATEWAY = "gateway"

log = logging.getLogger("chairtime.reminding")


def deliver(database: Database, clock: Clock, carrier: Carrier, holder: str, *, still_ours: Callable[[], bool], most: int = 1) -> int:
    """Send what is due on a channel until nothing is left, the channel is down, or the post is another's. How many were sent."""
    sent = 0
    database.run(partial(recover, holder=holder, now=clock.now(), channel=carrier.channel), quiet=True)  # what a fault left in our hands
    try:
        while still_ours():
            now = clock.now()
            looked, ours = database.run(partial(claim, channel=carrier.channel, holder=holder, now=now, most=most), quiet=True)
            faults.point("F12")
            is_down = False
            for outgoing in ours:
                outcome = carrier.send(_parcel(outgoing)) if not is_down else Outcome(Came.PASSING, detail="down", is_down=True)
                faults.point("F14")
                database.run(partial(record, outgoing=outgoing, outcome=outcome, holder=holder, clock=clock), quiet=True)
                is_down, sent = is_down or outcome.is_down, sent + (outcome.came is Came.ACCEPTED)
            if not looked or is_down:
                break
    finally:
        carrier.close()
    return sent


def _parcel(outgoing: Outgoing) -> Parcel:
    return Parcel(outgoing.public_id, outgoing.address, outgoing.words.subject, outgoing.words.text, outgoing.label)


def record(db: Db, outgoing: Outgoing, outcome: Outcome, holder: str, clock: Clock) -> None:
    """Write down what came of a sending. A report of the gateway may have settled it before us; then only the line is added."""
    now, row = clock.now(), queries.row_of(db, outgoing.public_id)
    line = MessageAttemptRow(
        message_id=row.id,
        at=now,
        number=outgoing.number,
        what=outcome.came,
        reference=outcome.reference,
        detail=outcome.detail,
        event=None,
    )
    db.add(line)
    if row.state == "claimed" and row.claimed_by == holder and row.tries == outgoing.number:
        row.claimed_by, row.version = None, row.version + 1
        _settle(row, outcome, clock)
        faults.point("F15")
    if outcome.came is Came.REFUSED and outcome.detail == OPTED_OUT:
        agreement = Agreement(Channel.SMS, row.address, Opted.OUT, "the gateway says that this number was opted out there")
        reaching.write_consent(db, row.patient_id, agreement, by=GATEWAY, now=now)
    db.flush()


def _settle(row: MessageRow, outcome: Outcome, clock: Clock) -> None:
    now = clock.now()
    row.why = outcome.detail[:40]
    if outcome.came is Came.ACCEPTED:
        row.state, row.why = "sent", ""
    elif outcome.came is Came.REFUSED:
        row.state = "failed"
        _not_out(row)
    elif outcome.came is Came.UNKNOWN:
        row.state, row.try_at = "uncertain", now + SETTLES_IN
    else:
        faults.point("F16")
        row.try_at = now + max(again_after(row.tries), timedelta(seconds=outcome.wait))
        _not_out(row)
        is_over = row.tries >= MOST_TRIES and not outcome.is_down
        row.state = "parked" if row.copies else "failed" if is_over else "planned"


def _not_out(row: MessageRow) -> None:
    """This copy surely did not go out."""
    row.copies = max(0, row.copies - 1)
    if not row.copies:
        row.sent_at = None
