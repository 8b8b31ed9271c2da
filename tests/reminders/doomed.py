"""A worker that is killed: `python -m tests.reminders.doomed DATABASE GATEWAY MAILS`. It plans nothing, and sends until nothing is left."""

from __future__ import annotations

import sys

from scheduler import auditing
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.jobs import WORKER
from scheduler.reminders.channels.sms import Gateway, Sms
from scheduler.reminding.electing import LASTS
from scheduler.reminding.working import Worker
from tests.reminders.world import NOW


def main() -> None:
    """Each one that is started comes after the lease of the one before has run out."""
    url, address, nth = sys.argv[1:4]
    clock = SettableClock(NOW + int(nth) * 2 * LASTS, frozen=True)
    database = Database(url)
    worker = Worker(auditing.seen_by(database, WORKER, clock.now), clock)
    assert worker.beat()
    worker.deliver(Sms(Gateway(address, "AC1", "token", "+15550001111", "http://127.0.0.1/gateway/texts/status")))
    worker.stop()
    print("done")  # noqa: T201  # whoever started it waits for this


if __name__ == "__main__":
    main()
