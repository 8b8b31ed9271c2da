"""What a move of a session has in its way: by its checklists, by what is known beside them, and by the day."""

from __future__ import annotations

from datetime import datetime

from courses.checklists.gates import Stop, standing
from courses.checklists.item import Verb
from courses.queries.charts import SessionChart
from courses.queries.days import stops_now
from courses.queries.owed import facts_of
from rooms.base import Db


def stops_before(db: Db, known: SessionChart, verb: Verb, *, now: datetime) -> tuple[Stop, ...]:
    """Every gate that a move has in its way still, house rules too; clinical ones that somebody went past are left out."""
    facts = facts_of(db, known)
    found = standing(known.documents, known.chart, verb, facts, known.overridden, moments=known.moments, now=now, time=known.time)
    return (*found, *stops_now(db, known, verb, now=now))
