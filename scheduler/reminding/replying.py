"""What patients write back: to be left alone counts at once, the rest lands in the inbox, and what is clear is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses import reaching
from courses.patients.contact import Channel, Opted
from courses.queries import reaching as looks
from courses.reaching import Agreement, Answered
from rooms.base import Db, NewId
from scheduler.records.messages import MessageReplyRow
from scheduler.reminders import queries
from scheduler.reminders.languages import language
from scheduler.reminders.message import filled, plain
from scheduler.reminders.opt_out import Meaning, meaning_of
from scheduler.reminding.taking import take_offer

BY = "reply"
LONGEST = 1600
ANSWERED = {
    Meaning.STOP: "stopped",
    Meaning.CANCEL: "cancel",
    Meaning.START: "started",
    Meaning.HELP: "help",
    Meaning.CONFIRM: "confirmed",
    Meaning.ASK: "asked",
    Meaning.OTHER: "other",
}
NEEDS_NOBODY = {Meaning.STOP, Meaning.START, Meaning.HELP, Meaning.CONFIRM}
"""What is dealt with by itself. `cancel`, `ask` and everything else waits for a person."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came in: from which number, the gateway's id of it, the words."""

    address: str
    event: str
    body: str


def take_reply(db: Db, incoming: Incoming, *, now: datetime, new_id: NewId) -> str:
    """Take what somebody wrote back; the answer to it, empty for none. One that came in already is not answered again."""
    event = f"sms:{incoming.event}"[:120]
    if queries.has_reply(db, event):
        return ""
    meaning = meaning_of(incoming.body)
    whose = looks.patients_at(db, Channel.SMS, incoming.address)
    was_out = _is_out(db, incoming.address)
    if meaning in {Meaning.STOP, Meaning.CANCEL, Meaning.START}:
        _opt(db, incoming, Opted.IN if meaning is Meaning.START else Opted.OUT, whose, now)
    word = ""
    if meaning is Meaning.CONFIRM and not was_out and len(whose) == 1:
        word = take_offer(db, incoming.address, now=now, new_id=new_id)
    if meaning in {Meaning.CONFIRM, Meaning.ASK} and not was_out and not word:
        meaning = _answer_visit(db, whose, meaning, now)
    known = [(None, site_id) for site_id in queries.sites_known_to(db, incoming.address)] if not whose else []
    owners: list[tuple[int | None, int | None]] = [*whose, *known] or [(None, None)]
    for n, (patient_id, site_id) in enumerate(owners):
        db.add(
            MessageReplyRow(
                public_id=new_id("y_"),
                site_id=site_id,
                patient_id=patient_id,
                channel=Channel.SMS,
                address=incoming.address,
                event=f"{event}:{n}" if n else event,
                body=incoming.body[:LONGEST].replace("\x00", ""),
                meaning=meaning,
                at=now,
                closed_at=now if meaning in NEEDS_NOBODY else None,
                closed_by=BY if meaning in NEEDS_NOBODY else "",
            )
        )
    db.flush()
    is_silent = was_out and meaning not in {Meaning.START, Meaning.HELP}  # who was left alone is not written to again
    return "" if is_silent else _answer(db, whose, word or ANSWERED[meaning])


def _is_out(db: Db, address: str) -> bool:
    newest = [each for each in looks.consents(db, [address]) if each.channel is Channel.SMS]
    return bool(newest) and newest[-1].opted is Opted.OUT


def _opt(db: Db, incoming: Incoming, opted: Opted, whose: tuple[tuple[int, int], ...], now: datetime) -> None:
    evidence = f"reply {incoming.event}: {incoming.body[:200]}".replace("\x00", "")
    agreement = Agreement(Channel.SMS, incoming.address, opted, evidence)
    patients: list[int | None] = [each for each, _ in whose]
    for patient_id in patients or [None]:
        reaching.write_consent(db, patient_id, agreement, by=BY, now=now)


def _answer_visit(db: Db, whose: tuple[tuple[int, int], ...], meaning: Meaning, now: datetime) -> Meaning:
    """Confirm, or ask about, the next visit; where there is none, or the number is several patients', a person has to look."""
    visit = looks.next_visit(db, [each for each, _ in whose], now=now) if len(whose) == 1 else None
    if visit is None:
        return Meaning.OTHER
    answer = "confirmed" if meaning is Meaning.CONFIRM else "asked"
    reaching.record_answer(db, Answered(*visit, answer, BY), by=BY, now=now)
    return meaning


def _answer(db: Db, whose: tuple[tuple[int, int], ...], word: str) -> str:
    if not whose:
        return ""
    patient_id, site_id = whose[0]
    messaging, contact = queries.messagings(db, [site_id]).get(site_id), looks.contact(db, patient_id)
    if messaging is None:
        return ""
    spoken = language(contact.language if contact else "en")
    return plain(filled(spoken.answers[word], {"label": messaging.label, "phone": messaging.phone}))
