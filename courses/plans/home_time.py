"""One time of day for a whole course."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """The wall-clock minutes at which one date offers a start, in order: those inside the wished window, and the others."""

    wished: tuple[int, ...]
    other: tuple[int, ...]

    @classmethod
    def of(cls, clocks: Iterable[int], wished: Callable[[int], bool] | None) -> Offer:
        """Parts sorted minutes by the wish; without a wish all are wished."""
        minutes = tuple(clocks)
        if wished is None:
            return cls(minutes, ())
        return cls(tuple(m for m in minutes if wished(m)), tuple(m for m in minutes if not wished(m)))


def best_home(offers: Sequence[Offer], minute_price: float, outside_price: float) -> int:
    """The minute of the day from which the cheapest starts of all dates lie least far, counting what starts outside the wish cost."""
    homes = sorted({minute for offer in offers for minute in (*offer.wished, *offer.other)})

    def price(home: int) -> float:
        return sum(
            min(minute_price * _distance(offer.wished, home), outside_price + minute_price * _distance(offer.other, home))
            for offer in offers
        )

    return min(homes, key=price)


def _distance(minutes: Sequence[int], home: int) -> float:
    if not minutes:
        return float("inf")
    at = bisect_left(minutes, home)
    near = minutes[max(0, at - 1) : at + 1]
    return min(abs(minute - home) for minute in near)
