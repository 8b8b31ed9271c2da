"""Reserving against a model so naive that it is plainly right: minute by minute, add up what everybody takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused
from rooms.reserving import ChangedMeanwhile
from scheduler.database import Database, migrate
from tests.rooms.small_clinic import RESOURCES, Clinic, at, open_clinic

CAPACITY = {resource.id: resource.capacity for resource in RESOURCES}
PURPOSES = st.sampled_from(["s_1", "s_2", "s_3", "s_4"])
ASKED = st.tuples(st.sampled_from(sorted(CAPACITY)), st.integers(-2, 38), st.integers(1, 8), st.integers(0, 4))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["reserve", "move", "hold"]), PURPOSES, st.lists(ASKED, min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["release", "expire"]), PURPOSES, st.just([])),
    ),
    max_size=25,
)


class Model:
    """Quarter hours from 08:00; who takes how much of what in each."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[str, int, int, int]]] = {}
        self.held: set[str] = set()

    def fits(self, purpose: str, asked: list[tuple[str, int, int, int]]) -> bool:
        everything = [part for whose, parts in self.taken.items() if whose != purpose for part in parts] + asked
        return all(
            begin >= 0
            and begin + length <= 36
            and all(
                sum(load for r, b, n, load in everything if r == resource and b <= quarter < b + n) <= CAPACITY[resource]
                for quarter in range(begin, begin + length)
                if wanted
            )
            for resource, begin, length, wanted in asked
        )


@contextmanager
def clinic_on(folder: Path) -> Iterator[Clinic]:
    """A clinic in a file of its own: what an example leaves is not the next one's."""
    path = folder / "model.db"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    yield open_clinic(database)
    database.dispose()


def claims(purpose: str, asked: list[tuple[str, int, int, int]]) -> list[Claim]:
    eight = at("08:00")
    quarter = timedelta(minutes=15)
    return [
        Claim(resource, Interval(eight + begin * quarter, eight + (begin + length) * quarter), load, purpose, part)
        for part, (resource, begin, length, load) in enumerate(asked)
    ]


def take(clinic: Clinic, step: str, purpose: str, asked: list[tuple[str, int, int, int]]) -> None:
    if step == "move":
        clinic.move(purpose, *claims(purpose, asked))
    else:
        clinic.reserve(*claims(purpose, asked), hold_minutes=5 if step == "hold" else None)


@given(STEPS)
@settings(max_examples=40)
def test_reserving_grants_what_fits_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, list[tuple[str, int, int, int]]]]
) -> None:
    model = Model()
    with clinic_on(tmp_path_factory.getbasetemp()) as clinic:
        for step, purpose, asked in steps:
            if step == "release":
                clinic.release(purpose)
                model.taken.pop(purpose, None)
                model.held.discard(purpose)
            elif step == "expire":
                clinic.now += timedelta(minutes=5)
                model.taken = {whose: parts for whose, parts in model.taken.items() if whose not in model.held}
                model.held = set()
            elif step == "move" and purpose not in model.taken:
                with pytest.raises(ChangedMeanwhile):
                    take(clinic, step, purpose, asked)
            elif step == "move" or purpose not in model.taken:
                fits = model.fits(purpose, asked)
                if fits:
                    take(clinic, step, purpose, asked)
                    model.taken[purpose] = asked
                    model.held |= {purpose} if step == "hold" else set()
                else:
                    with pytest.raises(BookingRefused):
                        take(clinic, step, purpose, asked)
        assert sorted(clinic.day()) == sorted(
            (claim.resource, f"{_clock(begin)}", f"{_clock(begin + length)}", purpose)
            for purpose, parts in model.taken.items()
            for claim, (_, begin, length, _) in zip(claims(purpose, parts), parts, strict=True)
        )


def _clock(quarter: int) -> str:
    return f"{8 + quarter // 4:02d}:{quarter % 4 * 15:02d}"
