"""Like chairs as one pool: plans that give bookings which may be re-seated to other resources, at the same time, where that makes room.

A course is planned as if such bookings took room from their pool and from no chair in it; then each of its dates is seated, with as few
bookings changed as can be. Nobody's time changes, and no plan is taken that costs more than the one with every booking fixed.
"""

from courses.plans.reseating.bettering import Reseated, better_by_reseating, plan_reseating, reseat_clinic

__all__ = ["Reseated", "better_by_reseating", "plan_reseating", "reseat_clinic"]
