"""What time costs besides the wishes: prices by which many courses share scarce resources, or by which room is left for others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.float64]
"""One number for each elapsed minute of a date."""


class Prices(Protocol):
    """Prices in the unit of a course's own cost, at least 0. None stands for nothing at all."""

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        """What a load of 1 on a resource costs, added up: entry m is the price of the minutes before m, one entry more than the date
        has minutes. From b until e it costs entry e less entry b, times the load."""

    def of_patient(self, patient: str, on: date) -> Minutes | None:
        """The same for a patient's time, whose other courses may want it."""

    def of_start(self, template: str, on: date) -> Minutes | None:
        """What starting a kind of session at each minute costs."""


def added_up(prices: Sequence[Prices]) -> Prices | None:
    """Several prices as one."""
    if len(prices) < 2:
        return prices[0] if prices else None
    return _Sum(prices)


class _Sum:
    def __init__(self, prices: Sequence[Prices]) -> None:
        self._prices = prices

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        return _sum([each.of_resource(resource, on) for each in self._prices])

    def of_patient(self, patient: str, on: date) -> Minutes | None:
        return _sum([each.of_patient(patient, on) for each in self._prices])

    def of_start(self, template: str, on: date) -> Minutes | None:
        return _sum([each.of_start(template, on) for each in self._prices])


def _sum(parts: Sequence[Minutes | None]) -> Minutes | None:
    there = [part for part in parts if part is not None]
    total = there[0] if there else None
    for part in there[1:]:
        total = part if total is None else total + part
    return total
