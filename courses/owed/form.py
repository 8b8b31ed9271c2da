"""A monitoring form: what stands in each field, taken from what was written down and from nothing else.

A field for which nothing was written down is empty and says so; whoever sends the form fills it in by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from courses.checklists.entry import Answer, DeviceAnswer
from courses.checklists.item import Item, ItemKind
from courses.owed.adverse import AdverseEvent
from courses.owed.enrollment import Enrollment, Setting
from courses.owed.fields import FIELDS, PRESSURE, Field
from courses.patients.patient import Patient
from rooms.availability.hours import SiteTime

NO = {"no", "none", "absent"}
"""Choices that say that there was nothing."""
AT_40 = (timedelta(minutes=20), timedelta(minutes=60))
"""How long after the last device a reading still counts as the one at 40 minutes."""
FORTY = timedelta(minutes=40)
EVER = {"sedation", "dissociation", "respiratory_depression", "serious_adverse_event"}
"""Fields that ask whether something was ever there, however often it was looked for."""
EACH = {"oximetry"}
"""Fields into which every reading goes."""
FROM_DEVICES = {"dose", "lot"}
"""Fields that the devices answer that were given; what was ordered is told beside them."""


class FormStatus(StrEnum):
    """owed -> submitted, owed again when the record changed; void when the dose turned out not to have been given, and nothing was sent."""

    OWED = "owed"
    SUBMITTED = "submitted"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that stands: to which item, when it was observed, and which entry says so."""

    item: Item
    value: Answer
    observed_at: datetime
    entry: str


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a form is told from."""

    patient: Patient
    given: Sequence[Given]
    time: SiteTime
    setting: Setting = field(default_factory=Setting)
    enrollment: Enrollment | None = None
    treated_before: bool = False
    """Whether a dose of this program was given here before."""
    monitor: str = ""
    """Who signed as the one who watched."""
    first_dose: datetime | None = None
    last_dose: datetime | None = None
    released_at: datetime | None = None
    events: Sequence[AdverseEvent] = ()


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What stands in one field: a text, and the entries (public ids) that say so. Empty: nobody wrote it down."""

    field: Field
    text: str = ""
    entries: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether somebody has still to find it out."""
        return self.field.required and not self.text


@dataclass(frozen=True, slots=True)
class Submission:
    """That somebody sent the form: when, how, with which confirmation, and of which record."""

    submitted_at: datetime
    recorded_at: datetime
    how: str
    confirmation: str
    by_name: str
    digest: str


@dataclass(frozen=True, slots=True)
class MonitoringForm:
    """A form with all that is known of it. `digest` is that of the record as it is now; `least_minutes` the shortest watch allowed."""

    id: str
    session: str
    session_number: int
    program: str
    site_name: str
    patient: Patient
    dose_on: date
    due_at: datetime
    status: FormStatus
    answers: tuple[FormAnswer, ...]
    digest: str
    submissions: tuple[Submission, ...] = ()
    total_minutes: int | None = None
    least_minutes: int = 0
    has_dose: bool = True
    version: int = 1

    @property
    def missing(self) -> tuple[FormAnswer, ...]:
        """The fields that are marked as required and stand empty."""
        return tuple(answer for answer in self.answers if answer.is_missing)

    @property
    def is_too_short(self) -> bool:
        """Whether less was watched than the program asks for."""
        return self.total_minutes is not None and self.total_minutes < self.least_minutes

    @property
    def is_owed_again(self) -> bool:
        """Whether it was sent, and the record changed afterwards."""
        return self.status is FormStatus.OWED and bool(self.submissions)


def next_status(status: FormStatus, *, has_dose: bool, digest: str, sent: str | None) -> FormStatus:
    """What becomes of a form once something was written down at its session.

    `digest` is that of the record now, `sent` that of the record when the form was sent last (None: never). One that is owed stays so until
    somebody sends it.
    """
    if sent is None:
        return FormStatus.OWED if has_dose else FormStatus.VOID
    return FormStatus.OWED if sent != digest else status


def filled(sources: Sources) -> tuple[FormAnswer, ...]:
    """Every field of the form with what the record says."""
    by_field: dict[str, list[Given]] = {}
    for given in sorted(sources.given, key=lambda each: each.observed_at):
        by_field.setdefault(given.item.form_field, []).append(given)
    return tuple(_answer(each, by_field, sources) for each in FIELDS)


def minutes_watched(sources: Sources) -> int | None:
    """Whole elapsed minutes from the first device to the release; None as long as one of them has not happened."""
    if sources.first_dose is None or sources.released_at is None:
        return None
    return int((sources.released_at.astimezone(UTC) - sources.first_dose.astimezone(UTC)).total_seconds() // 60)


def record_digest(sources: Sources) -> str:
    """SHA-256 of everything that was written down and goes into a form: entries that stand, the release, untoward events."""
    readings = sorted([each.entry, each.item.code, _plain(each.value), _instant(each.observed_at)] for each in sources.given)
    events = sorted(
        [each.id, each.kind, str(each.is_serious), _instant(each.began_at), _instant(each.resolved_at), each.description]
        for each in sources.events
    )
    text = json.dumps([readings, events, _instant(sources.released_at)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _answer(asked: Field, by_field: Mapping[str, Sequence[Given]], sources: Sources) -> FormAnswer:
    """What was entered for a field; else what follows from the record."""
    code, given = asked.code, by_field.get(asked.code, ())
    if code.startswith("pressure_"):
        return FormAnswer(asked, *_last_pressure(given or _of_time(code, by_field.get(PRESSURE, ()), sources)))
    if not given and (course := _course_of(code, by_field, sources.time)) is not None:
        return FormAnswer(asked, *course)
    told = TOLD[code](sources) if code in TOLD else ""
    entries = tuple(each.entry for each in given)
    if not given or code in FROM_DEVICES:
        return FormAnswer(asked, told, entries)
    entered = _together(code, given, sources.time)
    if code == "serious_adverse_event":
        return FormAnswer(asked, "yes" if told == "yes" else entered, entries)
    if code == "serious_adverse_events":
        return FormAnswer(asked, "; ".join(each for each in (entered, told) if each), entries)
    return FormAnswer(asked, entered, entries)


def _together(code: str, given: Sequence[Given], time: SiteTime) -> str:
    """Several readings of one field: yes if it ever was so; each with its time; everything that was told; else what was answered last."""
    if code in EVER:
        return "yes" if any(_says_yes(each) for each in given) else "no"
    if code in EACH:
        return "; ".join(f"{answer_text(each.item, each.value, time)} at {time.local(each.observed_at):%H:%M}" for each in given)
    texts = [answer_text(each.item, each.value, time) for each in given]
    return "; ".join(dict.fromkeys(texts)) if given[-1].item.kind is ItemKind.TEXT else texts[-1]


def answer_text(item: Item, value: Answer, time: SiteTime) -> str:
    """An answer as a form has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, DeviceAnswer):
        return f"{value.units} × {value.product}, lot {value.lot}"
    if isinstance(value, datetime):
        return f"{time.local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, int | float):
        return f"{value:g} {item.unit}".strip()
    return "" if value is None else value


def _last_pressure(given: Sequence[Given]) -> tuple[str, tuple[str, ...]]:
    """The pressure that was read last of these: systolic over diastolic, as far as both were read at that time."""
    last = [each for each in given if each.observed_at == given[-1].observed_at]
    return "/".join(f"{each.value:g}" for each in last if isinstance(each.value, int | float)), tuple(each.entry for each in last)


def _of_time(code: str, given: Sequence[Given], sources: Sources) -> list[Given]:
    """Of the pressures that were read, those that belong to the field."""
    first, last = sources.first_dose, sources.last_dose
    if first is None or last is None:
        return list(given) if code == "pressure_before" else []
    if code == "pressure_before":
        return [each for each in given if each.observed_at <= first]
    near = [each for each in given if AT_40[0] <= each.observed_at - last <= AT_40[1]]
    if code == "pressure_at_40":
        best = min((abs(each.observed_at - last - FORTY) for each in near), default=None)
        return [each for each in near if abs(each.observed_at - last - FORTY) == best][:2]
    later = [each for each in given if each.observed_at > last and each not in near]
    return later if sources.released_at is not None else []


def _course_of(code: str, by_field: Mapping[str, Sequence[Given]], time: SiteTime) -> tuple[str, tuple[str, ...]] | None:
    """When something began or was over, where the readings of whether it was there tell it."""
    what, _, which = code.rpartition("_")
    if what not in {"sedation", "dissociation"} or which not in {"onset", "resolved"}:
        return None
    readings = list(by_field.get(what, ()))
    there = [place for place, each in enumerate(readings) if _says_yes(each)]
    if not there:
        return "", ()
    after = readings[there[-1] + 1 :]
    found = readings[there[0]] if which == "onset" else after[0] if after else None
    return (f"{time.local(found.observed_at):%H:%M}", (found.entry,)) if found else ("", ())


def _says_yes(given: Given) -> bool:
    return given.value is True or (isinstance(given.value, str) and given.value.casefold() not in NO)


def _devices(sources: Sources) -> Iterator[DeviceAnswer]:
    return (each.value for each in sorted(sources.given, key=lambda one: one.observed_at) if isinstance(each.value, DeviceAnswer))


def _dose(sources: Sources) -> str:
    """What was given, and what was ordered; what was ordered alone was not given."""
    units: dict[str, int] = {}
    for device in _devices(sources):
        units[device.product] = units.get(device.product, 0) + device.units
    given = "; ".join(f"{count} × {product}" for product, count in units.items())
    ordered = [each for each in sources.given if each.item.form_field == "dose" and not isinstance(each.value, DeviceAnswer)]
    if not given or not ordered:
        return given
    last = max(ordered, key=lambda each: each.observed_at)
    return f"{given} (ordered: {answer_text(last.item, last.value, sources.time)})"


def _total(sources: Sources) -> str:
    minutes = minutes_watched(sources)
    return "" if minutes is None else str(minutes)


def _enrolled(sources: Sources) -> str:
    enrollment = sources.enrollment
    return "" if enrollment is None else f"yes, {enrollment.number}".removesuffix(", ")


def _serious(sources: Sources) -> str:
    """Yes for what was noted; no only once the patient has gone and nothing was."""
    if any(event.is_serious for event in sources.events):
        return "yes"
    return "none was noted" if sources.released_at is not None else ""


def _serious_events(sources: Sources) -> str:
    serious = sorted((event for event in sources.events if event.is_serious), key=lambda event: (event.began_at, event.id))
    return "; ".join(f"{event.words} at {sources.time.local(event.began_at):%Y-%m-%d %H:%M}: {event.description}" for event in serious)


def _plain(value: Answer) -> str:
    if isinstance(value, DeviceAnswer):
        return f"{value.product}\n{value.lot}\n{value.units}"
    return _instant(value) if isinstance(value, datetime) else repr(value)


def _instant(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).isoformat()


TOLD: dict[str, Callable[[Sources], str]] = {
    "first_name": lambda known: known.patient.given_name,
    "middle_name": lambda known: known.enrollment.middle_name if known.enrollment else "",
    "last_name": lambda known: known.patient.family_name,
    "birth_date": lambda known: str(known.patient.born_on or ""),
    "sex": lambda known: known.enrollment.sex if known.enrollment else "",
    "first_treatment": lambda known: "no" if known.treated_before else "",
    "enrolled": _enrolled,
    "monitor_name": lambda known: known.monitor,
    "monitor_telephone": lambda known: known.setting.telephone,
    "monitor_email": lambda known: known.setting.email,
    "setting_name": lambda known: known.setting.name,
    "setting_address": lambda known: known.setting.address,
    "setting_address_more": lambda known: known.setting.address_more,
    "setting_city": lambda known: known.setting.city,
    "setting_state": lambda known: known.setting.state,
    "setting_postal_code": lambda known: known.setting.postal_code,
    "session_date": lambda known: str(known.time.date_of(known.first_dose)) if known.first_dose else "",
    "dose": _dose,
    "lot": lambda known: "; ".join(dict.fromkeys(device.lot for device in _devices(known))),
    "total_minutes": _total,
    "serious_adverse_event": _serious,
    "serious_adverse_events": _serious_events,
}
"""What follows from the record where no item asks for it."""
