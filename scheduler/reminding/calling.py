"""What people do about messages: send one once more, deal with a reply, say how a site's messages go out and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses.errors import Faulty, check_version, checked_text
from courses.patients.contact import checked_phone
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.records.messages import LanguageReviewRow, MessageTemplateRow, MessagingRow
from scheduler.reminders import queries
from scheduler.reminders.decency import EARLIEST, LATEST
from scheduler.reminders.kind import FOR_PATIENTS
from scheduler.reminders.known import Messaging
from scheduler.reminders.languages import languages, usual_of
from scheduler.reminders.message import check_template, forbidden_in
from scheduler.reminders.reading import is_easy
from scheduler.reminding.claiming import BY_HAND

LONGEST_LABEL = 24
"""Letters of a label, so that a text message holds it."""
LONGEST_TEXT = 400
RESENT = {"parked", "failed", "uncertain"}


class NotToBeSent(DomainError):
    """A message is in no state in which a person may send it again."""

    code = "not_to_be_sent"

    def __init__(self, state: str) -> None:
        super().__init__(f"This message is {state}; only one that is parked, failed or uncertain can be sent again. Call instead.")
        self.state = state


class TellingLabel(DomainError):
    """A label says what the clinic does."""

    code = "telling_label"

    def __init__(self, word: str) -> None:
        super().__init__(
            f"label: {word!r} tells a stranger too much; name the clinic by something that says nothing, such as Linden Clinic."
        )
        self.word = word


class HardToRead(DomainError):
    """A text is too hard to read."""

    code = "hard_to_read"

    def __init__(self) -> None:
        super().__init__("text: it is harder to read than sixth grade; use short words and short sentences.")


def send_again(db: Db, key: str, *, now: datetime) -> None:
    """Let a message go out that would not by itself; caps, quiet hours and what is true then still hold.

    Raises `NotToBeSent`, `Unknown`.
    """
    row = queries.row_of(db, key)
    if row.state not in RESENT or row.channel == "desk" or row.useful_until <= now:
        raise NotToBeSent(row.state)
    row.state, row.why, row.try_at, row.version = "planned", BY_HAND, now, row.version + 1
    db.flush()


def close_reply(db: Db, key: str, *, by: str, now: datetime) -> None:
    """Somebody dealt with a reply. Raises `Unknown`."""
    row = queries.reply_row(db, key)
    if row.closed_at is None:
        row.closed_at, row.closed_by = now, by
    db.flush()


def set_messaging(db: Db, site: str, wanted: Messaging, *, expected: int | None = None) -> Messaging:
    """Say what a site's messages say of it. Raises `TellingLabel`, `Faulty`, `StaleVersion`, `Unknown`."""
    site_id = rooms_queries.site(db, site).id
    rooms_queries.lock_site(db, site_id)
    before = queries.messagings(db, [site_id]).get(site_id)
    check_version("messaging", expected, before.version if before else 0)
    label = checked_text("label", wanted.label, LONGEST_LABEL)
    if found := forbidden_in(label):
        raise TellingLabel(found[0])
    phone = checked_phone(wanted.phone)
    if not phone:
        raise Faulty("phone", "patients need a number to call")
    if not EARLIEST <= wanted.opens < wanted.closes <= LATEST:
        raise Faulty("opens", "messages go out between 8:00 and 21:00 where the patient is; choose hours within")
    values = {"label": label, "phone": phone, "opens": wanted.opens, "closes": wanted.closes}
    row = queries.messaging_row(db, site_id)
    if row is None:
        db.add(MessagingRow(site_id=site_id, version=1, **values))
    else:
        row.label, row.phone, row.opens, row.closes, row.version = label, phone, wanted.opens, wanted.closes, row.version + 1
    db.flush()
    return queries.messagings(db, [site_id])[site_id]


@dataclass(frozen=True, slots=True)
class NewText:
    """A clinic's own text of one kind of message in one language; `approved_by` is the second person."""

    language: str
    kind: str
    text: str
    approved_by: str = ""


def publish_text(db: Db, site: str, new: NewText, *, by: str, now: datetime) -> int:
    """A clinic's own text of one kind of message, used from now on, also by what is planned. Its number.

    Raises `BadTemplate`, `HardToRead`, `Faulty`, `Unknown`.
    """
    site_id = rooms_queries.site(db, site).id
    rooms_queries.lock_site(db, site_id)
    words = check_text(new)
    number = queries.own_texts(db, [site_id]).get((site_id, new.language, new.kind), (0, ""))[0] + 1
    row = MessageTemplateRow(site_id=site_id, language=new.language, kind=new.kind, number=number, text=words, by=by, at=now)
    row.approved_by = new.approved_by
    db.add(row)
    db.flush()
    return number


def check_text(new: NewText) -> str:
    """A text as it would be kept. Raises `BadTemplate`, `HardToRead`, `Faulty`."""
    _check_language(new.language)
    if new.kind not in FOR_PATIENTS:
        raise Faulty("kind", f"{new.kind!r} is no kind of message; there are {', '.join(FOR_PATIENTS)}")
    words = checked_text("text", new.text, LONGEST_TEXT)
    check_template(words, usual_of(new.language))
    if not is_easy(words, new.language):
        raise HardToRead
    return words


def _check_language(code: str) -> None:
    if code not in languages():
        raise Faulty("language", f"there is no {code!r}; there are {', '.join(languages())}")


@dataclass(frozen=True, slots=True)
class Reader:
    """A named person who has read what patients get in a language, and what makes them able to judge it."""

    language: str
    name: str
    qualification: str


def name_reviewer(db: Db, site: str, reader: Reader, *, by: str, now: datetime) -> None:
    """Note who has read what patients get in a language. Raises `Faulty`, `Unknown`."""
    site_id = rooms_queries.site(db, site).id
    _check_language(reader.language)
    name, can = checked_text("reviewer", reader.name, 200), checked_text("qualification", reader.qualification, 200)
    db.add(LanguageReviewRow(site_id=site_id, language=reader.language, reviewer=name, qualification=can, by=by, at=now))
    db.flush()
