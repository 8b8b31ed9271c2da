"""Many courses planned: one after another, or together with a proof of how far from the best the plan can be."""

from courses.plans.batch.limit import Limit, Standing, Watch, no_watch
from courses.plans.batch.one_by_one import Clinic, Progress, no_progress, objective, plan_clinic, take
from courses.plans.batch.solver import has_solver
from courses.plans.batch.together import plan_together

__all__ = [
    "Clinic",
    "Limit",
    "Progress",
    "Standing",
    "Watch",
    "has_solver",
    "no_progress",
    "no_watch",
    "objective",
    "plan_clinic",
    "plan_together",
    "take",
]
