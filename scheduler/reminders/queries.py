"""Every look into the tables of messages. Rows stay here, but for those who change them under their lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from rooms.base import Db
from rooms.errors import Unknown
from scheduler.records.messages import (
    LanguageReviewRow,
    MessageAttemptRow,
    MessageCallRow,
    MessageReplyRow,
    MessageRow,
    MessageTemplateRow,
    MessagingRow,
    WorkerLeaseRow,
)
from scheduler.reminders.kind import CALLED_ABOUT, Kind
from scheduler.reminders.known import Happened, Lease, Message, Messaging, Reply
from scheduler.reminders.opt_out import Meaning

MOST_LISTED = 500
A_WEEK = timedelta(days=7)
WAITING: BindParameter[tuple[str, ...]] = bindparam("waiting", ("planned", "uncertain"), expanding=True, literal_execute=True)
"""The states of what is still to go out, written out in the statement as they stand in the index."""
STUCK = ("parked", "failed", "expired")
"""The states of which a person is told."""


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look into these tables to some sites (by row number): see `scheduler.guarding`."""
    theirs = select(MessageRow.id).where(MessageRow.site_id.in_(sites)).scalar_subquery()
    reply = or_(MessageReplyRow.site_id.in_(sites), MessageReplyRow.site_id.is_(None))  # what no site knows is read at each
    replied = select(MessageReplyRow.id).where(reply).scalar_subquery()
    own = (LanguageReviewRow, MessageRow, MessageTemplateRow, MessagingRow)
    called = or_(MessageCallRow.message_id.in_(theirs), MessageCallRow.reply_id.in_(replied))
    return (
        *(with_loader_criteria(row, row.site_id.in_(sites), include_aliases=True) for row in own),
        with_loader_criteria(MessageReplyRow, reply, include_aliases=True),
        with_loader_criteria(MessageAttemptRow, MessageAttemptRow.message_id.in_(theirs), include_aliases=True),
        with_loader_criteria(MessageCallRow, called, include_aliases=True),
    )


def messages_of(db: Db, course_ids: Collection[int]) -> dict[int, list[Message]]:
    """Every message about some courses (by row number), by course."""
    row, found = MessageRow, defaultdict[int, list[Message]](list)
    asked = select(row).where(row.course_id.in_(course_ids)).order_by(row.id).execution_options(populate_existing=True)
    for each in db.scalars(asked):
        found[each.course_id].append(message_of(each))
    return found


def message_of(row: MessageRow) -> Message:
    """A message as a value."""
    return Message(
        row.id,
        row.public_id,
        row.site_id,
        row.patient_id,
        row.course_id,
        row.subject,
        Kind(row.kind),
        row.edition,
        row.channel,
        row.address,
        row.state,
        row.why,
        row.visit_at,
        row.due_at,
        row.try_at,
        row.useful_until,
        row.copies,
        row.tries,
        row.sent_at,
        row.seen_at,
        row.seen_by,
        row.version,
    )


def rows(db: Db, ids: Collection[int]) -> dict[int, MessageRow]:
    """The rows of messages, held until the transaction ends, without those that somebody else holds."""
    row = MessageRow
    asked = select(row).where(row.id.in_(ids)).order_by(row.id).with_for_update(skip_locked=True)
    return {each.id: each for each in db.scalars(asked.execution_options(populate_existing=True))}


def row_of(db: Db, key: str) -> MessageRow:
    """The row of a message by public id, held until the transaction ends. Raises `Unknown`."""
    asked = select(MessageRow).where(MessageRow.public_id == key).with_for_update()
    found = db.scalar(asked.execution_options(populate_existing=True))
    if found is None:
        raise Unknown("message", key)
    return found


def message(db: Db, key: str) -> Message:
    """A message by public id. Raises `Unknown`."""
    found = db.scalar(select(MessageRow).where(MessageRow.public_id == key).execution_options(populate_existing=True))
    if found is None:
        raise Unknown("message", key)
    return message_of(found)


def take_due(db: Db, channel: str, *, now: datetime, most: int, due_since: datetime | None = None) -> tuple[Message, ...]:
    """What is due on a channel, the soonest visit first, held until the transaction ends.

    What somebody else holds is passed over, never waited for. `due_since` leaves out what was due earlier than that.
    """
    row = MessageRow
    which = [row.state.in_(WAITING), row.channel == channel, row.try_at <= now]
    if due_since is not None:
        which.append(row.due_at >= due_since)
    asked = select(row).where(*which).order_by(row.visit_at, row.id).limit(most).with_for_update(skip_locked=True)
    return tuple(message_of(each) for each in db.scalars(asked.execution_options(populate_existing=True)))


def caught_up(db: Db, channel: str, *, due_before: datetime, since: datetime) -> int:
    """How many of those that were due before a moment went out on a channel since another."""
    row = MessageRow
    asked = select(func.count()).where(row.channel == channel, row.sent_at > since, row.due_at < due_before)
    return db.execute(asked).scalar_one()


def versions(db: Db, ids: Collection[int]) -> dict[int, int]:
    """How often messages (by row number) were changed."""
    row = MessageRow
    return {message_id: version for message_id, version in db.execute(select(row.id, row.version).where(row.id.in_(ids)))}


def left_claimed(db: Db, holder: str, channel: str | None = None) -> tuple[int, ...]:
    """Row numbers of what others took and never said what came of it; of a channel, what one oneself did."""
    row = MessageRow
    whose = row.claimed_by != holder if channel is None else and_(row.claimed_by == holder, row.channel == channel)
    return tuple(db.scalars(select(row.id).where(row.state == "claimed", whose).order_by(row.id)))


def too_late(db: Db, *, now: datetime) -> tuple[int, ...]:
    """Row numbers of what is still planned and of no use any more."""
    row = MessageRow
    return tuple(db.scalars(select(row.id).where(row.state == "planned", row.useful_until <= now).order_by(row.id).limit(MOST_LISTED)))


def sent_lately(db: Db, patient_ids: Collection[int], addresses: Collection[str], *, now: datetime) -> list[tuple[int, str, datetime]]:
    """What these patients or addresses were sent in the last week: patient (row number), address, when."""
    row = MessageRow
    whose = or_(row.patient_id.in_(patient_ids), row.address.in_(addresses))
    asked = select(row.patient_id, row.address, row.sent_at).where(whose, row.sent_at > now - A_WEEK)
    return [(patient_id, address, at) for patient_id, address, at in db.execute(asked) if at is not None]


def told_of(db: Db, kind: Kind, subjects: Collection[str]) -> frozenset[str]:
    """Of which of some things (by public id) a message of a kind has gone out, or may have."""
    row = MessageRow
    if not subjects:
        return frozenset()
    return frozenset(db.scalars(select(row.subject).where(row.subject.in_(subjects), row.kind == kind, row.copies > 0)))


def asked_last(db: Db, address: str, kinds: Collection[Kind]) -> tuple[str, str] | None:
    """The kind and subject of the message of some kinds that went out to an address last: what an answer answers."""
    row = MessageRow
    asked = select(row.kind, row.subject).where(row.address == address, row.kind.in_(kinds), row.copies > 0)
    found = db.execute(asked.order_by(row.sent_at.desc(), row.id.desc()).limit(1)).one_or_none()
    return None if found is None else (found[0], found[1])


def happened(db: Db, message_id: int) -> tuple[Happened, ...]:
    """What happened to a message, in order."""
    row = MessageAttemptRow
    found = db.scalars(select(row).where(row.message_id == message_id).order_by(row.id))
    return tuple(Happened(each.at, each.number, each.what, each.reference, each.detail) for each in found)


def has_event(db: Db, message_id: int, event: str) -> bool:
    """Whether a report was written down already."""
    row = MessageAttemptRow
    return db.scalar(select(row.id).where(row.message_id == message_id, row.event == event)) is not None


def messages_at(db: Db, site_id: int, *, states: Collection[str] = (), patient_id: int | None = None) -> tuple[Message, ...]:
    """The messages of a site in some states, or to one patient, those for the soonest visits first."""
    row = MessageRow
    which: list[ColumnElement[bool]] = [row.site_id == site_id]
    if states:
        which.append(row.state.in_(states))
    if patient_id is not None:
        which.append(row.patient_id == patient_id)
    return tuple(
        message_of(each) for each in db.scalars(select(row).where(*which).order_by(row.visit_at.desc(), row.id).limit(MOST_LISTED))
    )


def call_list(db: Db, site_id: int, *, now: datetime) -> tuple[Message, ...]:
    """Whom somebody has to call: no message reached them, or it is theirs to call about; the soonest visits first."""
    row = MessageRow
    stuck = and_(row.state.in_(STUCK), row.kind.in_(CALLED_ABOUT), row.channel != "desk")
    parked = row.state.in_(("parked", "uncertain"))
    ours = and_(row.channel == "desk", row.state == "planned", row.due_at <= now)
    ahead = or_(row.visit_at > now, row.kind == Kind.FORM)
    asked = select(row).where(row.site_id == site_id, row.seen_at.is_(None), or_(stuck, parked, ours), ahead)
    return tuple(message_of(each) for each in db.scalars(asked.order_by(row.visit_at, row.id).limit(MOST_LISTED)))


def replies(db: Db, site_id: int, *, is_open: bool = True) -> tuple[Reply, ...]:
    """What was written back to a site, or to nobody knows which, the newest first; only what nobody has dealt with yet."""
    row = MessageReplyRow
    asked = select(row).where(at_site(site_id))
    if is_open:
        asked = asked.where(row.closed_at.is_(None))
    return tuple(reply_of(each) for each in db.scalars(asked.order_by(row.at.desc(), row.id.desc()).limit(MOST_LISTED)))


def wishes_heard(db: Db, patient_ids: Collection[int]) -> dict[int, list[tuple[datetime, bool]]]:
    """When patients (by row number) asked to be called, and whether that still waits for a person, by patient."""
    row, found = MessageReplyRow, defaultdict[int, list[tuple[datetime, bool]]](list)
    asked = select(row.patient_id, row.at, row.closed_at).where(row.patient_id.in_(patient_ids), row.meaning == Meaning.ASK)
    for patient_id, at, closed_at in db.execute(asked.order_by(row.id)):
        if patient_id is not None:
            found[patient_id].append((at, closed_at is None))
    return found


def at_site(site_id: int) -> ColumnElement[bool]:
    """What was written back and is read at a site: its own, and what no site knows."""
    return or_(MessageReplyRow.site_id == site_id, MessageReplyRow.site_id.is_(None))


def reply_of(row: MessageReplyRow) -> Reply:
    """A reply as a value."""
    return Reply(
        row.public_id, row.patient_id, row.address, row.body, row.meaning, row.at, row.closed_at, row.closed_by, row.id, row.site_id
    )


def reply_row(db: Db, key: str) -> MessageReplyRow:
    """The row of a reply by public id. Raises `Unknown`."""
    found = db.scalar(select(MessageReplyRow).where(MessageReplyRow.public_id == key).with_for_update())
    if found is None:
        raise Unknown("reply", key)
    return found


def has_reply(db: Db, event: str) -> bool:
    """Whether a reply came in already."""
    return db.scalar(select(MessageReplyRow.id).where(MessageReplyRow.event == event)) is not None


def messagings(db: Db, site_ids: Collection[int]) -> dict[int, Messaging]:
    """What the messages of sites (by row number) say of them."""
    row = MessagingRow
    found = db.scalars(select(row).where(row.site_id.in_(site_ids)).execution_options(populate_existing=True))
    return {each.site_id: Messaging(each.label, each.phone, each.opens, each.closes, each.version) for each in found}


def messaging_row(db: Db, site_id: int) -> MessagingRow | None:
    """The row of a site's settings, for those who change it."""
    return db.scalar(select(MessagingRow).where(MessagingRow.site_id == site_id).execution_options(populate_existing=True))


def only_messaging(db: Db) -> Messaging | None:
    """What the messages say of the clinic, where there is one site only."""
    found = db.scalars(select(MessagingRow).limit(2)).all()
    return Messaging(found[0].label, found[0].phone, found[0].opens, found[0].closes, found[0].version) if len(found) == 1 else None


def labels(db: Db) -> tuple[str, ...]:
    """The labels of all sites."""
    return tuple(db.scalars(select(MessagingRow.label).order_by(MessagingRow.site_id)))


def sites_known_to(db: Db, address: str) -> tuple[int, ...]:
    """The row numbers of the sites that ever wrote to an address; else of the only one that sends messages, where there is one only."""
    row = MessageRow
    wrote = tuple(db.scalars(select(row.site_id).where(row.address == address, row.copies > 0).distinct().order_by(row.site_id)))
    senders = tuple(db.scalars(select(MessagingRow.site_id).order_by(MessagingRow.site_id)))
    return wrote or (senders if len(senders) == 1 else ())


def own_texts(db: Db, site_ids: Collection[int]) -> dict[tuple[int, str, str], tuple[int, str]]:
    """The newest text of a clinic's own, with its number, by site, language and kind."""
    row = MessageTemplateRow
    found = db.scalars(select(row).where(row.site_id.in_(site_ids)).order_by(row.number))
    return {(each.site_id, each.language, each.kind): (each.number, each.text) for each in found}


def lease(db: Db, name: str) -> Lease | None:
    """Who is at work on something."""
    found = db.scalar(select(WorkerLeaseRow).where(WorkerLeaseRow.name == name).execution_options(populate_existing=True))
    return None if found is None else Lease(found.holder, found.until, found.beat_at, found.looked_at)


def oldest_due(db: Db, *, now: datetime) -> datetime | None:
    """Since when the oldest message that is due has been waiting to go out; those to call about do not wait."""
    row = MessageRow
    waits = (row.state.in_(("planned", "uncertain")), row.channel != "desk", row.try_at <= now)
    return db.scalar(select(func.min(row.try_at)).where(*waits))


def next_due(db: Db, *, now: datetime) -> datetime | None:
    """When the next message goes out of those that are not due yet."""
    row = MessageRow
    return db.scalar(select(func.min(row.try_at)).where(row.state.in_(WAITING), row.channel != "desk", row.try_at > now))


def counts(db: Db) -> dict[str, int]:
    """How many messages are in each state."""
    return {state: n for state, n in db.execute(select(MessageRow.state, func.count()).group_by(MessageRow.state))}
