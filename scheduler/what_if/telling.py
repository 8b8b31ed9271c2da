"""A comparison in a table, in a plain sentence, as data and as a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from courses.protocols.located.yaml_text import Data
from scheduler.charts import Bars, bar_chart
from scheduler.what_if.comparing import Comparison, Outcome
from scheduler.what_if.figures import Figures

NO_FIGURE = "–"
SAME_DAYS, SAME_SHARE = 0.1, 0.01
"""Below a tenth of a day of waiting and a hundredth of the objective nothing has changed that anyone would notice."""


def rows(comparison: Comparison) -> list[list[str]]:
    """One row for each figure: what it is, and its value in each scenario."""
    every = [comparison.before.figures, *(outcome.figures for outcome in comparison.after)]
    told = [
        ["courses without a place", *(f"{each.n_without_place} of {each.n_courses}" for each in every)],
        ["wait for the first session, mean", *(_days(each.wait_mean) for each in every)],
        ["wait for the first session, nine in ten", *(_days(each.wait_p90) for each in every)],
        ["delay of a session, mean", *(_days(each.delay_mean) for each in every)],
        ["sessions in the wished window", *(_percent(each.in_window) for each in every)],
        ["objective", *(f"{each.objective:,.0f}" for each in every)],
    ]
    capabilities = dict.fromkeys(capability for each in every for capability in each.used)
    return told + [[f"{capability} in use", *(_percent(each.used.get(capability)) for each in every)] for capability in capabilities]


def _days(days: float | None) -> str:
    return NO_FIGURE if days is None else f"{days:.1f} days"


def _percent(share: float | None) -> str:
    return NO_FIGURE if share is None else f"{share:.0%}".replace("%", " %")


def caption(comparison: Comparison) -> str:
    """What the share of a capability in use is taken of."""
    span = comparison.span
    return f"In use: booked, of the open time from {span.first} to {span.last}. Waits and delays are those of courses with a place."


def answers(comparison: Comparison) -> list[str]:
    """For each scenario one sentence that says what it would bring; with several, one more that names the best."""
    told = [_answer(comparison.before.figures, outcome) for outcome in comparison.after]
    best = min([comparison.before, *comparison.after], key=_badness)
    if len(comparison.after) > 1:
        told.append("The clinic does best as it is." if best is comparison.before else f"The clinic does best with this: {best.name}.")
    return told


def _badness(outcome: Outcome) -> tuple[int, float]:
    return outcome.figures.n_without_place, outcome.figures.objective


def _answer(before: Figures, outcome: Outcome) -> str:
    after = outcome.figures
    said = [*_places(before, after), *_waits(before, after), *_objective(before, after)]
    if not said:
        return f"{outcome.name}: next to nothing changes; what is in use most today is {_scarcest(before)}."
    return f"{outcome.name}: {', '.join(said[:-1])}{' and ' if len(said) > 1 else ''}{said[-1]}."


def _places(before: Figures, after: Figures) -> list[str]:
    change = before.n_without_place - after.n_without_place
    if not change:
        return []
    courses = f"{abs(change)} {'course' if abs(change) == 1 else 'courses'}"
    return [f"{courses} more {'finds' if change == 1 else 'find'} a place" if change > 0 else f"{courses} {_lose(-change)} the place"]


def _lose(n_courses: int) -> str:
    return "loses" if n_courses == 1 else "lose"


def _waits(before: Figures, after: Figures) -> list[str]:
    if before.wait_mean is None or after.wait_mean is None or abs(before.wait_mean - after.wait_mean) < SAME_DAYS:
        return []
    return [f"patients wait {after.wait_mean:.1f} instead of {before.wait_mean:.1f} days for the first session"]


def _objective(before: Figures, after: Figures) -> list[str]:
    change = after.objective - before.objective
    if before.n_without_place != after.n_without_place or abs(change) < SAME_SHARE * max(before.objective, 1):
        return []
    return [f"delays and missed wishes together weigh {after.objective:,.0f} instead of {before.objective:,.0f}"]


def _scarcest(figures: Figures) -> str:
    capability = max(figures.used, key=lambda each: figures.used[each], default="nothing")
    return f"{capability}, {_percent(figures.used.get(capability))} of its time"


def comparison_data(comparison: Comparison) -> Data:
    """The same for a machine; days and shares are not rounded."""
    every: list[Data] = [_outcome_data(outcome) for outcome in (comparison.before, *comparison.after)]
    told: list[Data] = [*answers(comparison)]
    return {
        "scenarios": every,
        "used_from": comparison.span.first.isoformat(),
        "used_until": comparison.span.last.isoformat(),
        "answers": told,
    }


def _outcome_data(outcome: Outcome) -> Data:
    figures = outcome.figures
    return {
        "name": outcome.name,
        "courses": figures.n_courses,
        "without_place": figures.n_without_place,
        "wait_days_mean": figures.wait_mean,
        "wait_days_p90": figures.wait_p90,
        "delay_days_mean": figures.delay_mean,
        "in_window": figures.in_window,
        "objective": figures.objective,
        "used": {**figures.used},
        "bookings_left_out": outcome.n_left_out,
    }


def drawn(comparison: Comparison, clinic: str) -> str:
    """How long patients wait in each scenario, as SVG."""
    every = [comparison.before, *comparison.after]
    groups = ["wait for the first session, mean", "wait for the first session, nine in ten", "delay of a session, mean"]
    bars = [Bars(outcome.name, _bars(outcome.figures)) for outcome in every]
    return bar_chart(f"What if: waiting at {clinic}", "days", groups, bars)


def _bars(figures: Figures) -> Sequence[float | None]:
    return [None if days is None else round(days, 1) for days in (figures.wait_mean, figures.wait_p90, figures.delay_mean)]
