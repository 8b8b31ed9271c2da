"""The linear program over the columns seen so far, with bottlenecks added where its mixture overfills something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from courses.plans.batch.columns import Column, Columns
from courses.plans.batch.scarcity import Bottlenecks, overfilled, part_of
from courses.plans.batch.solver import LinearMaster, Values
from courses.plans.batch.uses import Place, Room, Use

SHARED = 1e-7
"""A smaller share of a column is none."""
MOST_TURNS = 12
"""So often in one round the program is solved anew with more bottlenecks; what is overfilled then waits for the next round."""


class Master:
    """Grows with the columns and bottlenecks that it is given. `complete`: the last mixture overfilled nothing."""

    def __init__(self, columns: Columns, bottlenecks: Bottlenecks, room: Room, penalties: Sequence[float]) -> None:
        self._columns, self._bottlenecks, self._room = columns, bottlenecks, room
        self._program = LinearMaster(penalties)
        self._n_columns = self._n_bottlenecks = 0
        self.complete = False
        self.mixture: list[tuple[Column, float]] = []
        self._there: dict[Place, list[tuple[int, Use]]] = defaultdict(list)

    def solve(self) -> Values | None:
        """The best mixture, and what it says time is worth; None where the solver fails."""
        self.complete = False
        for _ in range(MOST_TURNS):
            self._grow()
            values = self._program.solve()
            if values is None:
                return None
            shared = zip(self._columns.all, values.shares.tolist(), strict=True)
            self.mixture = [(column, share) for column, share in shared if share > SHARED]
            mixed = [(use, share) for column, share in self.mixture for use in column.uses]
            if not sum([self._bottlenecks.add(one) for one in overfilled(self._room, mixed)]):
                self.complete = True
                break
        return values

    def insist(self, values: Values) -> bool:
        """Make it dearer to leave out the courses that a mixture leaves out. False if there are none."""
        courses = [course for course, share in enumerate(values.left_out) if share > SHARED]
        for course in courses:
            self._program.make_dearer(course)
        return bool(courses)

    def _grow(self) -> None:
        for one in self._bottlenecks.all[self._n_bottlenecks :]:
            parts: dict[int, float] = defaultdict(float)
            for index, use in self._there.get(one.place, ()):
                if part := part_of(use, one):
                    parts[index] += part
            self._program.add_bottleneck(one, parts)
        self._n_bottlenecks = len(self._bottlenecks.all)
        for index, column in enumerate(self._columns.all[self._n_columns :], self._n_columns):
            self._program.add_column(column, self._bottlenecks.parts_of(column.uses))
            for use in column.uses:
                self._there[use.place].append((index, use))
        self._n_columns = len(self._columns.all)
