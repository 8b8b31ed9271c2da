"""A refusal as it stands on a page: the sentence, who is in the way until when, and the way out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from courses.errors import StaleVersion
from courses.plans.ongoing.anew import NoPlace
from courses.plans.ongoing.moving import CannotMove
from rooms.bookings.conflict import BookingRefused
from rooms.errors import DomainError, Faulty
from scheduler.web.course_views import CourseView
from scheduler.web.rendering import clock, day

STAYS = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing in the way."""

    title: str
    holder: str


@dataclass(frozen=True, slots=True)
class RefusalView:
    """What is shown in place of a result."""

    sentence: str
    clashes: tuple[Clash, ...] = ()
    way_out: str = STAYS


def refusal_of(error: DomainError, view: CourseView) -> RefusalView:
    """A refusal to change a course or one of its sessions."""
    if isinstance(error, CannotMove):
        clashes = (*(Clash(_sentence(reason), "") for reason in error.reasons), *_held(error, view))
        nearest = "The nearest places that fit are offered." if error.alternatives else "Try another date and time."
        return RefusalView(f"Session {error.session} cannot be there.", clashes, f"It stays as it was. {nearest}")
    if isinstance(error, BookingRefused):
        clashes = tuple(Clash(conflict.sentence, "") for conflict in error.conflicts)
        return RefusalView("Somebody else was quicker.", clashes, f"{STAYS} Try again: other places are looked for.")
    if isinstance(error, NoPlace):
        return RefusalView(error.message, way_out=f"{STAYS} Choose another date, or free a place first.")
    if isinstance(error, StaleVersion):
        return RefusalView(error.message, way_out=f"{STAYS} What you see now is how it stands.")
    return RefusalView(error.message)


def status_of(refused: DomainError | None) -> int:
    """The HTTP status of a page that shows a refusal in place, or none."""
    return 200 if refused is None else 422 if isinstance(refused, Faulty) else 409


def faults_of(refused: DomainError | None) -> dict[str, str]:
    """What stands at each field; nothing at the others."""
    found: dict[str, str] = defaultdict(str)
    if isinstance(refused, Faulty):
        found[refused.field] = f"{refused.message.removeprefix(f'{refused.field}: ')}."
    return found


def _held(error: CannotMove, view: CourseView) -> tuple[Clash, ...]:
    return tuple(
        Clash(view.names([held.resource]), f"is held{f' by {held.who}' if held.who else ''} until {_until(held.interval.ends_at, view)}.")
        for held in error.held_by
    )


def _until(at: datetime, view: CourseView) -> str:
    local = view.time.local(at)
    return clock(local) if view.time.date_of(view.now) == local.date() else f"{day(local)}, {clock(local)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
