"""Messages to patients: what was and will be sent, whom to call, what was written back, how a site's messages go out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from courses import queries as courses_queries
from courses.queries import KnownPatient
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.fields import Key, Line, Shape, on_clock
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, Creating, shown
from scheduler.persons import second_at
from scheduler.reminders import queries
from scheduler.reminders.kind import FOR_PATIENTS
from scheduler.reminders.known import Message, Messaging, Reply
from scheduler.reminders.languages import USUAL, language, languages
from scheduler.reminders.message import filled, length_of
from scheduler.reminding import calling
from scheduler.reminding.calling import LONGEST_LABEL, NewText
from scheduler.reminding.phoning import Call, Outcome, called, not_called

router = APIRouter(tags=["messages"])

State = Literal["planned", "claimed", "sent", "uncertain", "parked", "failed", "voided", "expired"]
MINUTES_OF_DAY = 1440


class MessageShown(Shape):
    """A message, or something to call about (channel desk). `why` is why it is as it is."""

    id: str
    patient: str
    patient_name: str
    kind: str
    channel: str
    address: str
    state: State
    why: str
    visit_at: datetime
    due_at: datetime
    useful_until: datetime
    sent_at: datetime | None
    called_at: datetime | None
    called_by: str
    version: int


class Messages(Shape):
    """Messages of a site."""

    messages: list[MessageShown]


class LineShown(Shape):
    """One line of what happened to a message."""

    at: datetime
    sending: int
    what: str
    detail: str


class MessageWhole(MessageShown):
    """A message with everything that happened to it."""

    history: list[LineShown]


class ReplyShown(Shape):
    """What somebody wrote back."""

    id: str
    patient: str | None
    address: str
    body: str
    meaning: str
    at: datetime
    closed_at: datetime | None
    closed_by: str


class Replies(Shape):
    """What was written back, the newest first."""

    replies: list[ReplyShown]


class CallShape(Shape):
    """What came of a call. Only `spoke` and `not_needed` take somebody off the call list."""

    outcome: Literal["spoke", "no_answer", "voicemail", "wrong_number", "not_needed"] = "spoke"
    note: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field("", examples=["asked for Tuesday"])


class MessagingShape(Shape):
    """What a site's messages say of it, and between which minutes of the day they go out, where the patient is."""

    label: Annotated[Line, StringConstraints(max_length=LONGEST_LABEL)] = Field(examples=["Linden Clinic"])
    phone: Line = Field(examples=["+1 212 555 0100"])
    opens: Annotated[int, Field(strict=True, ge=480, le=MINUTES_OF_DAY)] = 480
    closes: Annotated[int, Field(strict=True, ge=0, le=1260)] = 1200


class MessagingShown(Shape):
    """The same as it is set. `version` is the ETag; 0 is that nothing is set, and nothing is sent."""

    label: str
    phone: str
    opens: int
    closes: int
    version: int


class TextShape(Shape):
    """A clinic's own text of one kind of message."""

    language: Annotated[str, StringConstraints(pattern="^[a-z]{2,3}(-[A-Z]{2})?$")]
    kind: Annotated[str, StringConstraints(pattern="^[a-z_]{1,20}$")] = Field(examples=["day_before"])
    text: Annotated[Line, StringConstraints(max_length=400)] = Field(examples=["{label}: {name} see you {when}. {reply} {stop}"])


class TextShown(TextShape):
    """A text as it is used; `number` 0 is the one that comes with the program. `letters` counts those of a text message, 160 are one."""

    number: int
    letters: int


class Texts(Shape):
    """Every text that patients get."""

    texts: list[TextShown]


@router.get("/sites/{site}/messages", response_model=Messages, responses=problems(404), summary="Messages of a site")
def list_messages(
    site: Key, desk: AtDesk, state: Annotated[State | None, Query()] = None, patient: Annotated[Key | None, Query()] = None
) -> Response:
    """The 500 for the latest visits, in one state or to one patient."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        whose = courses_queries.patient(db, patient).id if patient else None
        found = queries.messages_at(db, at.id, states=[state] if state else (), patient_id=whose)
        return shown(Messages(messages=_all_shown(db, at.id, found)))


@router.get("/sites/{site}/call-list", response_model=Messages, responses=problems(404), summary="Whom somebody has to call")
def get_call_list(site: Key, desk: AtDesk) -> Response:
    """Those whom no message reached, or nobody knows whether it did, and what is only told by phone; the soonest visits first."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        return shown(Messages(messages=_all_shown(db, at.id, queries.call_list(db, at.id, now=desk.now))))


@router.get("/messages/{message}", response_model=MessageWhole, responses=problems(404), summary="One message with its history")
def get_message(message: Key, desk: AtDesk) -> Response:
    """What happened to it, from the intent to the gateway's reports."""
    with desk.reading() as db:
        return shown(_whole(db, message))


@router.post("/messages/{message}/send-again", response_model=MessageWhole, responses=changes(404), summary="Send a message again")
def send_again(message: Key, change: Creating) -> Response:
    """One that is parked, failed or uncertain. Quiet hours, the most a day, opting out and what is true then still hold."""

    def work(db: Db) -> MessageWhole:
        calling.send_again(db, message, now=change.now)
        return _whole(db, message)

    return change.answer(None, work)


@router.post("/messages/{message}/called", response_model=MessageWhole, responses=changes(404), summary="Say what came of a call")
def mark_called(message: Key, change: Creating, said: CallShape | None = None) -> Response:
    """Somebody called about a message; whoever was spoken with, and what is not needed any more, leaves the call list."""
    said = said or CallShape()

    def work(db: Db) -> MessageWhole:
        called(db, Call((message,), (), Outcome(said.outcome), said.note, change.by, change.now))
        return _whole(db, message)

    return change.answer(said, work)


@router.post(
    "/messages/{message}/not-called", response_model=MessageWhole, responses=changes(404), summary="Put a message back to be called about"
)
def mark_not_called(message: Key, change: Creating) -> Response:
    """It was taken off the call list by mistake."""

    def work(db: Db) -> MessageWhole:
        not_called(db, [message], [], by=change.by, now=change.now)
        return _whole(db, message)

    return change.answer(None, work)


@router.get("/sites/{site}/replies", response_model=Replies, responses=problems(404), summary="What was written back")
def list_replies(site: Key, desk: AtDesk, everything: Annotated[bool, Query(description="Also what is dealt with.")] = False) -> Response:
    """What nobody has dealt with yet."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        found = queries.replies(db, at.id, is_open=not everything)
        names = _people(db, [each.patient_id for each in found if each.patient_id])
        return shown(Replies(replies=[_reply(each, names) for each in found]))


@router.post("/replies/{reply}/close", status_code=204, responses=changes(404), summary="Say that a reply is dealt with")
def close_reply(reply: Key, change: Creating) -> Response:
    """It leaves the inbox and is kept."""

    def work(db: Db) -> None:
        calling.close_reply(db, reply, by=change.by, now=change.now)

    return change.answer(None, work)


@router.get("/sites/{site}/messaging", response_model=MessagingShown, responses=problems(404), summary="How a site's messages go out")
def get_messaging(site: Key, desk: AtDesk) -> Response:
    """The label, the phone and the hours."""
    with desk.reading() as db:
        return shown(_messaging(db, rooms_queries.site(db, site).id))


@router.put(
    "/sites/{site}/messaging", response_model=MessagingShown, responses=changes(404, etag=True), summary="Say how a site's messages go out"
)
def change_messaging(site: Key, wanted: MessagingShape, change: Changing) -> Response:
    """Until this is done nothing is sent. A label that says what the clinic does is refused."""

    def work(db: Db) -> MessagingShown:
        setting = Messaging(wanted.label, wanted.phone, wanted.opens, wanted.closes)
        calling.set_messaging(db, site, setting, expected=change.version)
        return _messaging(db, rooms_queries.site(db, site).id)

    return change.answer(wanted, work)


@router.get("/sites/{site}/message-texts", response_model=Texts, responses=problems(404), summary="What messages say")
def list_texts(site: Key, desk: AtDesk) -> Response:
    """Every kind in every language: the clinic's own text, or the one that comes with the program."""
    with desk.reading() as db:
        own = queries.own_texts(db, [at := rooms_queries.site(db, site).id])
    texts = [
        _text(code, kind.value, *own.get((at, code, kind.value), (0, language(code).messages[kind]["text"])))
        for code in languages()
        for kind in FOR_PATIENTS
    ]
    return shown(Texts(texts=texts))


@router.post(
    "/sites/{site}/message-texts", status_code=201, response_model=TextShown, responses=changes(404), summary="Publish a text of one's own"
)
def publish_text(site: Key, new: TextShape, change: Creating) -> Response:
    """Used from now on, also by what is planned. Refused where it tells too much, is too long or hard to read."""

    def work(db: Db) -> TextShown:
        second = second_at(db, change.desk)
        text = NewText(new.language, new.kind, new.text, second.name if second else "")
        number = calling.publish_text(db, site, text, by=change.by, now=change.now)
        return _text(new.language, new.kind, number, new.text)

    return change.answer(new, work, status=201)


def _text(code: str, kind: str, number: int, text: str) -> TextShown:
    return TextShown(language=code, kind=kind, text=text, number=number, letters=length_of(filled(text, USUAL)).letters)


def _messaging(db: Db, site_id: int) -> MessagingShown:
    found = queries.messagings(db, [site_id]).get(site_id, Messaging("", ""))
    return MessagingShown(label=found.label, phone=found.phone, opens=found.opens, closes=found.closes, version=found.version)


def _people(db: Db, ids: list[int]) -> dict[int, KnownPatient]:
    return courses_queries.patients_with(db, sorted(set(ids)))


def _all_shown(db: Db, site_id: int, found: tuple[Message, ...]) -> list[MessageShown]:
    people, time = _people(db, [each.patient_id for each in found]), SiteTime(rooms_queries.site(db, site_id).site.timezone)
    return [MessageShown.model_validate(_fields(each, people[each.patient_id], time)) for each in found if each.patient_id in people]


def _whole(db: Db, key: str) -> MessageWhole:
    message = queries.message(db, key)
    time = SiteTime(rooms_queries.site(db, message.site_id).site.timezone)
    lines = [
        LineShown(at=on_clock(each.at, time), sending=each.number, what=each.what, detail=each.detail)
        for each in queries.happened(db, message.id)
    ]
    fields = _fields(message, _people(db, [message.patient_id])[message.patient_id], time)
    return MessageWhole.model_validate(fields | {"history": lines})


def _fields(message: Message, who: KnownPatient, time: SiteTime) -> dict[str, object]:
    return {
        "id": message.public_id,
        "patient": who.patient.id,
        "patient_name": who.patient.name,
        "kind": message.kind.value,
        "channel": message.channel,
        "address": message.address,
        "state": message.state,
        "why": message.why,
        "visit_at": on_clock(message.visit_at, time),
        "due_at": on_clock(message.due_at, time),
        "useful_until": on_clock(message.useful_until, time),
        "sent_at": message.sent_at and on_clock(message.sent_at, time),
        "called_at": message.seen_at and on_clock(message.seen_at, time),
        "called_by": message.seen_by,
        "version": message.version,
    }


def _reply(reply: Reply, people: dict[int, KnownPatient]) -> ReplyShown:
    who = people.get(reply.patient_id or 0)
    return ReplyShown(
        id=reply.public_id,
        patient=who.patient.id if who else None,
        address=reply.address,
        body=reply.body,
        meaning=reply.meaning,
        at=reply.at,
        closed_at=reply.closed_at,
        closed_by=reply.closed_by,
    )
