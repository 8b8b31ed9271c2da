"""What the pages of resources show, and how hours and capabilities are typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from courses.protocols.words import DAYS, plain
from rooms.availability.hours import WEEKDAYS, SiteTime, WeeklyHours, clock_text
from rooms.errors import Faulty
from rooms.queries import KnownAbsence, KnownResource
from rooms.resources.resource import Absence, Kind
from scheduler.web.forms import Typed
from scheduler.web.rosters import in_words

LABELS = {Kind.CHAIR: "Chairs", Kind.DEVICE: "Devices", Kind.ROOM: "Rooms", Kind.STAFF: "Staff"}
SINGLE = {Kind.CHAIR: "Chair", Kind.DEVICE: "Device", Kind.ROOM: "Room", Kind.STAFF: "Staff"}
STRETCH = re.compile(r"\s*(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})\s*")
CAPABILITY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def groups_of(resources: Sequence[KnownResource], site_hours: WeeklyHours, time: SiteTime, now: datetime) -> list[dict[str, object]]:
    """The resources by kind, each as a line; a kind of which there are none is left out."""
    return [
        {
            "kind": kind.value,
            "label": label,
            "resources": [_line(known, site_hours, time, now) for known in resources if known.resource.kind is kind],
        }
        for kind, label in LABELS.items()
        if any(known.resource.kind is kind for known in resources)
    ]


def _line(known: KnownResource, site_hours: WeeklyHours, time: SiteTime, now: datetime) -> dict[str, object]:
    resource = known.resource
    return {
        "href": f"/resources/{known.public_id}",
        "name": resource.title,
        "capabilities": [plain(name) for name in sorted(resource.capabilities)],
        "capacity": resource.capacity,
        "hours": "as the clinic" if resource.hours is None else week_in_words(resource.hours),
        "is_own_hours": resource.hours is not None and resource.hours != site_hours,
        "away": away_next(resource.absences, time, now),
    }


def away_next(absences: Iterable[Absence], time: SiteTime, now: datetime) -> str:
    """When and why a resource is away now or next; nothing where it is not."""
    ahead = sorted((absence for absence in absences if absence.interval.ends_at > now), key=lambda absence: absence.interval)
    return f"{in_words(ahead[0].interval, time)}{f', {ahead[0].reason}' if ahead[0].reason else ''}" if ahead else ""


def week_in_words(hours: WeeklyHours) -> str:
    """`Mon to Fri 08:00 to 17:00; Sat 09:00 to 12:00`: the days with the same hours as one."""
    same: dict[str, list[int]] = {}
    for number in range(len(WEEKDAYS)):
        same.setdefault(stretches(hours, number), []).append(number)
    return "; ".join(f"{_days(numbers)} {text}" for text, numbers in same.items() if text) or "never"


def _days(numbers: Sequence[int]) -> str:
    names = [WEEKDAYS[number].capitalize() for number in numbers]
    in_a_row = numbers[-1] - numbers[0] == len(numbers) - 1
    return f"{names[0]} to {names[-1]}" if in_a_row and len(names) > 2 else ", ".join(names)


def stretches(hours: WeeklyHours, number: int) -> str:
    """`08:00 to 12:00, 13:00 to 17:00` of a weekday (0 is Monday); nothing for a day without."""
    return ", ".join(f"{clock_text(opens)} to {clock_text(closes)}" for opens, closes in hours.days[number])


def days_of(hours: WeeklyHours) -> list[tuple[str, str, str]]:
    """Each weekday by its short name, its name and its stretches."""
    return [(name, DAYS[name], stretches(hours, number)) for number, name in enumerate(WEEKDAYS)]


def absence_shown(known: KnownAbsence, time: SiteTime) -> dict[str, object]:
    """An absence in a list."""
    return {"id": known.public_id, "when": in_words(known.absence.interval, time, with_year=True), "reason": known.absence.reason}


def hours_typed(form: Typed) -> WeeklyHours | None:
    """Weekly hours, a field for each day, an empty one a day off; None (the site's) where that is ticked. Raises `Faulty`."""
    if "as_site" in form:
        return None
    days = {name: [_stretch(name, part) for part in form[name].split(",") if part.strip()] for name in WEEKDAYS}
    try:
        return WeeklyHours.of(days)
    except Faulty as fault:
        raise Faulty(fault.field.removeprefix("hours."), fault.message.removeprefix(f"{fault.field}: ")) from fault


def _stretch(name: str, text: str) -> tuple[str, str]:
    found = STRETCH.fullmatch(text)
    if found is None:
        raise Faulty(name, f"{text.strip()!r} is no stretch of time; write it as 08:00 to 17:00")
    return found[1], found[2]


def capabilities_typed(form: Typed) -> frozenset[str]:
    """Capabilities, between commas; spaces inside one become hyphens, as protocols write them. Raises `Faulty`."""
    names = ["-".join(part.lower().split()) for part in form["capabilities"].split(",") if part.strip()]
    for name in names:
        if not CAPABILITY.fullmatch(name):
            raise Faulty("capabilities", f"{name!r} is no capability; use letters, digits and hyphens")
    if not names:
        raise Faulty("capabilities", "name at least one, or nothing can ask for it")
    return frozenset(names)


def code_typed(form: Typed) -> str:
    """The clinic's own id of a resource. Raises `Faulty`."""
    if not CODE.fullmatch(form["code"]):
        raise Faulty("code", "use letters, digits and hyphens, as in tms-4")
    return form["code"]
