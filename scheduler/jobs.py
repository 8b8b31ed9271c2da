"""The heartbeat: what is due is looked up in our own rows every so often, in one process, by UTC.

APScheduler only wakes us. It keeps nothing: after a restart, a move of a session or a change of the clock there is no second truth to
put right.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

from apscheduler.events import EVENT_SCHEDULER_SHUTDOWN
from apscheduler.schedulers.background import BackgroundScheduler

from courses import attending
from courses.queries import days
from courses.rescheduling import Doing
from rooms import reserving
from rooms.errors import DomainError
from scheduler import auditing
from scheduler.access.author import Author, AuthorKind
from scheduler.access.verification import LISTED
from scheduler.auditing import Notary
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.downtime import Printer, write_packs
from scheduler.idempotency import forget_old_answers
from scheduler.linking import Links
from scheduler.linking.forgetting import forget_old_keys
from scheduler.reminders.channels.carrier import Carrier
from scheduler.reminding.working import BEAT_SECONDS, PLAN_SECONDS, SEND_SECONDS, Worker

SWEEP_SECONDS = 30
"""How often holds that ran out are freed. They take no room from the moment they run out; this only tidies up."""

CHECKPOINT_SECONDS = 30
"""How often it is looked whether a checkpoint is due."""

PACK_MINUTES = "*/15"
"""When in each hour the downtime pack is written; every zone's 18:00 is among it."""
OVERRUN_SECONDS = 60
"""How often it is looked whether a patient is watched for longer than was booked."""

WORKER = Author(AuthorKind.PROGRAM, "worker", operation="worker")

log = logging.getLogger("chairtime.jobs")


def sweep_holds(database: Database, clock: Clock) -> int:
    """Free the holds that have run out. How many."""
    freed = database.run(lambda db: reserving.sweep_holds(db, now=clock.now()))
    if freed:
        log.info("freed %d holds that had run out", freed)
    return freed


def extend_overruns(database: Database, clock: Clock) -> int:
    """Book watches that run over for longer, as far as their resources are free. For how many there was something to book."""
    now = clock.now()
    with database.reading() as db:
        found = (days.overrun_of(db, key, now=now) for key in days.open_observations(db))
        keys = [over.session for over in found if over is not None and not over.is_booked]
    for key in keys:
        try:
            database.run(partial(attending.extend_overrun, key=key, doing=Doing("the program", now, clock.new_id)))
        except DomainError as refusal:
            log.warning("a watch that runs over was not booked for longer: %s", refusal.code)
    return len(keys)


def forget_answers(database: Database, clock: Clock) -> None:
    """Remove the kept answers that nobody will ask for again."""
    database.run(lambda db: forget_old_answers(db, now=clock.now()))


def forget_keys(database: Database, clock: Clock) -> int:
    """Remove the keys of patients' links that have long opened nothing. How many."""
    gone = 0
    while removed := database.run(lambda db: forget_old_keys(db, now=clock.now()), quiet=True):
        gone += removed
    return gone


def make_checkpoint_if_due(database: Database, notary: Notary, clock: Clock) -> None:
    """Sign the end of the audit trail, every five minutes or thousand events. A failure is logged, and tried again with the next beat."""
    try:
        auditing.make_checkpoint(database, notary, clock, only_if_due=True)
    except (DomainError, OSError) as refusal:
        log.error("no checkpoint of the audit trail was made: %s", refusal)


def check_trail_if_due(database: Database, notary: Notary, clock: Clock) -> None:
    """Check the audit trail once a day; the trail itself keeps what was found, for the status page."""
    with database.reading() as db:
        last = auditing.last_check(db)
    if last is not None and abs(clock.now() - last[0]) < timedelta(days=1):
        return
    found = auditing.check(database, notary, now=clock.now())
    database.run(lambda db: auditing.record_check(db, WORKER, found, now=clock.now()))
    for finding in found.findings[:LISTED]:
        log.error("audit trail: %s", finding.sentence)


def write_downtime_packs(database: Database, clock: Clock, printer: Printer, folder: Path) -> None:
    """Write the downtime pack of every site. A failure is logged, and tried again with the next beat."""
    try:
        written = len(write_packs(database, folder, printer, WORKER, now=clock.now()))
    except (DomainError, OSError) as refusal:
        log.error("no downtime pack was written: %s", refusal)
    else:
        log.info("wrote %d downtime packs", written)


def heartbeat(  # all that is done by itself
    database: Database,
    clock: Clock,
    notary: Notary,
    printer: Printer | None = None,
    carriers: Sequence[Carrier] = (),
    address: str = "",
) -> BackgroundScheduler:
    """A scheduler that is ready to be started. A beat that was late is made up for once, and never twice at a time.

    `address` is what the links in messages begin with; without one there are none.
    """
    beats = reminders_beat(database, clock, carriers, address)
    database = auditing.seen_by(database, WORKER, clock.now)
    beats.add_job(sweep_holds, "interval", seconds=SWEEP_SECONDS, args=(database, clock), next_run_time=clock.now())
    beats.add_job(forget_answers, "interval", hours=1, args=(database, clock))
    beats.add_job(forget_keys, "interval", hours=1, args=(database, clock))
    beats.add_job(extend_overruns, "interval", seconds=OVERRUN_SECONDS, args=(database, clock), next_run_time=clock.now())
    beats.add_job(check_trail_if_due, "interval", hours=1, args=(database, notary, clock), next_run_time=clock.now())
    if notary.seed is not None:
        beats.add_job(make_checkpoint_if_due, "interval", seconds=CHECKPOINT_SECONDS, args=(database, notary, clock))
    if printer is not None and printer.folder is not None:
        pack = (database, clock, printer, printer.folder)
        beats.add_job(write_downtime_packs, "cron", minute=PACK_MINUTES, args=pack, next_run_time=clock.now())
    return beats


def reminders_beat(database: Database, clock: Clock, carriers: Sequence[Carrier], address: str = "") -> BackgroundScheduler:
    """Only what sends messages, for a server that is alone. Of all that are started one is at work, as `scheduler.reminding` elects it."""
    beats = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    worker, now = Worker(auditing.seen_by(database, WORKER, clock.now), clock, Links(address, clock) if address else None), clock.now()
    beats.add_job(worker.beat, "interval", seconds=BEAT_SECONDS, next_run_time=now)
    beats.add_job(worker.plan, "interval", seconds=PLAN_SECONDS, next_run_time=now + timedelta(seconds=1))
    beats.add_job(worker.offer, "interval", seconds=SEND_SECONDS, next_run_time=now + timedelta(seconds=1))
    for carrier in carriers:
        beats.add_job(worker.deliver, "interval", seconds=SEND_SECONDS, args=(carrier,), next_run_time=now + timedelta(seconds=2))
    beats.add_listener(lambda _: worker.stop(), EVENT_SCHEDULER_SHUTDOWN)
    return beats
