"""Looks at messages as the desk sees them: by state, by call, by text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select

from rooms.base import Db
from scheduler.records.messages import LanguageReviewRow, MessageCallRow, MessageReplyRow, MessageRow, MessageTemplateRow
from scheduler.reminders.known import Called, LanguageReview, Message, OwnText, Reply
from scheduler.reminders.queries import at_site, message_of, reply_of

MOST_SHOWN = 200


def counts_at(db: Db, site_id: int) -> dict[str, int]:
    """How many messages of a site are in each state; those that are for the desk to call about are counted as `desk`."""
    row = MessageRow
    found: dict[str, int] = defaultdict(int)
    asked = select(row.state, row.channel, func.count()).where(row.site_id == site_id).group_by(row.state, row.channel)
    for state, channel, number in db.execute(asked):
        found["desk" if channel == "desk" else state] += number
    return dict(found)


def open_replies(db: Db, site_id: int) -> int:
    """How many replies of a site nobody has dealt with yet."""
    row = MessageReplyRow
    return db.scalar(select(func.count()).select_from(row).where(at_site(site_id), row.closed_at.is_(None))) or 0


def messages_in(db: Db, site_id: int, states: Collection[str]) -> tuple[Message, ...]:
    """The messages of a site in some states that go out by themselves: what is planned by when it is due, all else the latest first."""
    row = MessageRow
    which = (row.site_id == site_id, row.state.in_(states), row.channel != "desk")
    asked = select(row).where(*which).limit(MOST_SHOWN)
    ordered = asked.order_by(row.due_at, row.id) if "planned" in states else asked.order_by(row.due_at.desc(), row.id.desc())
    return tuple(message_of(each) for each in db.scalars(ordered))


def messages_to(db: Db, patient_id: int, most: int) -> tuple[Message, ...]:
    """The messages to a patient, the latest first."""
    row = MessageRow
    asked = select(row).where(row.patient_id == patient_id, row.channel != "desk").order_by(row.due_at.desc(), row.id.desc()).limit(most)
    return tuple(message_of(each) for each in db.scalars(asked))


def number_to(db: Db, patient_id: int) -> int:
    """How many messages there are to a patient."""
    row = MessageRow
    return db.scalar(select(func.count()).select_from(row).where(row.patient_id == patient_id, row.channel != "desk")) or 0


def called_off(db: Db, site_id: int, *, since: datetime) -> tuple[tuple[Message, ...], tuple[Reply, ...]]:
    """What somebody took off a site's call list since then, the latest first."""
    row, reply = MessageRow, MessageReplyRow
    messages = select(row).where(row.site_id == site_id, row.seen_at > since).order_by(row.seen_at.desc(), row.id).limit(MOST_SHOWN)
    about = select(MessageCallRow.reply_id).where(MessageCallRow.reply_id.is_not(None)).scalar_subquery()
    closed = select(reply).where(at_site(site_id), reply.closed_at > since, reply.id.in_(about)).order_by(reply.closed_at.desc())
    return tuple(message_of(each) for each in db.scalars(messages)), tuple(reply_of(each) for each in db.scalars(closed.limit(MOST_SHOWN)))


def calls_about(db: Db, messages: Collection[int], replies: Collection[int]) -> tuple[Called, ...]:
    """The calls about messages and replies (by row number), in order."""
    row = MessageCallRow
    found = db.scalars(select(row).where(or_(row.message_id.in_(messages), row.reply_id.in_(replies))).order_by(row.id))
    return tuple(Called(each.message_id, each.reply_id, each.outcome, each.note, each.by, each.at) for each in found)


def texts_of(db: Db, site_id: int, language: str, kind: str) -> tuple[OwnText, ...]:
    """The versions of a clinic's own text, the newest first."""
    row = MessageTemplateRow
    asked = select(row).where(row.site_id == site_id, row.language == language, row.kind == kind).order_by(row.number.desc())
    return tuple(OwnText(each.number, each.text, each.by, each.approved_by, each.at) for each in db.scalars(asked))


def review_of(db: Db, site_id: int, language: str) -> LanguageReview | None:
    """Who has read what patients get in a language last."""
    row = LanguageReviewRow
    found = db.scalar(select(row).where(row.site_id == site_id, row.language == language).order_by(row.id.desc()).limit(1))
    return None if found is None else LanguageReview(found.reviewer, found.qualification, found.by, found.at)
