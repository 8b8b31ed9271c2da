"""Where somebody sits, as the boards say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from courses.queries import SessionLine
from courses.sessions.status import SessionStatus
from rooms.availability.interval import Interval
from rooms.queries import KnownResource
from rooms.resources.resource import Kind, Resource
from scheduler.web.observation_views import seat_of

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ROOMS = [("chair-1", "Recliner 1", Kind.CHAIR), ("room", "Procedure room", Kind.ROOM)]
ROOMS += [(f"bay-{number}", f"Bay {number}", Kind.ROOM) for number in (1, 4)]


def known() -> list[KnownResource]:
    found = [Resource(code, kind, frozenset(), 1, name=name) for code, name, kind in ROOMS]
    return [KnownResource(number, f"r_{number}", 1, number, False, None, resource) for number, resource in enumerate(found)]


def line(status: SessionStatus, *codes: str) -> SessionLine:
    """A session that has these one after the other."""
    booked = [
        (code, Interval(NOW + timedelta(minutes=place), NOW + timedelta(minutes=place + 1)), 1, 0) for place, code in enumerate(codes)
    ]
    return SessionLine("s", "c", "p", "Ana", "ECT", "ect", 1, 1, "", "", status, None, True, 1, tuple(booked))


@pytest.mark.parametrize(
    ("status", "name"),
    [(SessionStatus.ARRIVED, "Bay 4"), (SessionStatus.IN_TREATMENT, "Procedure room"), (SessionStatus.IN_OBSERVATION, "Bay 1")],
)
def test_seat_is_the_room_where_the_patient_is_by_now(status: SessionStatus, name: str) -> None:
    assert seat_of(line(status, "bay-4", "room", "bay-1"), known()).name == name


def test_letters_stand_before_a_number_that_others_of_the_site_have_too() -> None:
    shorts = [seat_of(line(SessionStatus.ARRIVED, code), known()).short for code, *_ in ROOMS]
    assert shorts == ["R1", "PR", "B1", "4"]
