"""A chain of visits on one day slides as a whole: the earliest starts that keep every gap."""

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from courses.days.chain import Link, slid
from rooms.availability.free_time import span

DAY = span(0, 24 * 60)


def links(starts: list[int], free: list[int], *, least: int = 50, most: int = 65) -> list[Link]:
    return [Link(start, 10, least, most, mask) for start, mask in zip(starts, free, strict=True)]


def hourly(n: int) -> list[int]:
    return [480 + 60 * k for k in range(n)]


def test_a_chain_that_is_on_time_stays() -> None:
    assert slid(links(hourly(10), [DAY] * 10), 480) == tuple(hourly(10))


def test_twelve_minutes_late_are_twelve_minutes_for_all_that_follow() -> None:
    assert slid(links(hourly(8), [DAY] * 8), 492) == tuple(start + 12 for start in hourly(8))


def test_who_is_in_the_way_is_waited_for_and_no_gap_becomes_shorter() -> None:
    """The second could start at 552, where the device is another's until 555."""
    busy = DAY & ~span(540, 555)

    assert slid(links(hourly(3), [DAY, busy, DAY]), 492) == (492, 555, 615)


def test_an_earlier_visit_waits_where_the_gap_after_it_would_be_too_long() -> None:
    """The second cannot start before 580; more than 65 minutes after the first there may not be, so that the first waits until 505."""
    assert slid(links(hourly(2), [DAY, DAY & ~span(0, 580)]), 480) == (505, 580)


def test_a_chain_without_room_stays_where_it_was() -> None:
    assert slid(links(hourly(3), [DAY, DAY, DAY & span(0, 600)]), 492) is None


@given(st.lists(st.integers(0, 2**40 - 1), min_size=1, max_size=3), st.integers(0, 30))
def test_it_is_the_first_of_all_ways(free: list[int], not_before: int) -> None:
    chain = [Link(3 * place, 2, 2, 6, mask) for place, mask in enumerate(free)]

    def fits(starts: tuple[int, ...]) -> bool:
        alone = all(each.free >> start & 1 and start >= each.start for each, start in zip(chain, starts, strict=True))
        gaps = [later - before - 2 for before, later in pairwise(starts)]
        return alone and starts[0] >= not_before and all(2 <= gap <= 6 for gap in gaps)

    ways = [starts for starts in product(range(40), repeat=len(chain)) if fits(starts)] if len(chain) < 3 else None

    found = slid(chain, not_before)
    if ways is not None:
        assert found == min(ways, default=None)
    elif found is not None:
        assert fits(found)
