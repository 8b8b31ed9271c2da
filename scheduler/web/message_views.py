"""Messages, calls and replies in words, as the desk reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from courses import queries as courses_queries
from courses.patients.contact import Channel, Consent, Contact
from courses.queries import KnownPatient
from courses.queries import reaching as looks
from rooms.base import Db
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Came
from scheduler.reminders.kind import Kind
from scheduler.reminders.known import Called, Line, Message, Reply
from scheduler.reminders.languages import FALLBACK, language
from scheduler.reminders.reach import reach_of
from scheduler.reminding import queries as desk_queries
from scheduler.reminding.calling import RESENT
from scheduler.reminding.phoning import UNDONE, Outcome
from scheduler.web.pages import Frame
from scheduler.web.rendering import day, phone_words

KINDS = {
    Kind.BOOKED: "Visits are booked",
    Kind.MOVED: "Visit has a new time",
    Kind.CANCELLED: "Visit was called off",
    Kind.CHANGED: "Visits have changed",
    Kind.THREE_DAYS: "Three days before",
    Kind.DAY_BEFORE: "The day before",
    Kind.PREPARE: "How to get ready",
    Kind.UNCONFIRMED: "Two hours before, not confirmed",
    Kind.STILL_ASKED: "Reminder, where another time was asked for",
    Kind.DIGEST: "The week's visits",
    Kind.OFFER: "A place that became free",
    Kind.OFFER_GONE: "The place is no longer free",
    Kind.CLOSED: "Closed on the days they asked for",
    Kind.ESCORT: "Ride home",
    Kind.FORM: "Form that is owed",
}
OF_A_VISIT = {Kind.MOVED, Kind.CANCELLED, Kind.THREE_DAYS, Kind.DAY_BEFORE, Kind.PREPARE, Kind.UNCONFIRMED, Kind.ESCORT}
"""What is about one visit, and names it."""
STATES = {
    "planned": ("Planned", "clock", ""),
    "claimed": ("Being sent", "play", "accent"),
    "sent": ("Sent", "tick", "good"),
    "uncertain": ("Uncertain", "help", "warn"),
    "parked": ("Parked", "pause", "warn"),
    "failed": ("Failed", "cross", "danger"),
    "expired": ("Too late", "clock", "danger"),
    "voided": ("Dropped", "cross", ""),
}
"""The word, the picture and the tone of each state."""
CHANNELS = {Channel.SMS: "text", Channel.MAIL: "mail", Channel.DESK: "call"}
WHYS = {
    "": "",
    "too_late": "Its time was over before it could go out.",
    "changed": "What it was about has changed.",
    "enough_for_now": "The patient had enough messages for now.",
    "quiet_hours": "The hour was not decent where the patient is.",
    "may_have_gone_out": "It may have gone out twice; nobody knows.",
    "restored": "It was due before a backup was put back, and may have gone out then.",
    "broken_off": "The worker stopped in the middle; it may have gone out.",
    "by_hand": "Somebody sent it again.",
    "called": "Somebody called instead.",
    "down": "The mail server or the gateway did not answer.",
    "not_a_mail": "The mail address cannot be written to.",
    "21610": "This number was opted out at the gateway.",
}
HAPPENED = {
    Line.INTENT: "About to be sent",
    Line.GIVEN_BACK: "Given back unsent; decided on anew",
    Line.BROKEN_OFF: "The worker stopped in the middle",
    Came.ACCEPTED: "Taken by the server",
    Came.REFUSED: "Refused for good",
    Came.PASSING: "Not taken; tried again later",
    Came.UNKNOWN: "May or may not have gone out",
    "report_accepted": "The gateway has it",
    "report_queued": "Waits at the gateway",
    "report_scheduled": "Waits at the gateway",
    "report_sending": "On its way to the phone",
    "report_sent": "On its way to the phone",
    "report_delivered": "Arrived on the phone",
    "report_read": "Read",
    "report_undelivered": "Did not arrive",
    "report_failed": "Did not arrive",
    "report_canceled": "Taken back by the gateway",
}
OUTCOMES = {
    Outcome.SPOKE: "Spoke with them",
    Outcome.NO_ANSWER: "No answer",
    Outcome.VOICEMAIL: "Left word on the voicemail",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.NOT_NEEDED: "Not needed any more",
    UNDONE: "Put back on the list",
}
DID = {
    "stop": ("Opted out", "Nothing goes to this number any more."),
    "cancel": ("Opted out, wants a call", "Nothing goes to this number any more. The visit still stands until somebody has called."),
    "start": ("Opted in", "Messages go to this number again."),
    "help": ("Asked for help", "The number to call was sent back."),
    "confirm": ("Confirmed", "The next visit is confirmed."),
    "ask": ("Asks for another time", "The visit still stands until somebody has called."),
    "other": ("To be read", "Nothing was done; a person has to read it."),
}
ASKED_TO_CALL = {"cancel": "opted out and wants a call", "ask": "asks for another time", "other": "wrote back"}


LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message in a list. Times are on the site's clock."""

    id: str
    patient: str
    patient_href: str
    kind: str
    channel: str
    address: str
    state: tuple[str, str, str]
    why: str
    visit_at: datetime
    due_at: datetime
    sent_at: datetime | None
    version: int
    may_go_again: bool
    waits_for_call: bool


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """A reply in the inbox."""

    id: str
    patient: str
    patient_href: str
    address: str
    body: str
    did: tuple[str, str]
    at: datetime
    closed_at: datetime | None
    closed_by: str
    is_everywhere: bool


@dataclass(slots=True)
class CallLine:
    """Somebody to be called, about everything at once. `language` is empty for English; `visit_at` is on the site's clock."""

    patient: KnownPatient
    phone: str
    language: str
    visit_at: datetime | None
    href: str = ""
    whys: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What it is known by on the page."""
        return f"{self.patient.patient.id}-{self.visit_at:%Y%m%d%H%M}" if self.visit_at else self.patient.patient.id


def kind_words(kind: Kind) -> str:
    """A kind in plain words."""
    return KINDS.get(kind) or kind.value.replace("_", " ").capitalize()


def language_words(code: str) -> str:
    """What a language is called in English; one that is not known here by its own name."""
    return LANGUAGES.get(code) or language(code).name


def why_words(why: str) -> str:
    """Why a message is as it is."""
    return WHYS.get(why, f"The other side said: {why}.")


def lines_of(db: Db, frame: Frame, messages: Sequence[Message]) -> list[MessageLine]:
    """Messages as they stand in a list."""
    people = patients_of(db, [each.patient_id for each in messages])
    return [line_of(each, people[each.patient_id], frame) for each in messages if each.patient_id in people]


def line_of(message: Message, who: KnownPatient, frame: Frame) -> MessageLine:
    """One message."""
    local = frame.time.local
    return MessageLine(
        id=message.public_id,
        patient=who.patient.name,
        patient_href=f"/patients/{who.patient.id}",
        kind=kind_words(message.kind),
        channel=CHANNELS[Channel(message.channel)],
        address=phone_words(message.address),
        state=STATES[message.state],
        why=why_words(message.why),
        visit_at=local(message.visit_at),
        due_at=local(message.due_at),
        sent_at=message.sent_at and local(message.sent_at),
        version=message.version,
        may_go_again=message.state in RESENT and message.channel != Channel.DESK,
        waits_for_call=message.seen_at is None and (message.state in {*RESENT, "expired"} or message.channel == Channel.DESK),
    )


def patients_of(db: Db, ids: Collection[int]) -> dict[int, KnownPatient]:
    """Patients by row number."""
    return courses_queries.patients_with(db, sorted(set(ids)))


def reply_lines(db: Db, frame: Frame, replies: Sequence[Reply]) -> list[ReplyLine]:
    """Replies as they stand in the inbox."""
    people = patients_of(db, [each.patient_id for each in replies if each.patient_id])
    return [_reply(each, people.get(each.patient_id or 0), frame) for each in replies]


def _reply(reply: Reply, who: KnownPatient | None, frame: Frame) -> ReplyLine:
    return ReplyLine(
        id=reply.public_id,
        patient=who.patient.name if who else "",
        patient_href=f"/patients/{who.patient.id}" if who else "",
        address=phone_words(reply.address),
        body=reply.body,
        did=DID.get(reply.meaning, DID["other"]),
        at=frame.time.local(reply.at),
        closed_at=reply.closed_at and frame.time.local(reply.closed_at),
        closed_by="answered by itself" if reply.closed_by == "reply" else reply.closed_by,
        is_everywhere=reply.site_id is None,
    )


def calls_to_make(db: Db, frame: Frame, now: datetime) -> list[CallLine]:
    """Whom to call, the soonest visits first: one line for each patient and visit."""
    replies = [each for each in queries.replies(db, frame.site.id) if each.patient_id is not None]
    return _Calls(db, frame, now).lines(queries.call_list(db, frame.site.id, now=now), replies)


def calls_made(db: Db, frame: Frame, since: datetime, now: datetime) -> list[CallLine]:
    """Who was taken off the list since then."""
    messages, replies = desk_queries.called_off(db, frame.site.id, since=since)
    return _Calls(db, frame, now).lines(messages, [each for each in replies if each.patient_id is not None])


class _Calls:
    """Messages and replies on their way to lines."""

    def __init__(self, db: Db, frame: Frame, now: datetime) -> None:
        self.db, self.frame, self.now = db, frame, now
        self.people: dict[int, KnownPatient] = {}
        self.contacts: dict[int, Contact] = {}
        self.consents: dict[str, list[Consent]] = defaultdict(list)

    def lines(self, messages: Sequence[Message], replies: Sequence[Reply]) -> list[CallLine]:
        """One line for each patient and visit; those without a visit come last."""
        ids = {each.patient_id for each in messages} | {each.patient_id for each in replies if each.patient_id}
        self._look_up(ids)
        ahead, calls = looks.next_visits(self.db, ids, now=self.now), self._calls(messages, replies)
        found: dict[tuple[int, datetime | None], CallLine] = {}
        for message in messages:
            if message.patient_id in self.people:
                self._take_message(found, message, calls.get((message.id, 0), []))
        for reply in replies:
            if reply.patient_id in self.people:
                self._take_reply(found, reply, ahead.get(reply.patient_id), calls.get((0, reply.id), []))
        order = sorted(found, key=lambda key: (key[1] is None, key[1] or self.now, self.people[key[0]].patient.name))
        return [found[key] for key in order]

    def _look_up(self, ids: Collection[int]) -> None:
        self.people = patients_of(self.db, ids)
        self.contacts = looks.contacts(self.db, sorted(ids))
        addresses = {address for contact in self.contacts.values() for address in (contact.phone, contact.mail) if address}
        for each in looks.consents(self.db, sorted(addresses)):
            self.consents[each.address].append(each)

    def _calls(self, messages: Sequence[Message], replies: Sequence[Reply]) -> Mapping[tuple[int, int], list[Called]]:
        found: dict[tuple[int, int], list[Called]] = defaultdict(list)
        for each in desk_queries.calls_about(self.db, [m.id for m in messages], [r.id for r in replies]):
            found[each.message_id or 0, each.reply_id or 0].append(each)
        return found

    def _line(self, found: dict[tuple[int, datetime | None], CallLine], patient_id: int, visit_at: datetime | None) -> CallLine:
        if (patient_id, visit_at) not in found:
            contact = self.contacts.get(patient_id)
            local = self.frame.time.local(visit_at) if visit_at else None
            spoken = language_words(contact.language) if contact and contact.language != FALLBACK else ""
            found[patient_id, visit_at] = CallLine(self.people[patient_id], contact.phone if contact else "", spoken, local)
        return found[patient_id, visit_at]

    def _take_message(self, found: dict[tuple[int, datetime | None], CallLine], message: Message, calls: Sequence[Called]) -> None:
        line = self._line(found, message.patient_id, message.visit_at)
        line.messages.append(message.public_id)
        line.href = line.href or _href(message)
        _add(line.whys, self._why(message))
        for each in calls:
            _add(line.tries, self._try(each))

    def _take_reply(
        self,
        found: dict[tuple[int, datetime | None], CallLine],
        reply: Reply,
        visit: tuple[str, datetime] | None,
        calls: Sequence[Called],
    ) -> None:
        line = self._line(found, reply.patient_id or 0, visit[1] if visit else None)
        line.href = line.href or (f"/sessions/{visit[0]}" if visit else "")
        line.replies.append(reply.public_id)
        _add(line.whys, ASKED_TO_CALL.get(reply.meaning, "wrote back"))
        line.said.append(reply.body)
        for each in calls:
            _add(line.tries, self._try(each))

    def _why(self, message: Message) -> str:
        what = f"“{kind_words(message.kind)}”"
        if message.kind is Kind.ESCORT:
            return "nobody has promised the ride home"
        if message.kind is Kind.FORM:
            return "a form is owed soon"
        if message.channel == Channel.DESK:
            contact = self.contacts.get(message.patient_id)
            own = [each for address in (contact.phone, contact.mail) for each in self.consents[address]] if contact else []
            return f"{reach_of(contact, own).why or 'could not be reached when it was due'} ({what})"
        if message.copies or message.state == "uncertain":
            return f"may not have got {what}"
        late = message.state == "expired"
        return f"too late to send {what}" if late else f"did not get {what}"

    def _try(self, called: Called) -> str:
        local = self.frame.time.local(called.at)
        note = f": {called.note}" if called.note else ""
        return f"{OUTCOMES.get(called.outcome, called.outcome)}{note} ({called.by}, {day(local)}, {local:%H:%M})"


def _href(message: Message) -> str:
    if message.kind is Kind.FORM:
        return f"/forms/{message.subject}"
    return f"/sessions/{message.subject}" if message.kind in OF_A_VISIT else ""


def _add(words: list[str], word: str) -> None:
    if word not in words:
        words.append(word)
