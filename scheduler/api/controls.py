"""The clock and the fault points, for tests: only in test builds, only from this machine."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import Field

from rooms import faults
from rooms.errors import Faulty
from scheduler.api.fields import Moment, Shape
from scheduler.clock import SettableClock
from scheduler.dependencies import AtDesk, Desk, shown


def only_from_here(request: Request) -> None:
    """Raises 404 for another machine: it has no business to know of this."""
    if request.client is None or not _is_loopback(request.client.host):
        raise HTTPException(404)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


router = APIRouter(prefix="/test", dependencies=[Depends(only_from_here)], include_in_schema=False)


class ClockChange(Shape):
    """Set the clock, put it forward or back, freeze it or let it go: in this order, each where it is given."""

    set: Moment | None = Field(None, description="With its offset.")
    step_seconds: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    frozen: bool | None = None


class ClockShown(Shape):
    """What the clock shows."""

    now: str
    frozen: bool


class FaultPlan(Shape):
    """Which fault points act, as in `F3:kill@7,F5:delay=0.2@1`; none for an empty text."""

    plan: str = Field(max_length=1000)


@router.get("/clock")
def clock(desk: AtDesk) -> Response:
    """What the clock shows."""
    return shown(_clock_shown(_settable(desk)))


@router.post("/clock")
def change_clock(change: ClockChange, desk: AtDesk) -> Response:
    """Set, step or freeze the clock. `monotonic` goes on."""
    settable = _settable(desk)
    if change.set is not None:
        if change.set.tzinfo is None:
            raise Faulty("set", "give the time with its offset, as 2026-12-01T09:00-05:00")
        settable.set(change.set)
    if change.step_seconds is not None:
        settable.step(timedelta(seconds=change.step_seconds))
    if change.frozen is not None:
        settable.freeze(frozen=change.frozen)
    return shown(_clock_shown(settable))


@router.post("/faults")
def plan_faults(wanted: FaultPlan) -> Response:
    """Say which fault points act from now on."""
    try:
        faults.plan(wanted.plan)
    except (RuntimeError, ValueError) as error:
        raise Faulty("plan", str(error)) from error
    return shown(wanted)


def _settable(desk: Desk) -> SettableClock:
    if not isinstance(desk.clock, SettableClock):
        raise Faulty("clock", "this program was given a clock that cannot be set")
    return desk.clock


def _clock_shown(settable: SettableClock) -> ClockShown:
    return ClockShown(now=settable.now().isoformat(), frozen=settable.frozen)
