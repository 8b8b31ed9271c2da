"""The two questions for a general solver (the extra `solver`): what time is worth, and which columns go together best."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from courses.errors import DomainError
from courses.plans.batch.columns import Column
from courses.plans.batch.uses import POOL, Levels, Place, Room, Use

WORK = 2.0
"""How much work the choice among columns may take, in the solver's own measure, which is the same on every machine."""
SCALE = 1000
"""Costs are whole numbers to the solver, in thousandths."""


class NoSolver(DomainError):
    """The extra with the general solver is not installed."""

    code = "no_solver"

    def __init__(self) -> None:
        super().__init__("The general solver is not installed; it comes with the extra solver: pip install 'chairtime[solver]'.")


def has_solver() -> bool:
    """Whether the extra is installed."""
    return find_spec("ortools") is not None


def _loaded(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise NoSolver from None


def choose(columns: Sequence[Column], room: Room, penalties: Sequence[float], first: Sequence[int], seconds: float) -> list[int] | None:
    """The columns, by index, that go together at least cost, at most one for each course. `first` are some that do.

    None where nothing was found. The work has an end of its own; `seconds` only ends it earlier. Raises `NoSolver`.
    """
    cp_model = _loaded("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in columns]
    left_out = [model.new_bool_var("") for _ in penalties]
    of_course: dict[int, list[int]] = defaultdict(list)
    for index, column in enumerate(columns):
        of_course[column.course].append(index)
    for course, out in enumerate(left_out):
        model.add_exactly_one([out, *(taken[index] for index in of_course[course])])
    for loads, most in _limits(columns, room):
        model.add(sum(load * taken[index] for index, load in loads.items()) <= most)
    costs = sum(round(column.cost * SCALE) * var for column, var in zip(columns, taken, strict=True))
    model.minimize(costs + sum(round(penalty * SCALE) * var for penalty, var in zip(penalties, left_out, strict=True)))
    chosen = set(first)
    for index, var in enumerate(taken):
        model.add_hint(var, index in chosen)
    solver = cp_model.CpSolver()
    limits = {"max_deterministic_time": WORK, "max_time_in_seconds": max(seconds, 0.1)}
    keeping_first = {"keep_all_feasible_solutions_in_presolve": True, "symmetry_level": 0}
    for name, value in {"num_workers": 1, "random_seed": 1, "cp_model_probing_level": 0, **limits, **keeping_first}.items():
        setattr(solver.parameters, name, value)
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return [index for index, var in enumerate(taken) if solver.boolean_value(var)]


def _limits(columns: Sequence[Column], room: Room) -> list[tuple[dict[int, int], int]]:
    """Every limit that some choice of columns would break: the load of each column, and what is left."""
    there: dict[Place, list[tuple[int, Use]]] = defaultdict(list)
    for index, column in enumerate(columns):
        for use in column.uses:
            if use.place.kind != POOL:
                there[use.place].append((index, use))
    return [limit for place, uses in there.items() for limit in _limits_at(columns, room.left(place), uses)]


def _limits_at(columns: Sequence[Column], left: Levels, uses: Sequence[tuple[int, Use]]) -> list[tuple[dict[int, int], int]]:
    found: list[tuple[dict[int, int], int]] = []
    if len({columns[index].course for index, _ in uses}) < 2:
        return found
    changes = np.flatnonzero(np.diff(left)) + 1
    for minute in sorted({use.begin for _, use in uses} | {int(change) for change in changes}):
        loads: dict[int, int] = defaultdict(int)
        for index, use in uses:
            if use.begin <= minute < use.end:
                loads[index] += use.load
        most = int(left[minute])
        if _could_break(columns, loads, most) and not (found and _implies(found[-1], loads, most)):
            if found and _implies((loads, most), *found[-1]):
                found.pop()
            found.append((dict(loads), most))
    return found


def _could_break(columns: Sequence[Column], loads: Mapping[int, int], most: int) -> bool:
    heaviest: dict[int, int] = defaultdict(int)
    for index, load in loads.items():
        heaviest[columns[index].course] = max(heaviest[columns[index].course], load)
    return sum(heaviest.values()) > most


def _implies(known: tuple[Mapping[int, int], int], loads: Mapping[int, int], most: int) -> bool:
    """Whether a limit that is known says all that another one would."""
    return known[1] <= most and all(known[0].get(index, 0) >= load for index, load in loads.items())
