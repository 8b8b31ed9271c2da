"""A program that books a joint plan course by course and says what it has acknowledged. It is made to be killed."""

from __future__ import annotations

import sys

from courses import queries
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.waiting_list import book_each
from tests.courses.clinic import NOW

url, joint = sys.argv[1:]
database = Database(url)
with database.reading() as db:
    keys = [answer.waiting.id for answer in queries.joint_plan(db, joint).joint.answers]
print("begins", flush=True)  # noqa: T201  # the parent waits for it
for key in keys:
    (outcome,) = book_each(database, SettableClock(NOW, frozen=True), joint, [key], "desk")
    assert outcome.course, outcome
    print(outcome.course.id, flush=True)  # noqa: T201  # what was acknowledged must not be lost
