"""What is shown to a patient who comes by a link: before the birth date no more than a name, a time and a neutral place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses.plans.ongoing.moving import Alternative
from scheduler.access.link_token import nonce
from scheduler.calendars import Entry, Publisher, calendar, entry_of
from scheduler.linking import Opened
from scheduler.patient_page import PageWords, page_languages, page_words
from scheduler.reminders.message import when_text


@dataclass(frozen=True)
class Private:
    """What only those see who know the birth date. `ride` and `fasting`: whether it was promised; None where it is not asked."""

    kind: str
    prepare: tuple[str, ...]
    ride: bool | None
    fasting: bool | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An opening that a patient may take."""

    value: str
    when: str


@dataclass(frozen=True)
class PatientView:
    """The page of one visit. `state`: ahead, near (somebody has to be called to change it), begun, over or off."""

    words: PageWords
    base: str
    name: str
    when: str
    place: str
    phone: str
    state: str
    is_confirmed: bool
    tries: int
    nonce: str
    notice: str
    is_trouble: bool
    other: str
    """The code of the other language."""
    writes_so: bool
    """Whether messages come in the language of this page already."""
    offer: OfferView | None
    """A place that is kept for the visit; `value` is until when."""
    private: Private | None

    def address(self, part: str = "") -> str:
        """An address of this page, in its language."""
        return f"{self.base}{part}?lang={self.words.code}"


TROUBLES = {"wrong", "over", "late", "taken", "press", "stale"}
"""What did not come about."""


def words_for(found: Opened, asked: str) -> PageWords:
    """The words in the language that was asked for, or the patient's."""
    return page_words(asked if asked in page_languages() else found.contact.language)


def patient_view(found: Opened, token: str, *, now: datetime, asked: str = "", done: str = "", is_proven: bool = False) -> PatientView:
    """The page of a visit as it is now. `done` is what came of the form that was sent last."""
    words, visit = words_for(found, asked), found.visit
    other = next(code for code in page_languages() if code != words.code)
    state, is_confirmed = _state(found, now), bool(visit and "confirmed" in visit.answers and visit.asked_at is None)
    is_true = {"cancelled": state == "off", "confirmed": is_confirmed}.get(done, True)  # whatever the address was made to say
    is_said = f"done_{done}" in words.texts and is_true
    return PatientView(
        words,
        f"/v/{token}",
        found.patient.given_name,
        when_text(found.visit_at, found.zone, words.dates, home=found.site),
        found.messaging.label,
        found.messaging.phone,
        state,
        is_confirmed,
        found.tries if found.patient.born_on else 0,
        nonce(token, found.seen(), now=now),
        words.say(f"done_{done}", tries=found.tries) if is_said else "",
        done in TROUBLES,
        other,
        page_words(found.contact.language).code == words.code,
        _kept(found, words, now),
        _private(found, words) if is_proven else None,
    )


def _kept(found: Opened, words: PageWords, now: datetime) -> OfferView | None:
    offer = found.offer(now)
    if offer is None:
        return None
    until, when = (when_text(at, found.zone, words.dates, home=found.site) for at in (offer.hold_until, offer.starts_at))
    return OfferView(until, when)


def _state(found: Opened, now: datetime) -> str:
    if found.is_off():
        return "off"
    if found.is_ahead(now):
        return "ahead" if found.may_change(now) else "near"
    return "begun" if found.site.date_of(now) == found.site.date_of(found.visit_at) else "over"


def _private(found: Opened, words: PageWords) -> Private:
    modality, preparation = found.course.modality, found.preparation
    answers = found.visit.answers if found.visit else frozenset[str]()
    return Private(
        words.kind(modality),
        words.prepare(modality),
        "ride" in answers if preparation and preparation.escort else None,
        "fasting" in answers if preparation else None,
    )


def offer_views(found: Opened, offered: list[Alternative], words: PageWords) -> list[OfferView]:
    """The openings as they are told in a language."""
    return [
        OfferView(each.interval.starts_at.isoformat(), when_text(each.interval.starts_at, found.zone, words.dates, home=found.site))
        for each in offered
    ]


def visit_file(found: Opened) -> bytes:
    """The visit as a calendar file."""
    return calendar(_entries(found, only=found.link.session_id), _publisher(found))


def course_file(found: Opened) -> bytes:
    """All visits of the course as a calendar file that is looked at now and then."""
    return calendar(_entries(found), _publisher(found), subscribed=True)


def _publisher(found: Opened) -> Publisher:
    return Publisher(found.site, found.messaging.label, found.messaging.phone, page_words(found.contact.language).texts["event"])


def _entries(found: Opened, only: int | None = None) -> list[Entry]:
    shown = [each for each in found.course.visits if only == each.session_id or (only is None and each.starts_at is not None)]
    entries = [entry_of(each, found.link.visit_at, found.link.created_at) for each in shown]
    return sorted(entries, key=lambda each: (each.starts_at, each.key))
