"""What a patient does by a link: confirm, call off, ask for another time, say who they are, or that they are somebody else.

Each is done once however often it is sent, on what is true then. What may not be done by itself lands in the inbox of the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from courses import offering, reaching, rescheduling
from courses.patients.contact import Channel, Contact, Opted
from courses.plans.ongoing.moving import Alternative
from courses.queries import reaching as looks
from courses.reaching import Agreement, Answered
from courses.rescheduling import Doing
from courses.sessions.happened import Visit
from rooms.base import Db
from scheduler.clock import Clock
from scheduler.linking.issuing import Links, LinkWanted
from scheduler.linking.opening import CUT_OFF, Opened
from scheduler.linking.queries import live_rows
from scheduler.records.links import LinkEventRow
from scheduler.records.messages import MessageReplyRow
from scheduler.reminders import queries as reminders
from scheduler.reminders.languages import languages
from scheduler.reminders.opt_out import Meaning

BY = "the patient, by link"
SOURCE = "link"
PROVEN_FOR = timedelta(minutes=30)
OFFERED, LOOKED_AT = 6, 14
"""How many openings a patient is offered, of so many that are nearest."""


class Came(StrEnum):
    """What came of it."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MOVED = "moved"
    ASKED = "asked"
    """Somebody of the clinic calls."""
    ANSWERED = "answered"
    PROVEN = "proven"
    WRONG = "wrong"
    OVER = "over"
    """No more tries for the birth date, or no birth date is known."""
    LATE = "late"
    """The visit has begun, or is no more."""
    TAKEN = "taken"
    LANGUAGE = "language"
    NOT_ME = "not_me"


@dataclass(frozen=True)
class Hand:
    """What an answer is written with: the database session, what the link opens there, the clock, and what gives keys."""

    db: Db
    opened: Opened
    clock: Clock
    links: Links

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def note(self, what: str) -> None:
        """Write down what was done by the link."""
        self.db.add(LinkEventRow(link_id=self.opened.link.id, at=self.now, what=what, by=BY))
        self.db.flush()

    def answer(self, answer: str) -> None:
        """Write down an answer about the visit, once for the place that it has."""
        visit = self.opened.visit
        was_taken_back = answer == "confirmed" and visit is not None and visit.asked_at is not None
        if visit is not None and (answer not in visit.answers or was_taken_back):
            self.write(visit, answer)

    def write(self, visit: Visit, answer: str) -> None:
        """Write down an answer about the visit, whatever was answered before."""
        answered = Answered(visit.session_id, self.opened.visit_at, answer, SOURCE)
        reaching.record_answer(self.db, answered, by=BY, now=self.now)
        self.note(answer)

    def tell_desk(self, meaning: Meaning, words: str) -> None:
        """Put something into the inbox, for a person to see to."""
        link = self.opened.link
        row = MessageReplyRow(
            public_id=self.clock.new_id("y_"),
            site_id=link.site_id,
            patient_id=link.patient_id,
            channel=link.channel,
            address=link.address,
            event=self.clock.new_id("link:"),
            body=words,
            meaning=meaning,
            at=self.now,
            closed_at=None,
        )
        self.db.add(row)
        self.db.flush()


Answering = Callable[[Hand], Came]


def confirm(hand: Hand) -> Came:
    """The patient will come."""
    if not hand.opened.is_ahead(hand.now):
        return Came.LATE
    hand.answer("confirmed")
    return Came.CONFIRMED


def say(answer: str) -> Answering:
    """Somebody takes them home (`ride`), or they keep to what is asked of them beforehand (`fasting`)."""

    def said(hand: Hand) -> Came:
        if not hand.opened.is_ahead(hand.now):
            return Came.LATE
        hand.answer(answer)
        return Came.ANSWERED

    return said


def cancel(hand: Hand, day: str) -> Came:
    """Call the visit off, for who knows on which day of the month the patient was born; near the visit the desk is told instead."""
    if not hand.opened.is_ahead(hand.now):
        return Came.LATE
    if (wrong := _not_the_day(hand, day)) is not None:
        return wrong
    visit = hand.opened.visit
    if visit is None or not hand.opened.may_change(hand.now):
        return _ask(hand, "cancelled", f"Cannot come on {_when(hand.opened)}. The visit is near and still stands: call them.")
    hand.answer("cancelled")
    doing = Doing(BY, hand.now, hand.clock.new_id, "The patient called it off by the link in a message.")
    rescheduling.cancel_session(hand.db, visit.session, doing)
    return Came.CANCELLED


def offers(db: Db, opened: Opened, *, now: datetime) -> list[Alternative]:
    """Openings near the visit that keep the course's rules, in order of time; none where somebody has to call."""
    visit = opened.visit
    if visit is None or not opened.may_change(now):
        return []
    found = rescheduling.alternatives(db, visit.session, opened.visit_at, now=now, n=LOOKED_AT)
    far = [each for each in found if each.interval.starts_at - now >= CUT_OFF][:OFFERED]
    return sorted(far, key=lambda each: each.interval)


def move(hand: Hand, starts_at: datetime, day: str) -> Came:
    """Take one of the openings that are offered, for who knows the day of birth. Raises `CannotMove` where somebody was quicker."""
    visit = hand.opened.visit
    if visit is None or not hand.opened.may_change(hand.now):
        return Came.LATE
    if (wrong := _not_the_day(hand, day)) is not None:
        return wrong
    if starts_at not in {each.interval.starts_at for each in offers(hand.db, hand.opened, now=hand.now)}:
        return Came.TAKEN
    doing = Doing(BY, hand.now, hand.clock.new_id, "The patient chose this time by the link in a message.")
    rescheduling.move_session(hand.db, visit.session, starts_at, doing)
    hand.note("moved")
    return Came.MOVED


def take_offer(hand: Hand) -> Came:
    """Take the place that is kept for the visit. Raises what `courses.offering.accept` does."""
    offer = hand.opened.offer(hand.now)
    if offer is None:
        return Came.TAKEN
    offering.accept(hand.db, offer.offer, Doing(BY, hand.now, hand.clock.new_id))
    hand.note("took_offer")
    return Came.MOVED


def leave_offer(hand: Hand) -> Came:
    """Keep the time that the visit has; the place is free for the next. Raises what `courses.offering.decline` does."""
    offer = hand.opened.offer(hand.now)
    if offer is not None:
        offering.decline(hand.db, offer.offer, Doing(BY, hand.now, hand.clock.new_id))
        hand.note("left_offer")
    return Came.ANSWERED


def ask(hand: Hand) -> Came:
    """The patient wants another time, and nothing that is offered; somebody calls."""
    if not hand.opened.is_ahead(hand.now):
        return Came.LATE
    return _ask(hand, "asked", f"Asks for another time than {_when(hand.opened)}.")


def _ask(hand: Hand, answer: str, words: str) -> Came:
    visit, whose = hand.opened.visit, hand.opened.link.patient_id
    is_heard = visit is not None and answer in visit.answers and visit.asked_at is not None
    waits = is_heard and any(waiting for _, waiting in reminders.wishes_heard(hand.db, [whose]).get(whose, ()))
    if visit is not None and not waits:
        hand.write(visit, answer)
        hand.tell_desk(Meaning.ASK, words)
    return Came.ASKED


def prove(hand: Hand, born_on: date | None) -> tuple[Came, str]:
    """Whether somebody knows the birth date; the proof of it, which lasts half an hour."""
    known = hand.opened.patient.born_on
    if known is None or not hand.opened.tries:
        return Came.OVER, ""
    if born_on != known:
        hand.note("wrong_date")
        return Came.WRONG, ""
    hand.note("proven")
    return Came.PROVEN, hand.links.new_keys(hand.db, [hand.opened.link.id], proof_until=hand.now + PROVEN_FOR)[0]


def choose_language(hand: Hand, language: str) -> Came:
    """Messages in another language from now on."""
    contact = hand.opened.contact
    if language in languages() and language != contact.language and contact.number:
        wanted: Contact = replace(contact, language=language)
        reaching.record_contact(hand.db, hand.opened.patient.id, wanted, by=BY, now=hand.now)
        hand.note("language")
    return Came.LANGUAGE


def not_me(hand: Hand) -> Came:
    """Somebody else has this number: it gets nothing more, every link to it is dead, and the desk is told."""
    link = hand.opened.link
    agreement = Agreement(Channel(link.channel), link.address, Opted.OUT, f"link {link.public_id}: says that this is somebody else's")
    for patient_id, _ in looks.patients_at(hand.db, Channel(link.channel), link.address) or ((link.patient_id, 0),):
        reaching.write_consent(hand.db, patient_id, agreement, by=BY, now=hand.now)
    words = "Says that this is somebody else's number. Nothing more goes there: find out the right one, and call about the next visit."
    hand.tell_desk(Meaning.OTHER, words)
    hand.note("not_me")
    for row in live_rows(hand.db, address=link.address):
        row.revoked_at, row.revoked_by, row.version = hand.now, BY, row.version + 1
    hand.db.flush()
    return Came.NOT_ME


def subscribe(hand: Hand) -> str:
    """A link to all visits of the course, for a calendar that looks at it now and then; those given before are dead."""
    link = hand.opened.link
    for row in live_rows(hand.db, patient_id=link.patient_id):
        if row.kind == "course" and row.course_id == link.course_id:
            row.revoked_at, row.revoked_by, row.version = hand.now, BY, row.version + 1
    wanted = LinkWanted(
        link.site_id, link.patient_id, link.course_id, None, hand.opened.visit_at, link.channel, link.address, hand.opened.contact.number
    )
    return hand.links.give(hand.db, wanted, by=BY)


def _not_the_day(hand: Hand, day: str) -> Came | None:
    """What came of a day of birth that was typed; None where it is the patient's."""
    known = hand.opened.patient.born_on
    if known is None or not hand.opened.tries:
        return Came.OVER
    if not (day.isascii() and day.isdigit() and int(day[:4]) == known.day):
        hand.note("wrong_date")
        return Came.WRONG
    return None


def _when(opened: Opened) -> str:
    local = opened.site.local(opened.visit_at)
    return f"{local:%a, %b} {local.day}, {local:%H:%M}"
