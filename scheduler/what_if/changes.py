"""Changes of a clinic to be tried out, as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from courses.protocols.notation import read_protocol
from courses.protocols.provenance import ProtocolDocument
from rooms.availability.closure import Closure
from rooms.availability.hours import WEEKDAYS, SiteTime, WeeklyHours
from rooms.errors import Faulty
from rooms.resources.resource import Kind, Resource
from scheduler.clinic_file import ClinicFile
from scheduler.clinic_file.reading import content_of

MOST_ADDED = 1_000
ITSELF = "clinic"
"""What the clinic's own hours are called among those of its resources."""

_SCENARIO_EXAMPLE = 'write it as "two coils: add device:tms-device=2; remove tms-1"'
_ADD = re.compile(r"(?P<kind>[^:=]+):(?P<capability>[^=]+?)(=(?P<count>\d+))?")
_STRETCH = re.compile(r"(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))?:(?P<opens>[\d:]+)-(?P<closes>[\d:]+)")


@dataclass(frozen=True)
class Change:
    """One change, in words and in deed."""

    told: str
    applied_to: Callable[[ClinicFile], ClinicFile]


@dataclass(frozen=True)
class Scenario:
    """A clinic as it might be: changes made one after another."""

    name: str
    changes: tuple[Change, ...]

    def clinic(self, clinic: ClinicFile) -> ClinicFile:
        """The clinic with all changes."""
        for change in self.changes:
            clinic = change.applied_to(clinic)
        return clinic


def scenario_of(name: str, written: Iterable[tuple[str, str]], clinic: ClinicFile) -> Scenario:
    """The scenario made of changes such as `("add", "device:tms-device=1")`, called by what it changes if it has no name.

    Raises `Faulty` with the option and the way out, and `FaultyDocument` for a protocol's file.
    """
    changes = []
    for option, text in written:
        change = _READERS[option](text, clinic)
        changes.append(change)
        clinic = change.applied_to(clinic)
    return Scenario(name or ", ".join(change.told for change in changes), tuple(changes))


def named_scenario(text: str, clinic: ClinicFile) -> Scenario:
    """The scenario in `two coils: add device:tms-device=2; hours tms-1=mon-fri:07:00-19:00`. Raises as `scenario_of`."""
    name, _, said = text.partition(":")
    parts = [part.strip() for part in said.split(";") if part.strip()]
    if not name.strip() or not parts:
        raise Faulty("--scenario", f"{text!r} names nothing to try; {_SCENARIO_EXAMPLE}")
    written = []
    for part in parts:
        option, _, value = part.partition(" ")
        if option not in _READERS or not value.strip():
            raise Faulty("--scenario", f"{part!r} is no change; {_SCENARIO_EXAMPLE}, with {', '.join(_READERS)}")
        written.append((option, value.strip()))
    return scenario_of(name.strip(), written, clinic)


def _added(text: str, clinic: ClinicFile) -> Change:
    found = _ADD.fullmatch(text)
    if not found:
        raise Faulty("--add", f"{text!r} says not what to add; write it as device:tms-device=1")
    kind, capability, count = found["kind"], found["capability"], int(found["count"] or 1)
    if kind not in [each.value for each in Kind]:
        raise Faulty("--add", f"{kind!r} is no kind of resource; use {', '.join(Kind)}")
    if not 1 <= count <= MOST_ADDED:
        raise Faulty("--add", f"{count} more cannot be added; use 1 to {MOST_ADDED}")
    _known("--add", "capability", capability, _capabilities(clinic))
    return Change(f"{count} {capability} more", lambda before: _with_more(before, Kind(kind), capability, count))


def _capabilities(clinic: ClinicFile) -> list[str]:
    offered = {capability for resource in clinic.resources for capability in resource.capabilities}
    templates = [template for document in clinic.protocols.values() for template in document.protocol.templates.values()]
    return sorted(offered.union(demand.requirement.capability for template in templates for demand in template.demands))


def _with_more(clinic: ClinicFile, kind: Kind, capability: str, count: int) -> ClinicFile:
    """More resources with a capability, in capacity and hours like the first that has it, with nothing booked on them."""
    pattern = next((resource for resource in clinic.resources if capability in resource.capabilities), None)
    capacity, hours = (pattern.capacity, pattern.hours) if pattern else (1, None)
    taken = {resource.id for resource in clinic.resources}
    names = (name for n in range(1, len(taken) + count + 1) if (name := f"{capability}-new-{n}") not in taken)
    added = [Resource(next(names), kind, frozenset({capability}), capacity, hours) for _ in range(count)]
    return replace(clinic, resources=(*clinic.resources, *added))


def _removed(text: str, clinic: ClinicFile) -> Change:
    _known("--remove", "resource", text, [resource.id for resource in clinic.resources])
    return Change(f"without {text}", lambda before: _without(before, text))


def _without(clinic: ClinicFile, name: str) -> ClinicFile:
    """The clinic without a resource and what is booked on it."""
    kept = tuple(resource for resource in clinic.resources if resource.id != name)
    return replace(clinic, resources=kept, bookings=tuple(each for each in clinic.bookings if each.resource != name))


def _with_hours(text: str, clinic: ClinicFile) -> Change:
    name, _, said = text.partition("=")
    _known("--hours", "resource", name, [ITSELF, *(resource.id for resource in clinic.resources)])
    days: dict[str, list[tuple[str, str]]] = {}
    for part in said.split(","):
        found = _STRETCH.fullmatch(part.strip().lower())
        if not found:
            raise Faulty("--hours", f"{part!r} is no stretch of a week; write it as {name}=mon-thu:07:00-19:00,fri:08:00-12:00")
        for day in _days(found["first"], found["last"] or found["first"]):
            days.setdefault(day, []).append((found["opens"], found["closes"]))
    try:
        hours = WeeklyHours.of(days)
    except Faulty as refusal:
        raise Faulty("--hours", refusal.message) from None
    return Change(f"{name} at other hours", lambda before: _at_hours(before, name, hours))


def _days(first: str, last: str) -> tuple[str, ...]:
    for day in (first, last):
        _known("--hours", "weekday", day, WEEKDAYS)
    found = WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1]
    if not found:
        raise Faulty("--hours", f"{first}-{last} runs backwards through the week; a week begins on Monday")
    return found


def _at_hours(clinic: ClinicFile, name: str, hours: WeeklyHours) -> ClinicFile:
    if name == ITSELF:
        return replace(clinic, site=replace(clinic.site, hours=hours))
    changed = tuple(replace(each, hours=hours) if each.id == name else each for each in clinic.resources)
    return replace(clinic, resources=changed)


def _closed(text: str, clinic: ClinicFile) -> Change:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise Faulty("--close", f"{text!r} is no date; write it as 2026-12-24") from None
    closure = Closure(SiteTime(clinic.site.timezone).day(on).whole, "what if")
    return Change(f"closed on {on}", lambda before: replace(before, site=replace(before.site, closures=(*before.site.closures, closure))))


def _by_protocol(text: str, clinic: ClinicFile) -> Change:
    document = read_protocol(content_of(Path(text)), text)
    key = document.protocol.id
    followed = sorted({request.protocol.id for request in clinic.requests})
    if key not in followed:
        raise Faulty("--protocol", f"no course follows {key!r}; give the file the id of a protocol that one does: {', '.join(followed)}")
    return Change(f"{key} as in {Path(text).name}", lambda before: _following(before, key, document))


def _following(clinic: ClinicFile, key: str, document: ProtocolDocument) -> ClinicFile:
    requests = tuple(replace(each, protocol=document.protocol) if each.protocol.id == key else each for each in clinic.requests)
    return replace(clinic, protocols={**clinic.protocols, key: document}, requests=requests)


def _known(option: str, kind: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, 1)
        raise Faulty(option, f"there is no {kind} {name!r} here; {f'did you mean {near[0]}?' if near else 'use ' + ', '.join(names[:12])}")


_READERS: dict[str, Callable[[str, ClinicFile], Change]] = {
    "add": _added,
    "remove": _removed,
    "hours": _with_hours,
    "close": _closed,
    "protocol": _by_protocol,
}
