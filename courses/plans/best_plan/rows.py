"""Dates as rows of starts, one place for each start of the grid: what is the same at all prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.met import Acquaintances, Meeting, rivals_met
from courses.plans.possible.openings import Openings
from courses.protocols.session_template import Demand, SessionTemplate

Flags = NDArray[np.bool_]
BYTES_OF_DAY = 190
"""Room for the minutes of the longest date, 25 hours, as bits."""


@dataclass(frozen=True, slots=True)
class DateRow:
    """One date for one kind of session: whether each start is free; for each axis and way of meeting, whether it can be met so."""

    free: Flags
    met: Mapping[int, Flags]


class DateRows:
    """The rows of all dates asked for so far, for one course."""

    def __init__(self, openings: Openings, known: Acquaintances) -> None:
        self.openings, self.known = openings, known
        self._step = openings.calendar.site.granularity_minutes
        self._rows: dict[tuple[str, date], DateRow] = {}
        self._pools: dict[tuple[str, int, date], Flags] = {}
        self._plain: dict[str, bool] = {}

    def of(self, template: SessionTemplate, dates: Sequence[date]) -> list[DateRow]:
        """The rows of some dates on which the clock does not change."""
        name = template.name
        missing = [on for on in dates if (name, on) not in self._rows]
        if missing:
            free = self._flags([self.openings.starts(template, on) for on in missing])
            met = {meeting.axis: self._met(meeting, missing) for meeting in self.known.meetings(template)}
            for index, on in enumerate(missing):
                self._rows[name, on] = DateRow(free[index], {axis: flags[index] for axis, flags in met.items()})
        return [self._rows[name, on] for on in dates]

    def pool(self, template: SessionTemplate, demand: Demand, dates: Sequence[date]) -> Flags:
        """By date and resource of its pool, whether the resource can meet a requirement of sessions that start then."""
        name, there = template.name, self.openings.calendar.pool(demand.requirement.capability)
        missing = [on for on in dates if (name, demand.index, on) not in self._pools]
        if missing:
            flags = self._flags([mask for on in missing for mask in self.openings.pool_starts(demand, on)])
            for index, on in enumerate(missing):
                self._pools[name, demand.index, on] = flags[index * len(there) : (index + 1) * len(there)]
        return np.array([self._pools[name, demand.index, on] for on in dates])

    def is_plain(self, template: SessionTemplate) -> bool:
        """Whether whom one capability meets never bars whom another meets."""
        if template.name not in self._plain:
            self._plain[template.name] = not rivals_met(self.openings, template, self.known.meetings(template))
        return self._plain[template.name]

    def _met(self, meeting: Meeting, dates: Sequence[date]) -> Flags:
        """By date and way of meeting."""
        masks = [mask for on in dates for mask in self._masks(meeting, on)]
        flags = self._flags(masks)
        return flags.reshape(len(dates), len(meeting.ways), flags.shape[1])

    def _masks(self, meeting: Meeting, on: date) -> Iterator[int]:
        """For each way of meeting, the starts from which it can be."""
        if meeting.is_simple:
            yield from self.openings.pool_starts(meeting.demands[0], on)
            return
        free = {demand.index: self._free(demand, on) for demand in meeting.demands}
        for _, way in meeting.ways:
            mask = -1
            for demand, part in zip(meeting.demands, way, strict=True):
                for resource in part:
                    mask &= free[demand.index][resource]
            yield mask

    def _free(self, demand: Demand, on: date) -> dict[str, int]:
        pool = self.openings.calendar.pool(demand.requirement.capability)
        return {resource.id: mask for resource, mask in zip(pool, self.openings.pool_starts(demand, on), strict=True)}

    def _flags(self, masks: Sequence[int]) -> Flags:
        return as_booleans(masks)[:, :: self._step]


def as_booleans(masks: Sequence[int]) -> Flags:
    """Minutes as bits, one row for each mask."""
    whole = (1 << 8 * BYTES_OF_DAY) - 1
    packed = b"".join((mask & whole).to_bytes(BYTES_OF_DAY, "little") for mask in masks)
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(len(masks), BYTES_OF_DAY)
    return np.unpackbits(rows, axis=1, bitorder="little").view(np.bool_)
