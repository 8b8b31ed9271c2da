"""Small made clinics, read and planned once for all tests here."""

from __future__ import annotations

import json
from functools import cache

from courses.plans.batch import Clinic, plan_clinic
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from scheduler.benchmarks.made_clinics import made_clinic
from scheduler.clinic_file import ClinicFile, read_clinic


@cache
def clinic_file(size: str = "S", load: float = 0.8, courses: int = 8, seed: int = 1) -> ClinicFile:
    return read_clinic(json.dumps(made_clinic(size, load, courses, seed, 90)))


@cache
def planned(size: str = "S", load: float = 0.8, courses: int = 8, seed: int = 1) -> tuple[Clinic, list[CourseRequest], list[CoursePlan]]:
    file = clinic_file(size, load, courses, seed)
    clinic = file.as_planned_against()
    plans = [each for each in plan_clinic(clinic, file.requests).courses if isinstance(each, CoursePlan)]
    assert len(plans) == courses
    return clinic, list(file.requests), plans
