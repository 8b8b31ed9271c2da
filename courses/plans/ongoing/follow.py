"""What becomes of each session of a course when it is planned anew: most stay, some get another number, few move.

A session is a visit that a patient has in the diary. So after session 4 of a daily course was missed, old session 5 becomes session 4
and stays where it is, and so on, and one visit is added at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from courses.plans.plan import PlannedSession, Unplaceable
from courses.protocols.protocol import TreatmentProtocol
from courses.sessions.session import TreatmentSession


class What(StrEnum):
    """What becomes of a session."""

    STAYS = "stays"
    RENUMBERED = "renumbered"
    REASSIGNED = "reassigned"
    """Same time, other resources."""
    MOVED = "moved"
    PLACED = "placed"
    """It was owed, and has a place now."""
    ADDED = "added"
    OWED = "owed"
    """It has no place: somebody has to find one."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Change:
    """One session before (None: there was none) and after. `place` None is without a place, or no longer there at all."""

    before: TreatmentSession | None
    number: int
    phase: str
    template: str
    place: PlannedSession | None
    what: What

    @property
    def authorized(self) -> bool:
        """Whether it is inside the authorization; what has no place is not outside."""
        return self.place is None or self.place.authorized

    @property
    def alters_bookings(self) -> bool:
        """Whether other resources or times are booked for it."""
        return self.what not in {What.STAYS, What.RENUMBERED, What.OWED}


@dataclass(frozen=True)
class Consequences:
    """What follows for a course. `changes` holds every live session; `unplaceable` says why one that is owed has no place."""

    gone: TreatmentSession | None
    changes: tuple[Change, ...]
    unplaceable: Unplaceable | None = None

    def those(self, *what: What) -> tuple[Change, ...]:
        """The changes of a kind."""
        return tuple(change for change in self.changes if change.what in what)

    @property
    def sentence(self) -> str:
        """For the desk, before and after: `3 sessions move, 1 is added.`"""
        counted = [(len(self.those(what)), one, many) for what, one, many in _WORDS]
        said = [f"{n} session{'s' if n > 1 else ''} {one if n == 1 else many}" for n, one, many in counted if n]
        why = f" ({self.unplaceable.detail})" if self.unplaceable else ""
        return (", ".join(said) or "Nothing else changes") + why + "."


_WORDS = (
    (What.MOVED, "moves", "move"),
    (What.REASSIGNED, "keeps its time on other resources", "keep their time on other resources"),
    (What.PLACED, "gets a place", "get a place"),
    (What.ADDED, "is added", "are added"),
    (What.OWED, "is owed and has no place yet", "are owed and have no place yet"),
    (What.DROPPED, "is cancelled", "are cancelled"),
)


def same_place(session: TreatmentSession, place: PlannedSession) -> bool:
    """Whether a visit is just where a planned session is to be."""
    return _same_time(session, place) and _seats_of(session) == {(s.requirement, s.resource, s.interval, s.load) for s in place.seats}


def _same_time(session: TreatmentSession, place: PlannedSession) -> bool:
    return session.interval == place.interval and session.template == place.template


def _seats_of(session: TreatmentSession) -> set[object]:
    return {(b.claim.part, b.claim.resource, b.claim.interval, b.claim.load) for b in session.bookings}


def changes_between(present: Iterable[TreatmentSession], wanted: Sequence[PlannedSession]) -> tuple[Change, ...]:
    """Which visit becomes which planned session, so that as few visits change as can be; by number."""
    left, open_places = list(present), list(wanted)
    pairs: list[tuple[TreatmentSession | None, PlannedSession]] = []
    for fits in (same_place, _same_time, _same_number, _has_place, _any):
        for place in list(open_places):
            found = next((session for session in left if fits(session, place)), None)
            if found is not None:
                left.remove(found)
                open_places.remove(place)
                pairs.append((found, place))
    pairs += [(None, place) for place in open_places]
    changes = [Change(session, place.number, place.phase, place.template, place, _what(session, place)) for session, place in pairs]
    dropped = [Change(session, session.number, session.phase, session.template, None, What.DROPPED) for session in left]
    return tuple(sorted([*changes, *dropped], key=lambda change: (change.what is What.DROPPED, change.number)))


def _same_number(session: TreatmentSession, place: PlannedSession) -> bool:
    return session.interval is not None and session.number == place.number


def _has_place(session: TreatmentSession, _place: PlannedSession) -> bool:
    return session.interval is not None


def _any(_session: TreatmentSession, _place: PlannedSession) -> bool:
    return True


def _what(session: TreatmentSession | None, place: PlannedSession) -> What:
    if session is None:
        return What.ADDED
    if session.interval is None:
        return What.PLACED
    if not _same_time(session, place):
        return What.MOVED
    if not same_place(session, place):
        return What.REASSIGNED
    same = (session.number, session.phase, session.authorized) == (place.number, place.phase, place.authorized)
    return What.STAYS if same else What.RENUMBERED


def left_owed(present: Iterable[TreatmentSession], protocol: TreatmentProtocol, n_history: int) -> tuple[Change, ...]:
    """Every visit to come stays as it is, and the numbers that nobody has are owed, without a place.

    One that has been owed since before what is history now gets the first of those numbers, so that it stays the one that is owed.
    """
    ahead = {session.number: session for session in present}
    passed = [ahead[number] for number in sorted(ahead) if number <= n_history]
    found = []
    for slot in protocol.slots[n_history:]:
        session, template = ahead.get(slot.number), protocol.template_of(slot.number).name
        if session is not None:
            kept = (slot.phase, template) if session.interval is None else (session.phase, session.template)
            found.append(Change(session, slot.number, *kept, None, What.STAYS))
        elif passed:
            found.append(Change(passed.pop(0), slot.number, slot.phase, template, None, What.RENUMBERED))
        else:
            found.append(Change(None, slot.number, slot.phase, template, None, What.OWED))
    return tuple(found)
