"""I3, I4, I12 and I14: what a session needs is booked, a course is whole or not at all, times and sites hold together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from scheduler.verify.breach import Breach
from scheduler.verify.rows import Tables, Taken, Thing, Visit
from scheduler.verify.script import Asked, read_script

ACTIVE = frozenset({"booked", "arrived", "in_treatment", "in_observation", "discharged"})
WATCHED = frozenset({"in_treatment", "in_observation", "discharged"})
"""A patient may have been watched for longer than was booked first; then the visit and its bookings end later, and some begin later."""
GONE = frozenset({"cancelled", "missed"})
SESSION_PREFIX = "s_"
"""How the public id of a session begins; a booking whose purpose begins so is a session's."""


def bookings_of_sessions(tables: Tables) -> Iterator[Breach]:
    """I3: an active session has exactly the bookings that its template asks for, any other has none, and none is without a session."""
    booked: defaultdict[str, list[Taken]] = defaultdict(list)
    for booking in tables.taken:
        booked[booking.purpose].append(booking)
    scripts = {version: read_script(document) for version, document in tables.documents.items()}
    for visit in tables.visits:
        mine = booked.pop(visit.id, [])
        script = scripts[tables.series[visit.course].version]
        if visit.status in ACTIVE:
            yield from _wrong_bookings(tables, visit, mine, script.kinds[visit.template].asked if visit.template in script.kinds else ())
        elif any(not booking.held for booking in mine):
            yield Breach("I3", f"session {visit.id}", f"It is {visit.status} and {len(mine)} resources are booked for it.")
    for purpose, strays in booked.items():
        if purpose.startswith(SESSION_PREFIX) and not all(booking.held for booking in strays):
            yield Breach("I3", f"booking {strays[0].id}", f"There is no session {purpose}.")


def _wrong_bookings(tables: Tables, visit: Visit, mine: list[Taken], asked: tuple[Asked, ...]) -> Iterator[Breach]:
    row, begins = f"session {visit.id}", visit.begins or 0
    for index, need in enumerate(asked):
        there = [booking for booking in mine if booking.part == index]
        if len({booking.resource for booking in there}) != need.count or len(there) != need.count:
            yield Breach("I3", row, f"{len(there)} of {need.count} {need.capability} are booked for it.")
        for booking in there:
            if booking.held:
                yield Breach("I3", row, f"{booking.id} is only held for it.")
            begins_at, ends_at = begins + 60 * need.begins, begins + 60 * need.ends
            if booking.capability != need.capability or not _at_its_time(visit, booking, begins_at, ends_at):
                yield Breach("I3", row, f"{booking.id} is not for {need.capability} from its minute {need.begins} to {need.ends}.")
            yield from _wrong_load(row, booking, tables.things[booking.resource], need)
    if any(booking.part >= len(asked) for booking in mine):
        yield Breach("I3", row, "More is booked for it than its template asks for.")


def _at_its_time(visit: Visit, booking: Taken, begins: int, ends: int) -> bool:
    if visit.status in WATCHED:
        return begins <= booking.begins < booking.ends >= ends
    return (booking.begins, booking.ends) == (begins, ends)


def _wrong_load(row: str, booking: Taken, resource: Thing, need: Asked) -> Iterator[Breach]:
    wanted = resource.capacity if need.load is None else need.load
    if booking.load == wanted or (need.load is None and booking.ends <= resource.capacity_since):
        return
    changed = need.load is None and booking.created_at <= resource.capacity_since
    yield Breach("I3", row, f"{booking.id} takes {booking.load} of {resource.code} instead of {wanted}.", decision=changed)


def whole_courses(tables: Tables) -> Iterator[Breach]:
    """I4: a course that runs has the sessions that were agreed, numbered from 1, or none at all."""
    live: defaultdict[int, list[int]] = defaultdict(list)
    for visit in tables.visits:
        if visit.status not in GONE:
            live[visit.course].append(visit.number)
    for course in tables.series.values():
        numbers = sorted(live[course.id])
        if course.status in {"active", "on_hold", "completed"} and numbers and numbers != list(range(1, course.agreed + 1)):
            yield Breach("I4", f"course {course.code}", f"It has {len(numbers)} sessions instead of {course.agreed}: {_short(numbers)}.")
        if course.status == "draft" and numbers:
            yield Breach("I4", f"course {course.code}", f"It is a draft and has {len(numbers)} sessions.")


def templates(tables: Tables) -> Iterator[Breach]:
    """I12: a session is of the kind that its protocol version says, and lasts as long as its steps."""
    scripts = {version: read_script(document) for version, document in tables.documents.items()}
    for visit in tables.visits:
        script, row = scripts[tables.series[visit.course].version], f"session {visit.id}"
        if script.template_of(visit.number) != visit.template:
            yield Breach("I12", row, f"Its template is {visit.template}, not what the protocol says for session {visit.number}.")
            continue
        minutes = script.kinds[visit.template].minutes
        lasts = None if visit.begins is None or visit.ends is None else visit.ends - visit.begins
        is_longer = lasts is not None and lasts > 60 * minutes and visit.status in WATCHED
        if lasts is not None and lasts != 60 * minutes and not is_longer:
            yield Breach("I12", row, f"It lasts {lasts / 60:g} minutes instead of {minutes}.")


def patients_twice(tables: Tables) -> Iterator[Breach]:
    """A patient is never in two sessions at once, whatever the courses."""
    placed = [visit for visit in tables.visits if visit.status in ACTIVE]
    placed.sort(key=lambda visit: (visit.patient, visit.begins or 0))
    for _, visits in groupby(placed, key=lambda visit: visit.patient):
        until, before = 0, ""
        for visit in visits:
            if before and (visit.begins or 0) < until:
                yield Breach("patient", f"session {visit.id}", f"The patient is in session {before} at the same time.")
            if (visit.ends or 0) > until:
                until, before = visit.ends or 0, visit.id


def sites_apart(tables: Tables) -> Iterator[Breach]:
    """I14: nothing of one site refers to another; a session's patient is the course's."""
    home = {visit.id: tables.series[visit.course].site for visit in tables.visits}
    for course in tables.series.values():
        if not course.site == course.patient_site == course.protocol_site:
            yield Breach("I14", f"course {course.code}", "Its patient or its protocol is of another site.")
    for visit in tables.visits:
        if visit.patient != tables.series[visit.course].patient:
            yield Breach("I14", f"session {visit.id}", "It is for another patient than its course.")
    for booking in tables.taken:
        if home.get(booking.purpose, tables.things[booking.resource].site) != tables.things[booking.resource].site:
            yield Breach("I14", f"booking {booking.id}", f"{tables.things[booking.resource].code} is of another site than its session.")


def sound_times(tables: Tables) -> Iterator[Breach]:
    """I12: everything ends after it begins, and lasts whole minutes where it is booked."""
    for shut in [*tables.closures, *tables.absences]:
        if shut.ends <= shut.begins:
            yield Breach("I12", f"closure or absence {shut.id}", "It does not end after it begins.")
    for booking in tables.taken:
        if booking.ends <= booking.begins or (booking.ends - booking.begins) % 60:
            yield Breach("I12", f"booking {booking.id}", "It does not last whole minutes.")
    for visit in tables.visits:
        if visit.status in ACTIVE and (visit.begins is None or visit.ends is None or visit.ends <= visit.begins):
            yield Breach("I12", f"session {visit.id}", "It has no time, or does not end after it begins.")


def _short(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:12]))
    return shown + (" ..." if len(numbers) > 12 else "")
