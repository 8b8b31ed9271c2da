"""How somebody is reached, or why only a call reaches them; and whether their number and their zone fit together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from courses.patients.area_codes import zones_of
from courses.patients.contact import Channel, Consent, Contact, Opted
from rooms.availability.hours import SiteTime

HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Reach:
    """The channel and address of somebody's messages. On channel `desk` nothing goes out, and `why` says why."""

    channel: Channel
    address: str = ""
    why: str = ""


def reach_of(contact: Contact | None, consents: Sequence[Consent]) -> Reach:
    """How somebody is reached; `consents` are the entries about their addresses."""
    if contact is None or not (contact.phone or contact.mail):
        return Reach(Channel.DESK, why="no number or address is known")
    if contact.channel is Channel.DESK:
        return Reach(Channel.DESK, why="wants to be called")
    liked = dict.fromkeys((contact.channel, Channel.SMS, Channel.MAIL))
    newest = {channel: newest_of(consents, channel, contact.address(channel)) for channel in liked}
    for channel, consent in newest.items():
        if consent is not None and consent.opted is Opted.IN:
            return Reach(channel, contact.address(channel))
    has_left = any(consent is not None for consent in newest.values())
    return Reach(Channel.DESK, why="has opted out" if has_left else "never said that messages are welcome")


def newest_of(consents: Sequence[Consent], channel: Channel, address: str) -> Consent | None:
    """The entry about an address that counts."""
    found = [each for each in consents if address and each.channel is channel and each.address == address]
    return sorted(found, key=lambda each: each.at)[-1] if found else None


def disagreeing_zones(number: str, zone: str, now: datetime) -> tuple[str, ...]:
    """Where a number usually is, if the clock there shows another time than in the zone, now or in half a year; else nothing."""
    usual = zones_of(number)
    return () if not usual or any(_same_clock(each, zone, now) for each in usual) else usual


def _same_clock(one: str, other: str, now: datetime) -> bool:
    return all(SiteTime(one).local(at).utcoffset() == SiteTime(other).local(at).utcoffset() for at in (now, now + HALF_A_YEAR))
