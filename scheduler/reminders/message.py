"""The words of a message: filled in from what is true, measured in the letters of a text message, searched for what must not be said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from courses.patients.contact import Channel
from rooms.availability.hours import SiteTime
from rooms.errors import DomainError

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Letters of the GSM alphabet, those that take the place of two beside."""
ONE_SEGMENT, LONG_SEGMENT = 160, 153
WIDE_SEGMENT, WIDE_LONG_SEGMENT = 70, 67
LEFT_OUT = ((), ("name",), ("name", "days"))
"""What is left out of a text message that is too long, one after another."""
FIELD = re.compile(r"\{(\w+)\}")
FIELDS = frozenset({"label", "name", "when", "days", "count", "phone", "link", "reply", "stop", "until", "take"})
FORBIDDEN = (
    *("ketamin", "esketamin", "spravato", "tms", "ect", "rtms", "transcranial", "magnetic", "stimulat", "estimulac", "electro", "convuls"),
    *("shock", "psych", "psiqui", "psico", "depress", "depres", "suicid", "bipolar", "anxiety", "ansiedad", "mental", "behavior", "therap"),
    *("terapia", "anesthe", "anestes", "infusion", "nasal", "spray", "drug", "medicament", "medicina", "opioid", "addict", "adicc"),
    *("treatment", "tratamiento", "diagnos", "dose", "dosis", "chair", "vns", "dbs", "neuro", "seizure", "ocd", "trauma", "ptsd", "rehab"),
)
"""Beginnings of words that tell a stranger what somebody is treated for; of three letters and fewer, whole words."""
SHORT = 4


class BadTemplate(DomainError):
    """A text cannot be used as a message."""

    code = "bad_template"

    def __init__(self, sentence: str) -> None:
        super().__init__(f"text: {sentence}")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text message is: septets (or, with `strange` letters, 16-bit letters), and how many segments it is sent in."""

    letters: int
    segments: int
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """A message ready to go: `subject` is that of a mail."""

    subject: str
    text: str


def length_of(text: str) -> Length:
    """How long a text is as a text message."""
    strange = tuple(dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in EXTENDED))
    if strange:
        letters = len(text.encode("utf-16-be")) // 2
        return Length(letters, 1 if letters <= WIDE_SEGMENT else -(-letters // WIDE_LONG_SEGMENT), strange)
    letters = len(text) + sum(letter in EXTENDED for letter in text)
    return Length(letters, 1 if letters <= ONE_SEGMENT else -(-letters // LONG_SEGMENT))


def plain(text: str) -> str:
    """The text in letters of the GSM alphabet: accents that it does not have are left away, and what is no letter at all too."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    without = "".join(each for each in unicodedata.normalize("NFKD", letter) if each in BASIC)
    return without or {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u202f": " ", "\xa0": " "}.get(letter, "")


def forbidden_in(text: str) -> tuple[str, ...]:
    """The words of a text that must not stand in a message."""
    folded = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return tuple(word for word in re.findall(r"[a-z]+", folded) if _is_forbidden(word))


def _is_forbidden(word: str) -> bool:
    return any(word == stem if len(stem) < SHORT else word.startswith(stem) for stem in FORBIDDEN)


def check_template(text: str, usual: Mapping[str, str]) -> None:
    """Raises `BadTemplate` for a text with a field that is not there, with a word that must not be said, or too long for one segment."""
    strange = sorted(set(FIELD.findall(text)) - FIELDS)
    if strange:
        raise BadTemplate(f"there is no field {{{strange[0]}}}; there are {', '.join(sorted(FIELDS))}")
    if "{stop}" not in text:
        raise BadTemplate("it has to say how to get no more of them; put {stop} at its end")
    if found := forbidden_in(FIELD.sub(" ", text)):
        raise BadTemplate(f"{found[0]!r} tells a stranger too much; leave it out")
    length = length_of(filled(text, usual))
    if length.strange:
        raise BadTemplate(f"{length.strange[0]!r} makes it three times as long as a text message; write it without")
    if length.segments > 1:
        raise BadTemplate(f"filled in as usual it has {length.letters} letters; {ONE_SEGMENT} are the most")


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its fields filled in; what is not known leaves no gap."""
    words = FIELD.sub(lambda match: facts.get(match[1], ""), text)
    return re.sub(r" +([.,!?])", r"\1", re.sub(r"[ \t]+", " ", words)).strip()


def render(channel: Channel, template: Mapping[str, str], tails: Mapping[str, Mapping[str, str]], facts: Mapping[str, str]) -> Words:
    """A message's words. A text message is kept to one segment: what makes it longer is left out.

    With a link in `facts`, it is the text `linked`, which leaves to the page what stands there; where even that is too long without a name,
    a list of days or what to reply, it is the usual text without the link.
    """
    if channel is not Channel.SMS:
        return Words(filled(template["subject"], facts), _with_tails(template["text"], tails["mail"], facts))
    has_link = bool(facts.get("link")) and "linked" in template
    text = ""
    if has_link:
        short = {**tails["linked"], "reply": "", "take": ""}
        for left_out, said in (*((each, tails["linked"]) for each in LEFT_OUT), (LEFT_OUT[-1], short)):
            text = plain(_with_tails(template["linked"], said, {**facts, **dict.fromkeys(left_out, "")}))
            if length_of(text).segments == 1:
                return Words("", text)
    for left_out in LEFT_OUT:
        text = plain(_with_tails(template["text"], tails["sms"], {**facts, **dict.fromkeys((*left_out, "link"), "")}))
        if length_of(text).segments == 1:
            break
    return Words("", text)


def _with_tails(text: str, tails: Mapping[str, str], facts: Mapping[str, str]) -> str:
    return filled(text, {**facts, **{name: filled(tail, facts) for name, tail in tails.items()}})


def when_text(instant: datetime, zone: SiteTime, words: Mapping[str, object], *, home: SiteTime) -> str:
    """`Tue, Dec 1, 9:00 AM`, with the zone's word where the patient's clock shows another time than the clinic's."""
    local = home.local(instant)
    date_words = _listed(words["weekdays"])[local.weekday()], _listed(words["months"])[local.month - 1]
    day = str(words["date"]).format(weekday=date_words[0], month=date_words[1], day=local.day)
    differs = zone.local(instant).utcoffset() != local.utcoffset()
    return f"{day}, {clock_text(instant, home, words)}{f' {local.tzname()}' if differs else ''}"


def clock_text(instant: datetime, home: SiteTime, words: Mapping[str, object]) -> str:
    """The time of day as the language writes it."""
    local = home.local(instant)
    if words.get("clock") == 24:
        return f"{local.hour}:{local.minute:02d}"
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def days_text(instants: Iterable[datetime], home: SiteTime, words: Mapping[str, object]) -> str:
    """A week's visits in a few letters: `Mon-Fri 9:00 AM`, or each day with its first time."""
    firsts: dict[int, str] = {}
    for instant in sorted(instants):
        firsts.setdefault(home.local(instant).weekday(), clock_text(instant, home, words))
    names = _listed(words["weekdays"])
    if len(set(firsts.values())) > 1:
        return ", ".join(f"{names[day]} {at}" for day, at in firsts.items())
    days, at = list(firsts), next(iter(firsts.values()), "")
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    listed = f"{names[days[0]]}-{names[days[-1]]}" if in_a_row else ", ".join(names[day] for day in days)
    return f"{listed} {at}"


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
