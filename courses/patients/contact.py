"""How a patient is reached, and what they have allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.errors import Faulty

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
COUNTRY = "+1"
"""What a number of ten digits is completed with."""


class Channel(StrEnum):
    """By what a message goes out. `desk` is none: somebody of the clinic calls."""

    SMS = "sms"
    MAIL = "mail"
    DESK = "desk"


class Opted(StrEnum):
    """What an entry of the consent ledger says."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Contact:
    """A patient's phone, e-mail, language and zone (empty: the site's), and what they would rather be reached by.

    `late_reminder` asks for one more message two hours before a visit that is not confirmed. `number` counts the versions.
    """

    phone: str = ""
    mail: str = ""
    language: str = "en"
    zone: str = ""
    channel: Channel = Channel.SMS
    late_reminder: bool = False
    number: int = 0
    since: datetime | None = None

    def address(self, channel: Channel) -> str:
        """The address on a channel; empty where there is none."""
        return {Channel.SMS: self.phone, Channel.MAIL: self.mail, Channel.DESK: ""}[channel]


@dataclass(frozen=True, slots=True)
class Consent:
    """One entry of the ledger: an address on a channel was opted in or out, with the evidence of it."""

    channel: Channel
    address: str
    opted: Opted
    evidence: str
    by: str
    at: datetime


def checked_phone(text: str) -> str:
    """A number as +15551234567; empty for none. Raises `Faulty`."""
    digits = re.sub(r"[\s().-]", "", text)
    if not digits:
        return ""
    number = digits if digits.startswith("+") else f"{COUNTRY}{digits.removeprefix('1') if len(digits) == 11 else digits}"
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", number) or (number.startswith(COUNTRY) and not re.fullmatch(r"\+1[2-9]\d{9}", number)):
        raise Faulty("phone", "this is no phone number; write it as 555 123 4567, or with the country as +34 600 000 000")
    return number


def checked_mail(text: str) -> str:
    """An e-mail address in small letters; empty for none. Raises `Faulty`."""
    address = text.strip().lower()
    if address and (len(address) > 254 or not MAIL.fullmatch(address)):
        raise Faulty("mail", "this is no e-mail address; write it as name@example.org")
    return address


def checked_language(text: str) -> str:
    """A language as en, es or pt-BR. Raises `Faulty`."""
    if not LANGUAGE.fullmatch(text):
        raise Faulty("language", "write a language as its short code, such as en or es")
    return text
