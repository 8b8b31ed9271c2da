"""How many links that lead nowhere one address may ask for; links that are good are answered whatever their address did before."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 30
A_SECOND = 0.5
"""So many misses are answered at once, and then one in two seconds."""
ADDRESSES = 20_000
"""How many addresses are remembered; the one that was quiet for longest is forgotten."""


class Misses:
    """Counts by address, in this program's memory: a guess must cost nobody a place in the queue of those who write."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def is_one_too_many(self, address: str, at: float) -> bool:
        """Count a miss at a time (in seconds from some start); whether it is beyond what its address may."""
        with self._turn:
            left, since = self._left.pop(address, (float(MOST), at))
            left = min(MOST, left + max(0.0, at - since) * A_SECOND)
            self._left[address] = (max(0.0, left - 1), at)
            if len(self._left) > ADDRESSES:
                self._left.popitem(last=False)
            return left < 1
