"""The visits that a mail tells of, as files for the patient's calendar: put there, moved, or taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from courses.patients.contact import Channel
from courses.sessions.happened import Visit
from scheduler.calendars import Publisher, calendar, entry_of
from scheduler.patient_page import page_words
from scheduler.reminders.channels.carrier import CalendarFile
from scheduler.reminders.kind import NOTICES
from scheduler.reminders.known import Message
from scheduler.reminding.situation import Situation

MOST = 10
"""So many files a mail has at most, those of the soonest visits: the page has an address for all visits of a course."""


def files_of(message: Message, situation: Situation) -> tuple[CalendarFile, ...]:
    """The files of a message: those of the visits whose change it tells of, in a mail alone."""
    if message.channel != Channel.MAIL or message.kind not in NOTICES or situation.messaging is None:
        return ()
    messaging, event = situation.messaging, page_words(situation.contact.language).texts["event"]
    publisher = Publisher(situation.site, messaging.label, messaging.phone, event)
    told = sorted(_told(message, situation), key=lambda each: (each[1], each[0].session))[:MOST]
    entries = [entry_of(visit, at, message.due_at) for visit, at in told]
    written = (calendar([entry], publisher, to=message.address).decode() for entry in entries)
    return tuple(CalendarFile("CANCEL" if entry.is_off else "REQUEST", content) for entry, content in zip(entries, written, strict=True))


def _told(message: Message, situation: Situation) -> Iterator[tuple[Visit, datetime]]:
    """The visits that a message tells of, and when each is, or was to be."""
    course = situation.course
    if (visit := course.visit(message.subject)) is not None:
        yield visit, visit.starts_at or message.visit_at
        return
    for change in course.changes:
        changed = course.visit(change.session)
        at = changed.starts_at or change.visit_at if changed else None
        if int(change.at.timestamp()) == message.edition and changed and at:
            yield changed, at
