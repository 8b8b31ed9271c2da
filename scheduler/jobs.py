"""The heartbeat: what is due is looked up in our own rows every so often, in one process, by UTC.

APScheduler only wakes us. It keeps nothing: after a restart, a move of a session or a change of the clock there is no second truth to
put right.
"""

from __future__ import annotations

import logging
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler

from rooms import reserving
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.idempotency import forget_old_answers

SWEEP_SECONDS = 30
"""How often holds that ran out are freed. They take no room from the moment they run out; this only tidies up."""

log = logging.getLogger("chairtime.jobs")


def sweep_holds(database: Database, clock: Clock) -> int:
    """Free the holds that have run out. How many."""
    freed = database.run(lambda db: reserving.sweep_holds(db, now=clock.now()))
    if freed:
        log.info("freed %d holds that had run out", freed)
    return freed


def forget_answers(database: Database, clock: Clock) -> None:
    """Remove the kept answers that nobody will ask for again."""
    database.run(lambda db: forget_old_answers(db, now=clock.now()))


def heartbeat(database: Database, clock: Clock) -> BackgroundScheduler:
    """A scheduler that is ready to be started. A beat that was late is made up for once, and never twice at a time."""
    beats = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    beats.add_job(sweep_holds, "interval", seconds=SWEEP_SECONDS, args=(database, clock), next_run_time=clock.now())
    beats.add_job(forget_answers, "interval", hours=1, args=(database, clock))
    return beats
