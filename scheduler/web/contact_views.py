"""How a patient is reached, what they allowed, and what was said to them, as it stands on their card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from courses.patients.contact import Channel, Consent, Contact, Opted
from courses.queries import KnownPatient
from courses.queries import reaching as looks
from rooms.base import Db
from scheduler.access.cell import REFUSED, Extent
from scheduler.access.grant import cell_at
from scheduler.reminders import queries
from scheduler.reminders.languages import languages
from scheduler.reminders.reach import Reach, disagreeing_zones, newest_of, reach_of
from scheduler.reminding import queries as desk_queries
from scheduler.web.forms import Typed
from scheduler.web.message_views import CHANNELS, MessageLine, language_words, lines_of
from scheduler.web.pages import Frame
from scheduler.web.rendering import clock_of_minute, phone_words
from scheduler.web.visitor import present_visitor

READS_MESSAGES = "GET /sites/{site}/messages"
SHOWN_LATELY = 5
CONTACT = ("phone", "mail", "language", "zone", "channel", "late_reminder")
CONSENT = ("where", "opted", "evidence")
ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage"),
    *("Pacific/Honolulu", "America/Puerto_Rico"),
)
"""Offered while a zone is typed; any other can be typed too."""


@dataclass(frozen=True, slots=True)
class AddressView:
    """A number or an address, and whether messages may go there. `state` is in, out or empty: nobody has asked."""

    channel: Channel
    words: str
    address: str
    state: str
    evidence: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry of the ledger, on the site's clock."""

    words: str
    address: str
    evidence: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactView:
    """Everything about reaching one patient. `zone_warning` tells where the number usually is, if the clock there is another."""

    contact: Contact
    reach: Reach
    reach_words: str
    language: str
    hours: str
    zone: str
    zone_warning: str
    addresses: tuple[AddressView, ...]
    ledger: tuple[LedgerLine, ...]
    languages: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]
    messages: tuple[MessageLine, ...]
    n_messages: int
    may_read: bool
    asked: dict[str, str]
    consenting: dict[str, str]
    revoking: str


def contact_view(db: Db, frame: Frame, known: KnownPatient, form: Typed | None, now: datetime) -> ContactView:
    """How a patient is reached, with what was typed into a form that was refused."""
    contact = looks.contact(db, known.id) or Contact()
    ledger = looks.consents(db, [address for address in (contact.phone, contact.mail) if address])
    reach, zone = reach_of(contact, ledger), contact.zone or frame.site.site.timezone
    may_read = reads_messages(frame.site.id)
    elsewhere = disagreeing_zones(contact.phone, zone, now)
    return ContactView(
        contact=contact,
        reach=reach,
        reach_words=_reach_words(reach),
        language=language_words(contact.language),
        hours=_hours(db, frame),
        zone=zone,
        zone_warning=" or ".join(elsewhere),
        addresses=tuple(_addresses(contact, ledger, frame)),
        ledger=tuple(_ledger(ledger, frame)),
        languages=tuple((code, language_words(code)) for code in languages()),
        zones=ZONES,
        messages=tuple(lines_of(db, frame, desk_queries.messages_to(db, known.id, SHOWN_LATELY))) if may_read else (),
        n_messages=desk_queries.number_to(db, known.id),
        may_read=may_read,
        asked=form.values(*CONTACT) if form and form.address.endswith("/contact") else _as_kept(contact),
        consenting=form.values(*CONSENT) if form and form.address.endswith("/consents") else dict.fromkeys(CONSENT, ""),
        revoking=form["reason"] if form and form.address.endswith("/links/revoke") else "",
    )


def reads_messages(site_id: int) -> bool:
    """Whether whoever looks at the page may read messages of a site without owing a reason; others see only that there are some."""
    visitor = present_visitor()
    row = visitor.table.row_of(READS_MESSAGES) if visitor else None
    cell = cell_at(visitor.actor, row, site_id) if visitor and row else REFUSED
    return cell.extent is Extent.ALL and not cell.reason


def _reach_words(reach: Reach) -> str:
    if reach.channel is Channel.DESK:
        return f"Somebody calls: {reach.why}."
    return f"By {CHANNELS[reach.channel]} to {phone_words(reach.address)}."


def _hours(db: Db, frame: Frame) -> str:
    messaging = queries.messagings(db, [frame.site.id]).get(frame.site.id)
    return f"{clock_of_minute(messaging.opens)} to {clock_of_minute(messaging.closes)}" if messaging else ""


def _as_kept(contact: Contact) -> dict[str, str]:
    late = "yes" if contact.late_reminder else ""
    values = (phone_words(contact.phone), contact.mail, contact.language, contact.zone, contact.channel.value, late)
    return dict(zip(CONTACT, values, strict=True))


def _addresses(contact: Contact, ledger: Sequence[Consent], frame: Frame) -> list[AddressView]:
    found = []
    for channel in (Channel.SMS, Channel.MAIL):
        if address := contact.address(channel):
            newest = newest_of(ledger, channel, address)
            at = frame.time.local(newest.at) if newest else None
            said = (newest.opted.value, newest.evidence, newest.by) if newest else ("", "", "")
            found.append(AddressView(channel, phone_words(address), address, *said, at))
    return found


def _ledger(ledger: Sequence[Consent], frame: Frame) -> list[LedgerLine]:
    return [
        LedgerLine(
            "Opted in" if each.opted is Opted.IN else "Opted out",
            phone_words(each.address),
            each.evidence,
            each.by,
            frame.time.local(each.at),
        )
        for each in reversed(ledger)
    ]
