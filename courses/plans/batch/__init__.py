"""Many courses planned: one after another, or together with a proof of how far from the best the plan can be."""

from courses.plans.batch.one_by_one import Clinic, Progress, no_progress, objective, plan_clinic, take

__all__ = ["Clinic", "Progress", "no_progress", "objective", "plan_clinic", "take"]
