"""I5, I12: nothing to come lies where the clinic, or what is booked, cannot be had, nor off the site's grid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.verify.breach import Breach
from scheduler.verify.rows import Place, Shut, Span, Tables, Taken

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def closed(tables: Tables, now: int) -> Iterator[Breach]:
    """No booking to come touches a closure of its site, or an absence of its resource."""
    closures, absences = _by_owner(tables.closures), _by_owner(tables.absences)
    for booking in _to_come(tables, now):
        resource = tables.things[booking.resource]
        for shut in [*closures[resource.site], *absences[resource.id]]:
            if booking.begins < shut.ends and shut.begins < booking.ends:
                sentence = f"{resource.code} is not to be had then ({shut.id})."
                yield Breach("I5", f"booking {booking.id}", sentence, decision=booking.created_at <= shut.since)


def outside_hours(tables: Tables, now: int) -> Iterator[Breach]:
    """Every booking to come lies inside one stretch of its resource's hours on one local date."""
    for booking in _to_come(tables, now):
        resource = tables.things[booking.resource]
        place = tables.places[resource.site]
        hours = place.hours if resource.hours is None else resource.hours
        if not _inside(booking, place, hours):
            changed_at = max(resource.changed_at, place.changed_at)
            sentence = f"{resource.code} does not work all of that time."
            yield Breach("I5", f"booking {booking.id}", sentence, decision=booking.created_at <= changed_at)


def unable(tables: Tables, now: int) -> Iterator[Breach]:
    """Every booking to come is of a resource that is still used and can do what it was asked for."""
    for booking in _to_come(tables, now):
        resource = tables.things[booking.resource]
        if booking.capability and booking.capability not in resource.capabilities:
            sentence = f"{resource.code} has no capability {booking.capability}."
            yield Breach("I5", f"booking {booking.id}", sentence, decision=booking.created_at <= resource.changed_at)
        if resource.retired_at is not None and booking.ends > resource.retired_at:
            yield Breach("I5", f"booking {booking.id}", f"{resource.code} is no longer used.")


def off_grid(tables: Tables, now: int) -> Iterator[Breach]:
    """I12: every session to come starts on the site's grid. What is past was on the grid of its time."""
    placed = {booking.purpose: booking.created_at for booking in tables.taken}
    for visit in tables.visits:
        if visit.begins is None or visit.begins < now or visit.status != "booked":
            continue
        place = tables.places[tables.series[visit.course].site]
        local = datetime.fromtimestamp(visit.begins, ZoneInfo(place.timezone))
        if local.second or (local.hour * 60 + local.minute) % place.granularity:
            decision = placed.get(visit.id, 0) <= place.changed_at
            yield Breach("I12", f"session {visit.id}", "It does not start on the site's grid.", decision=decision)


def _to_come(tables: Tables, now: int) -> Iterator[Taken]:
    return (booking for booking in tables.taken if booking.ends > now)


def _by_owner(shut: list[Shut]) -> defaultdict[int, list[Shut]]:
    found: defaultdict[int, list[Shut]] = defaultdict(list)
    for each in shut:
        found[each.of].append(each)
    return found


def _inside(booking: Taken, place: Place, hours: dict[str, list[Span]]) -> bool:
    """Real minutes are walked on the wall clock: what it shows must stay inside one stretch."""
    zone = ZoneInfo(place.timezone)
    first = datetime.fromtimestamp(booking.begins, zone)
    last = datetime.fromtimestamp(booking.ends, UTC) - timedelta(minutes=1)
    at_last = last.astimezone(zone)
    if first.date() != at_last.date():
        return False
    shown = [first.hour * 60 + first.minute, at_last.hour * 60 + at_last.minute]
    if first.utcoffset() != at_last.utcoffset():
        minutes = range(booking.begins, booking.ends, 60)
        walked = [datetime.fromtimestamp(minute, zone) for minute in minutes]
        shown = [local.hour * 60 + local.minute for local in walked]
    return any(opens <= min(shown) and max(shown) < closes for opens, closes in hours.get(WEEKDAYS[first.weekday()], []))
