"""Templates of start times: at which times of a weekday visits of one kind begin, so that as many as can be fit into the day.

Long observed visits that begin whenever their patients wish leave holes between them. A template is the set of starts, each with its
resources, that holds the most visits; offered first where a day will fill, it brings the free choice of the first patients and a place
for the last one together.
"""

from __future__ import annotations

from courses.plans.start_templates.filling import Filled, fill_a_day
from courses.plans.start_templates.pricing import StartPrices
from courses.plans.start_templates.template import Place, StartTemplate, StartTemplates, templates_of

__all__ = ["Filled", "Place", "StartPrices", "StartTemplate", "StartTemplates", "fill_a_day", "templates_of"]
