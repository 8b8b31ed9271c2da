"""Calendar files (RFC 5545) of visits: nothing of what is done there, the same id for the life of a visit, no alarm."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import icalendar

from courses.sessions.happened import Visit
from rooms.availability.hours import SiteTime
from scheduler.calendars.zone import zone_component

FETCHED_EVERY = timedelta(hours=6)
"""How often a calendar that subscribes is asked to look again."""
NOBODY = "mailto:visits@clinic.invalid"
"""An organizer whom nothing can be sent to: a calendar that answers would tell somebody of the visit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A visit in a calendar: `key` is known to nobody outside, `sequence` counts its changes, the last of them at `changed_at`."""

    key: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    changed_at: datetime
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose calendar it is, and in which words: the site's clock, its neutral label and phone, what an entry is called."""

    time: SiteTime
    label: str
    phone: str
    title: str


def entry_of(visit: Visit, was_at: datetime, told_at: datetime) -> Entry:
    """A visit as an entry; one that lost its place is taken out where it `was_at`. `told_at` stands in where nothing ever changed."""
    starts_at = visit.starts_at or was_at
    is_off = visit.starts_at is None or not visit.status.is_live
    return Entry(visit.session, starts_at, visit.ends_at or starts_at, visit.changes - 1, visit.changed_at or told_at, is_off)


def calendar(entries: Sequence[Entry], publisher: Publisher, *, subscribed: bool = False, to: str = "") -> bytes:
    """A calendar file. One entry that was called off is taken out of the calendars that have it; a subscribed file marks it.

    One that goes `to` a mail address is taken into the calendar there, without an answer being asked for.
    """
    is_gone = len(entries) == 1 and entries[0].is_off and not subscribed
    made = icalendar.Calendar()
    made.add("prodid", "-//Visits//EN")
    made.add("version", "2.0")
    made.add("method", "CANCEL" if is_gone else "REQUEST" if to else "PUBLISH")
    if subscribed:
        made.add("x-wr-calname", f"{publisher.title} - {publisher.label}")
        made.add("refresh-interval", FETCHED_EVERY, parameters={"VALUE": "DURATION"})
        made.add("x-published-ttl", f"PT{FETCHED_EVERY // timedelta(hours=1)}H")
    if entries:
        years = [publisher.time.date_of(entry.starts_at).year for entry in entries]
        made.add_component(zone_component(publisher.time, min(years), max(years)))
    for entry in entries:
        made.add_component(_event(entry, publisher, to))
    written: bytes = made.to_ical()
    return written


def _event(entry: Entry, publisher: Publisher, to: str) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", uid_of(entry.key))
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", publisher.time.local(entry.starts_at))
    event.add("dtend", publisher.time.local(entry.ends_at))
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
    event.add("summary", f"{publisher.title} - {publisher.label}")
    event.add("location", publisher.label)
    event.add("description", publisher.phone)
    organizer = icalendar.vCalAddress(NOBODY)
    organizer.params["CN"] = publisher.label
    event.add("organizer", organizer)
    if to:
        guest = icalendar.vCalAddress(f"mailto:{to}")
        guest.params["PARTSTAT"], guest.params["RSVP"] = "ACCEPTED", "FALSE"
        event.add("attendee", guest)
    event.add("class", "PRIVATE")
    return event


def uid_of(key: str) -> str:
    """The id of a visit in calendars: always the same, and nothing of ours can be found by it."""
    return f"{hashlib.sha256(f'calendar {key}'.encode()).hexdigest()[:32]}@clinic.invalid"
