"""When the seconds are over tasks under way end, in this process and in others."""

from __future__ import annotations

import json
from random import Random

import pytest

from courses.plans.batch.crew import Bench, MakingWay, Pricing, Task, Turns, crew_of
from courses.plans.batch.giving_way import Placing
from courses.plans.batch.limit import Limit, TimeUp
from scheduler.clinic_file import read_clinic
from tests.plans.together.few_courses import few_courses

FILE = read_clinic(json.dumps(few_courses(Random(12))))
COURSES = range(len(FILE.requests))
TASKS: list[Task] = [
    Pricing(tuple(COURSES), {}, 0),
    Turns(tuple(COURSES)),
    MakingWay(tuple(Placing(course, 18, 1000) for course in COURSES), {}, {}),
]


class Patience:
    """Over after so many questions."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def __call__(self) -> None:
        if self.left == 0:
            raise TimeUp
        self.left -= 1


@pytest.mark.parametrize("task", TASKS)
def test_a_task_asks_with_every_course_whether_it_may_go_on(task: Task) -> None:
    patience = Patience(len(COURSES) - 1)

    with pytest.raises(TimeUp):
        task.done_at(Bench(FILE.as_planned_against(), FILE.requests, patience))

    assert patience.left == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_nobody_waits_for_what_is_not_done_in_time(processes: int) -> None:
    limit = Limit(seconds=5, elapsed=lambda: 10.0)

    with crew_of(processes, FILE.as_planned_against(), FILE.requests, limit) as crew, pytest.raises(TimeUp):
        list(crew.each(TASKS))
