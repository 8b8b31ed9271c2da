"""The promised figures, held on whatever machine the soak runs on."""

from __future__ import annotations

import pytest

from tests.benchmarks.__main__ import at_the_desk
from tests.benchmarks.timing import table


@pytest.mark.soak
@pytest.mark.benchmark
def test_desk_keeps_its_bars_with_a_hundred_thousand_bookings(database_kind: str) -> None:
    timings = at_the_desk(database_kind)

    assert all(timing.within for timing in timings), table(timings)
