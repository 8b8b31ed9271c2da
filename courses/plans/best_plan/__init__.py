"""One course planned as well as it can be: the dates, the time of day and the resources that cost least together, proven."""

from courses.plans.best_plan.by_dates import DateWays
from courses.plans.best_plan.planning import Priced, Pricer, plan_course
from courses.plans.best_plan.situation import Situation, loads_of

__all__ = ["DateWays", "Priced", "Pricer", "Situation", "loads_of", "plan_course"]
