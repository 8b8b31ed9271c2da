"""Many courses planned together in a process of their own, so that whoever books or looks meanwhile waits for nothing."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from courses.errors import DomainError
from courses.plans.batch import Limit, Standing, plan_together
from courses.plans.plan import ClinicPlan
from courses.plans.waiting.joint import SoFar, ToPlan
from scheduler.clock import SystemClock

LOOK_SECONDS = 0.5
"""How often it is looked whether this program is being stopped."""

NICE = 10

Told = Callable[[SoFar], None]
"""Told how good the best plan so far is."""


class PlanningBroke(DomainError):
    """The process that planned ended without an answer, or this program is being stopped."""

    code = "planning_broke"

    def __init__(self) -> None:
        super().__init__("Planning broke off before it had an answer. Plan together again; nothing was booked.")


def planned_apart(work: ToPlan, told: Told) -> ClinicPlan:
    """The joint plan. Raises `PlanningBroke`."""
    apart = multiprocessing.get_context("spawn")  # a fork would take the locks of this program's threads with it
    answers, said = apart.Pipe(duplex=False)
    process = apart.Process(target=_plan, args=(said, work), daemon=True)
    process.start()
    said.close()
    try:
        return _heard(answers, told)
    finally:
        process.kill()
        process.join()
        process.close()
        answers.close()


def _heard(answers: Connection[None, ClinicPlan | SoFar], told: Told) -> ClinicPlan:
    while threading.main_thread().is_alive():
        if not answers.poll(LOOK_SECONDS):
            continue
        try:
            answer = answers.recv()
        except EOFError:
            break
        if isinstance(answer, ClinicPlan):
            return answer
        told(answer)
    raise PlanningBroke


def _plan(said: Connection[ClinicPlan | SoFar, None], work: ToPlan) -> None:
    """Gives way to whoever is at a desk: it takes the processor only while nobody else wants it."""
    os.nice(NICE)
    clock = SystemClock()
    began = clock.monotonic()
    limit = Limit(work.limit.total_seconds(), elapsed=lambda: clock.monotonic() - began)

    def tell(standing: Standing) -> None:
        said.send(SoFar(standing.objective, standing.bound, standing.gap))

    said.send(plan_together(work.clinic, work.requests, limit=limit, seed=work.seed, progress=tell))
