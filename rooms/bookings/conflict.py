"""What a booking may break: one function per rule. Each answers with a conflict that says what is in the way, from when until when."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rooms.availability.free_time import span, stretches
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval, greatest_load
from rooms.bookings.booking import Claim
from rooms.errors import DomainError
from rooms.resources.resource import Resource
from rooms.resources.site import Site

LONGEST = timedelta(hours=24)
"""No booking is longer; so those that touch a time began at most this long before it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has a resource. The purpose means something only to the floor above, which may name the patient to staff."""

    resource: str
    interval: Interval
    load: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a claim cannot be granted. `code` is the rule's name, `sentence` is for a person and names nobody."""

    code: str
    claim: Claim
    sentence: str
    holders: tuple[Holder, ...] = ()


class BookingRefused(DomainError):
    """Claims that cannot be granted, with every reason. Nothing was booked, and what was booked before still is."""

    code = "booking_refused"

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        more = f" There are {len(conflicts) - 1} more conflicts." if len(conflicts) > 2 else " There is 1 more conflict."
        super().__init__(conflicts[0].sentence + (more if len(conflicts) > 1 else ""))
        self.conflicts = tuple(conflicts)


class Occupancy:
    """A site's resources and who holds them, as seen under lock. Claims that are granted are added as they are."""

    def __init__(self, site: Site, resources: Iterable[Resource], holders: Iterable[Holder] = ()) -> None:
        self.site = site
        self.time = SiteTime(site.timezone)
        self.resources = {resource.id: resource for resource in resources}
        self._held: dict[str, list[tuple[datetime, int, Holder]]] = {}
        self._count = 0
        for holder in holders:
            self.add(holder)

    def add(self, holder: Holder) -> None:
        """One more who holds a resource."""
        self._count += 1
        insort(self._held.setdefault(holder.resource, []), (holder.interval.starts_at, self._count, holder))

    def holders(self, resource: str, interval: Interval) -> list[Holder]:
        """Who takes some of a resource's capacity at some instant of a time, in order of their start."""
        held = self._held.get(resource, [])
        first = bisect_left(held, interval.starts_at - LONGEST, key=lambda each: each[0])
        last = bisect_left(held, interval.ends_at, key=lambda each: each[0])
        return [holder for _, _, holder in held[first:last] if holder.load and holder.interval.overlaps(interval)]


def conflicts(occupancy: Occupancy, claims: Sequence[Claim]) -> list[Conflict]:
    """Everything that stands against granting all the claims together, at most one conflict for each claim."""
    found: list[Conflict] = []
    for claim in claims:
        conflict = next(filter(None, (rule(occupancy, claim) for rule in RULES)), None)
        if conflict:
            found.append(conflict)
        else:
            occupancy.add(Holder(claim.resource, claim.interval, claim.load, claim.purpose))
    return found


def unknown_resource(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """The site has no such resource, or has it no longer."""
    if claim.resource in occupancy.resources:
        return None
    return Conflict("unknown_resource", claim, f"{occupancy.site.name} has no resource {claim.resource!r}.")


def lacks_capability(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """The resource cannot do what it is asked for."""
    resource = occupancy.resources[claim.resource]
    if not claim.capability or claim.capability in resource.capabilities:
        return None
    return Conflict("lacks_capability", claim, f"{resource.title} has no capability {claim.capability!r}; choose one that has.")


def too_long(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """Longer than any booking may be."""
    if claim.interval.length <= LONGEST:
        return None
    title = occupancy.resources[claim.resource].title
    return Conflict("too_long", claim, f"{title} cannot be booked for more than 24 hours at once ({_span(occupancy, claim.interval)}).")


def site_closed(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """A closure of the site covers some of the time."""
    for closure in occupancy.site.closures:
        if closure.interval.overlaps(claim.interval):
            why = f" ({closure.reason})" if closure.reason else ""
            return Conflict("site_closed", claim, f"{occupancy.site.name} is closed {_span(occupancy, closure.interval)}{why}.")
    return None


def absent(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """The resource is on leave, being serviced or otherwise away for some of the time."""
    resource = occupancy.resources[claim.resource]
    for absence in resource.absences:
        if absence.interval.overlaps(claim.interval):
            why = f" ({absence.reason})" if absence.reason else ""
            return Conflict("absent", claim, f"{resource.title} is not available {_span(occupancy, absence.interval)}{why}.")
    return None


def outside_hours(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """The time, its end included, does not lie inside one stretch of the resource's hours on one local date."""
    resource = occupancy.resources[claim.resource]
    day = occupancy.time.day(occupancy.time.date_of(claim.interval.starts_at))
    part = day.part(claim.interval)
    if part and day.whole.contains(claim.interval):
        hours = occupancy.site.hours if resource.hours is None else resource.hours
        asked = span(*part)
        if any(not asked & ~open_minutes for open_minutes in stretches(day, hours.on(day.date))):
            return None
    return Conflict("outside_hours", claim, f"{resource.title} does not work {_span(occupancy, claim.interval)}; stay inside its hours.")


def over_capacity(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    """At some instant the loads on the resource would add up to more than it bears."""
    resource = occupancy.resources[claim.resource]
    if not claim.load:
        return None
    if claim.load > resource.capacity:
        return Conflict("over_capacity", claim, f"{resource.title} bears {resource.capacity} at once, and {claim.load} is asked of it.")
    holders = occupancy.holders(claim.resource, claim.interval)
    most, at = greatest_load((common, holder.load) for holder in holders if (common := holder.interval.common(claim.interval)))
    if at is None or most + claim.load <= resource.capacity:
        return None
    there = tuple(holder for holder in holders if holder.interval.starts_at <= at < holder.interval.ends_at)
    return Conflict("over_capacity", claim, _taken(occupancy, resource, there), there)


Rule = Callable[[Occupancy, Claim], Conflict | None]

RULES: tuple[Rule, ...] = (unknown_resource, lacks_capability, too_long, site_closed, absent, outside_hours, over_capacity)


def _taken(occupancy: Occupancy, resource: Resource, holders: Sequence[Holder]) -> str:
    if resource.capacity == 1:
        return f"{resource.title} is taken {_span(occupancy, holders[0].interval)}."
    begin, end = max(holder.interval.starts_at for holder in holders), min(holder.interval.ends_at for holder in holders)
    taken = sum(holder.load for holder in holders)
    return f"{resource.title} has {taken} of {resource.capacity} places taken {_span(occupancy, Interval(begin, end))}."


def _span(occupancy: Occupancy, interval: Interval) -> str:
    begins, ends = occupancy.time.local(interval.starts_at), occupancy.time.local(interval.ends_at)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"from {begins:%Y-%m-%d %H:%M} until {until}"
