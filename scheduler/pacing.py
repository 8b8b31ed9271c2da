"""Keeps how far the clock was from the machine's running seconds, so that time that has to pass is not shortened by moving the clock."""

from __future__ import annotations

from sqlalchemy import insert

from courses.days.pace import PACE, Pace
from rooms.base import Db
from scheduler import queries
from scheduler.clock import Clock
from scheduler.database import View
from scheduler.records.pace import ClockDistanceRow


class Pacer:
    """Tells the pace of this machine; one for each program."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._noted: frozenset[int] = frozenset()

    def note(self, db: Db) -> None:
        """Keep the present distance, if it is not kept yet."""
        distance, boot = self._clock.distance(), self._clock.boot()
        if distance in self._noted:
            return
        kept = queries.clock_distances(db, boot)
        if distance not in kept:
            db.execute(insert(ClockDistanceRow).values(boot=boot, distance=distance, noted_at=self._clock.now()))
        self._noted = kept  # the new one is only known once it was read: this transaction may be given up

    def pace(self, db: Db) -> Pace:
        """The pace as it is now."""
        return Pace(self._clock.running(), queries.clock_distances(db, self._clock.boot()) | {self._clock.distance()})

    def seen_by(self, view: View) -> View:
        """The same view; whatever is changed through it keeps the distance, and whoever asks is told the pace."""

        def opening(db: Db) -> None:
            db.info[PACE] = self.pace
            view.opening(db)

        def closing(db: Db) -> None:
            view.closing(db)
            self.note(db)

        return View(opening, closing)
