"""What a worker does for reminders with each beat, if the post is its own: plan, and send on each channel."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.linking import Links
from scheduler.openings import Openings
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Carrier
from scheduler.reminding.claiming import recover
from scheduler.reminding.electing import REMINDING, elected, looked, resign
from scheduler.reminding.planning import plan
from scheduler.reminding.sending import FIRST, Delivered, deliver

BEAT_SECONDS, PLAN_SECONDS, SEND_SECONDS = 5, 30, 5
PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=1)
"""How long a channel that is down is left alone: then one message tries it, and each time that it still is, twice as long."""
LONGEST_WAIT = timedelta(hours=1)
"""A pause that seems longer was made by a clock that has been put back since."""
QUIET_FOR = timedelta(minutes=2)
"""After so long without a beat, or ten minutes of waiting messages, something is wrong."""
WAITS_FOR = timedelta(minutes=10)

log = logging.getLogger("chairtime.reminding")


@dataclass(frozen=True, slots=True)
class _Pause:
    """Until when a channel is left alone, and how long that is."""

    until: datetime | None = None
    lasts: timedelta = PAUSE / 2

    def is_on(self, now: datetime) -> bool:
        return self.until is not None and now < self.until <= now + LONGEST_WAIT

    def after(self, done: Delivered, now: datetime) -> _Pause:
        if not done.is_down:
            return _Pause()
        lasts = min(self.lasts * 2, LONGEST_PAUSE)
        return _Pause(now + max(lasts, timedelta(seconds=done.wait)), lasts)


class Worker:
    """One of any number of workers; `holder` tells it from the others. `links` gives the links that are in messages, if any are."""

    def __init__(self, database: Database, clock: Clock, links: Links | None = None) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self.holder = clock.new_id("k_")
        self._is_ours = threading.Event()
        self._pauses: dict[str, _Pause] = {}
        self._openings = Openings(database, clock)

    def beat(self) -> bool:
        """Take or keep the post; on taking it, what another left half done is seen to. Whether it is ours."""
        now = self._clock.now()
        try:
            post = self._database.run(partial(elected, holder=self.holder, now=now), quiet=True)
        except (SQLAlchemyError, TimeoutError):
            self._is_ours.clear()
            raise
        if post.is_new:
            left = self._database.run(partial(recover, holder=self.holder, now=now), quiet=True)
            log.info("this worker sends the messages now; %d were left half done", left)
        (self._is_ours.set if post.is_ours else self._is_ours.clear)()
        return post.is_ours

    def plan(self) -> None:
        """Bring the messages to what is to be said now."""
        if self._is_ours.is_set():
            plan(self._database, self._clock)
            self._database.run(partial(looked, holder=self.holder, now=self._clock.now()), quiet=True)

    def offer(self) -> int:
        """Offer places that became free to those who wait for them. How many offers were made."""
        return self._openings.see_to_all() if self._is_ours.is_set() else 0

    def deliver(self, carrier: Carrier) -> int:
        """Send what is due on a channel, if it is not left alone for being down. How many went out."""
        now, pause = self._clock.now(), self._pauses.get(carrier.channel, _Pause())
        if not self._is_ours.is_set() or pause.is_on(now):
            return 0
        most = FIRST if pause.until is None else 1
        ours, links = self._is_ours.is_set, self._links
        done = deliver(self._database, self._clock, carrier, self.holder, still_ours=ours, most=most, links=links)
        self._pauses[carrier.channel] = (_Pause() if done.sent else pause).after(done, self._clock.now())
        return done.sent

    def stop(self) -> None:
        """Give the post to whoever comes next."""
        if self._is_ours.is_set():
            self._is_ours.clear()
            self._database.run(partial(resign, holder=self.holder, now=self._clock.now()), quiet=True)


def troubles(database: Database, *, now: datetime) -> list[str]:
    """What is wrong with the sending, in sentences; nothing where no site sends messages."""
    with database.reading() as db:
        sends, lease, oldest = bool(queries.labels(db)), queries.lease(db, REMINDING), queries.oldest_due(db, now=now)
    found = []
    if sends and (lease is None or now - lease.beat_at > QUIET_FOR):
        since = f"has said nothing since {lease.beat_at.isoformat()}" if lease else "was never at work"
        found.append(f"The worker that sends messages {since}; run: chairtime worker.")
    if sends and oldest is not None and now - oldest > WAITS_FOR:
        found.append(f"A message has been waiting to go out since {oldest.isoformat()}; look at the mail server and the gateway.")
    return found
