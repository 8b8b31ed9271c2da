"""A program that books one course of 36 sessions and says when it begins and when it is done. It is made to be killed."""

from __future__ import annotations

import sys
from datetime import date

from courses import enrolling
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from scheduler.clock import SystemClock
from scheduler.database import Database
from tests.courses.clinic import NOW

url, site, patient, protocol = sys.argv[1:]
database = Database(url)
wish = CourseWish(site, patient, protocol, date(2026, 11, 30))
with database.reading() as db:
    plan = enrolling.propose(db, wish, now=NOW)
assert isinstance(plan, CoursePlan), plan
print("begins", flush=True)  # noqa: T201  # the parent waits for it
with database.transaction() as db:
    course = enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=SystemClock().new_id)
print("done", flush=True)  # noqa: T201  # what was acknowledged must not be lost
