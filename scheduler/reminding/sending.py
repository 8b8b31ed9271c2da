"""Sending what is due on one channel: a batch is taken with its intents and handed over one by one, each outcome written at once.

Outcomes are not gathered: those that nobody wrote down when the program was killed go out once more, so that there is one such at most.
Right before each message it is looked whether anything has changed since it was taken; what has not gone out then is given back.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from courses import reaching
from courses.patients.contact import Channel, Opted
from courses.reaching import Agreement
from rooms import faults
from rooms.base import Db
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.linking import Links
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Came, Carrier, Outcome, Parcel
from scheduler.reminders.channels.sms import OPTED_OUT
from scheduler.reminders.verdict import again_after
from scheduler.reminding.claiming import SETTLES_IN, Outgoing, claim, give_back, is_ours, recover, stamps

FIRST, AT_ONCE = 10, 50
"""How many are taken in one go, at first, and at most where the channel is quick: so few that nobody who writes meanwhile waits for it."""
HELD_FOR = timedelta(seconds=10)
"""What was not begun so soon after it was taken is given back: much may have changed."""
MOST_TRIES = 8
"""After so many failures a person is told instead."""
GATEWAY = "gateway"

log = logging.getLogger("chairtime.reminding")


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many were sent; whether the channel itself did not answer, and for how many seconds it asked to be left alone."""

    sent: int = 0
    is_down: bool = False
    wait: int = 0


def deliver(  # noqa: PLR0913  # all of it is needed to send
    database: Database,
    clock: Clock,
    carrier: Carrier,
    holder: str,
    *,
    still_ours: Callable[[], bool],
    most: int = FIRST,
    links: Links | None = None,
) -> Delivered:
    """Send what is due on a channel until nothing is left, the channel is down, or the post is another's."""
    database.run(partial(recover, holder=holder, now=clock.now(), channel=carrier.channel), quiet=True)  # what a fault left in our hands
    courier, sent = _Courier(database, clock, carrier, holder, still_ours), 0
    try:
        while still_ours():
            taking = partial(claim, channel=carrier.channel, holder=holder, now=clock.now(), most=most, links=links)
            looked, ours = database.run(taking, quiet=True)
            faults.point("F12")
            begun = clock.now()
            outcomes = courier.hand_over(ours, until=begun + HELD_FOR)
            most = _next(most, len(ours), len(outcomes), clock.now() - begun)
            sent += sum(each.came is Came.ACCEPTED for each in outcomes)
            if outcomes and outcomes[-1].is_down:
                return Delivered(sent, True, outcomes[-1].wait)
            if not looked:
                break
    finally:
        carrier.close()
    return Delivered(sent)


def _next(most: int, taken: int, handed_over: int, took: timedelta) -> int:
    """How many are taken the next time: what the channel can do in the time for which they are held."""
    if handed_over < taken:
        return max(1, handed_over)
    return min(2 * most, AT_ONCE) if took < HELD_FOR / 2 else most


@dataclass(frozen=True, slots=True)
class _Courier:
    database: Database
    clock: Clock
    carrier: Carrier
    holder: str
    still_ours: Callable[[], bool]

    def hand_over(self, ours: list[Outgoing], *, until: datetime) -> list[Outcome]:
        """Send one after another. What is left when the channel is down, or when something has changed, is given back, whatever happens."""
        rest, outcomes, changed = deque(ours), list[Outcome](), list[Outgoing]()
        try:
            while rest and self.still_ours() and self.clock.now() <= until and not (outcomes and outcomes[-1].is_down):
                outgoing = rest.popleft()
                if self._is_as_taken(outgoing):
                    outcomes.append(self._send(outgoing))
                else:
                    changed.append(outgoing)
        finally:
            if left := [*changed, *rest]:
                self.database.run(partial(give_back, rest=left, holder=self.holder, now=self.clock.now()), quiet=True)
        return outcomes

    def _is_as_taken(self, outgoing: Outgoing) -> bool:
        with self.database.reading() as db:
            stamp = stamps(db, [outgoing]).get(outgoing.id)
        return stamp == outgoing.stamp and outgoing.is_in_time(self.clock.now())

    def _send(self, outgoing: Outgoing) -> Outcome:
        outcome = self.carrier.send(_parcel(outgoing))
        faults.point("F14")
        self.database.run(partial(record, outgoing=outgoing, outcome=outcome, holder=self.holder, clock=self.clock), quiet=True)
        return outcome


def _parcel(outgoing: Outgoing) -> Parcel:
    words = outgoing.words
    return Parcel(outgoing.public_id, outgoing.address, words.subject, words.text, outgoing.label, outgoing.files)


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
    if is_ours(row, outgoing, holder):
        row.claimed_by, row.version = None, row.version + 1
        _settle(row, outcome, now)
        faults.point("F15")
    if outcome.came is Came.REFUSED and outcome.detail == OPTED_OUT:
        agreement = Agreement(Channel.SMS, row.address, Opted.OUT, "the gateway says that this number was opted out there")
        reaching.write_consent(db, row.patient_id, agreement, by=GATEWAY, now=now)
    db.flush()


def _settle(row: MessageRow, outcome: Outcome, now: datetime) -> None:
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
        _wait(row, outcome, now)
        _not_out(row)
        row.state = _waits(row, outcome)


def _waits(row: MessageRow, outcome: Outcome) -> str:
    """What becomes of one that surely did not go out now; of an earlier copy nobody may know."""
    if row.copies:
        return "uncertain" if outcome.is_down else "parked"
    return "failed" if row.tries >= MOST_TRIES else "planned"


def _wait(row: MessageRow, outcome: Outcome, now: datetime) -> None:
    """Where the channel is down, that is not the message's fault: it is the next one again, as its visit is the soonest."""
    if outcome.is_down:
        row.tries -= 1
        row.try_at = now + timedelta(seconds=outcome.wait)
    else:
        row.try_at = now + max(again_after(row.tries), timedelta(seconds=outcome.wait))


def _not_out(row: MessageRow) -> None:
    """This copy surely did not go out."""
    row.copies = max(0, row.copies - 1)
    if not row.copies:
        row.sent_at = None
