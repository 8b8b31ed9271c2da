"""What if: the same demand planned at the clinic as it is and at the clinic as it might be, and what patients and resources see of it."""

from __future__ import annotations

from scheduler.what_if.changes import Change, Scenario, scenario_of
from scheduler.what_if.comparing import Comparison, Outcome, compare
from scheduler.what_if.figures import Figures
from scheduler.what_if.telling import answers, caption, comparison_data, drawn, rows

__all__ = [
    "Change",
    "Comparison",
    "Figures",
    "Outcome",
    "Scenario",
    "answers",
    "caption",
    "compare",
    "comparison_data",
    "drawn",
    "rows",
    "scenario_of",
]
