"""Programs that are made to be killed, and what they said before they died.

Each is a process of its own that began as a copy of one that had read all our code: to read it takes ten times as long as what they do.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import date
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Concatenate, ParamSpec
from unittest import mock

from courses import enrolling, queries
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from rooms import faults
from scheduler.clock import SettableClock, SystemClock
from scheduler.database import Database
from scheduler.waiting_list import book_each
from tests.courses.clinic import NOW

BEGINS = "begins"
LONGEST_SECONDS = 60
"""How long a program may say nothing."""

P = ParamSpec("P")


class Doomed:
    """A program that says that it begins, then whatever it has acknowledged. `fault` is what happens to it at which point."""

    def __init__(self, program: Callable[Concatenate[Connection, P], None], fault: str, /, *about: P.args, **_: P.kwargs) -> None:
        self._heard, said = _copied().Pipe(duplex=False)
        self._process: ForkServerProcess = _copied().Process(target=_run, args=(program, fault, said, *about), daemon=True)
        self._process.start()
        said.close()
        first = self._next()
        assert first == BEGINS, f"it died with {self._process.exitcode} before it began"

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def said(self) -> list[str]:
        """What it acknowledged until it ended."""
        found = list(iter(self._next, None))
        self._process.join(LONGEST_SECONDS)
        return found

    @property
    def was_killed(self) -> bool:
        """Whether it ended by kill -9, and not by itself. Ask when it has ended."""
        return self._process.exitcode == -signal.SIGKILL

    def _next(self) -> str | None:
        assert self._heard.poll(LONGEST_SECONDS), "the program hangs"
        try:
            return str(self._heard.recv())
        except EOFError:
            return None


def book_a_course(said: Connection, url: str, site: str, patient: str, protocol: str) -> None:
    """Books one course of 36 sessions."""
    database = Database(url)
    wish = CourseWish(site, patient, protocol, date(2026, 11, 30))
    with database.reading() as db:
        plan = enrolling.propose(db, wish, now=NOW)
    assert isinstance(plan, CoursePlan), plan
    said.send(BEGINS)
    with database.transaction() as db:
        course = enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=SystemClock().new_id)
    said.send(course.id)


def book_a_joint_plan(said: Connection, url: str, joint: str) -> None:
    """Books a joint plan course by course."""
    database = Database(url)
    with database.reading() as db:
        keys = [answer.waiting.id for answer in queries.joint_plan(db, joint).joint.answers]
    said.send(BEGINS)
    for key in keys:
        (outcome,) = book_each(database, SettableClock(NOW, frozen=True), joint, [key], "desk")
        assert outcome.course, outcome
        said.send(outcome.course.id)


def _copied() -> multiprocessing.context.ForkServerContext:
    """Where programs are copied from: a process with fault points, begun once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with mock.patch.dict(os.environ, FAULTS="1"):
        forkserver.ensure_running()
    return context


def _run(program: Callable[..., None], fault: str, said: Connection, *about: object) -> None:
    faults.plan(fault)
    program(said, *about)
