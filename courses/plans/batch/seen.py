"""The plans seen so far, as a program over bottlenecks has to know them: what each costs, and its part of every bottleneck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from courses.plans.batch.columns import Sketch
from courses.plans.batch.mixing import Matrix
from courses.plans.batch.scarcity import Bottlenecks, Crowd, Indices, Strand, Vector
from courses.plans.batch.uses import Place

PLACE, BEGIN, END, LOAD, COLUMN = range(5)
"""What the table of uses says in its columns."""
NONE = np.zeros(0, dtype=np.intp)


class Seen:
    """Grows with the columns and bottlenecks, which others add to."""

    def __init__(self, columns: Sequence[Sketch], bottlenecks: Bottlenecks) -> None:
        self._columns, self._bottlenecks = columns, bottlenecks
        self.n_columns = self.n_bottlenecks = 0
        self.costs, self.courses = np.zeros(0), np.zeros(0, dtype=np.intp)
        self.heaviest = np.zeros(0)
        self._rows = self._of = np.zeros(0, dtype=np.intp)
        self._parts = np.zeros(0)
        self._uses = np.zeros((0, 5), dtype=np.intp)
        self._by_place = self._sorted = NONE
        self._number: dict[Place, int] = {}
        self._places: list[Place] = []

    def grow(self) -> None:
        """Take in what was found since."""
        news, n_before = self._bottlenecks.all[self.n_bottlenecks :], self.n_bottlenecks
        touched = [self._touched(strand, index) for index, one in enumerate(news, n_before) for strand in one.woven]
        self.n_bottlenecks += len(news)
        for index, column in enumerate(self._columns[self.n_columns :], self.n_columns):
            there, taken = self._bottlenecks.parts_of(column.uses)
            touched.append((there, np.full(len(there), index, dtype=np.intp), taken))
        self._take_columns()
        self._rows, self._of, self._parts = (
            np.concatenate(each) for each in zip((self._rows, self._of, self._parts), *touched, strict=True)
        )
        self.heaviest = np.zeros(self.n_bottlenecks)
        np.maximum.at(self.heaviest, self._rows, self._parts)
        self.heaviest[[index for index, one in enumerate(self._bottlenecks.all) if one.strands]] = 1.0

    def _touched(self, one: Strand, index: int) -> tuple[Indices, Indices, Vector]:
        """Which bottleneck, which columns, and their parts."""
        at = self._number.get(one.place)
        mine = self._by_place[np.searchsorted(self._sorted, at) : np.searchsorted(self._sorted, at, "right")] if at is not None else NONE
        overlap = np.minimum(self._uses[mine, END], one.end) - np.maximum(self._uses[mine, BEGIN], one.begin)
        mine, overlap = mine[overlap > 0], overlap[overlap > 0]
        parts = self._uses[mine, LOAD] * overlap * one.weight / (one.end - one.begin)
        return np.full(len(mine), index, dtype=np.intp), self._uses[mine, COLUMN], parts

    def crowds(self, shares: Mapping[int, float]) -> list[Crowd]:
        """What a mixture of columns asks of each place."""
        share = np.zeros(self.n_columns)
        share[[*shares]] = [*shares.values()]
        mine = self._by_place[share[self._uses[self._by_place, COLUMN]] > 0]
        uses, begins = self._uses[mine], np.flatnonzero(np.diff(self._uses[mine, PLACE], prepend=-1))
        loads = uses[:, LOAD] * share[uses[:, COLUMN]]
        ends = [*begins[1:].tolist(), len(mine)]
        return [
            Crowd(self._places[uses[begin, PLACE]], uses[begin:end, BEGIN], uses[begin:end, END], loads[begin:end])
            for begin, end in zip(begins.tolist(), ends, strict=True)
        ]

    def _take_columns(self) -> None:
        new = self._columns[self.n_columns :]
        self.costs = np.concatenate([self.costs, [column.cost for column in new]])
        self.courses = np.concatenate([self.courses, np.array([column.course for column in new], dtype=np.intp)])
        uses = [
            (self._number_of(use.place), use.begin, use.end, use.load, index)
            for index, column in enumerate(new, self.n_columns)
            for use in column.uses
        ]
        if uses:
            self._uses = np.concatenate([self._uses, np.array(uses, dtype=np.intp)])
            self._by_place = np.argsort(self._uses[:, PLACE], kind="stable")
            self._sorted = self._uses[self._by_place, PLACE]
        self.n_columns = len(self._columns)

    def _number_of(self, place: Place) -> int:
        if place not in self._number:
            self._number[place] = len(self._places)
            self._places.append(place)
        return self._number[place]

    def priced(self, multipliers: Vector) -> Vector:
        """What each column costs with multipliers."""
        found: Vector = self.costs + np.bincount(self._of, self._parts * multipliers[self._rows], self.n_columns)
        return found

    def parts(self, columns: Indices) -> Matrix:
        """The parts of some columns: a row for each bottleneck."""
        at = np.full(self.n_columns, -1, dtype=np.intp)
        at[columns] = np.arange(len(columns))
        chosen = at[self._of] >= 0
        cells = self._rows[chosen] * len(columns) + at[self._of[chosen]]
        found: Matrix = np.bincount(cells, self._parts[chosen], self.n_bottlenecks * len(columns)).astype(np.float64)
        return found.reshape(self.n_bottlenecks, len(columns))
