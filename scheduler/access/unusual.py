"""What looks unusual in a week of the audit trail: a list for a person to judge, never a judgement.

Somebody is *singled out* by a look at few patients at once; a board or a list shows many, and says nothing of any of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

FEW = 3
"""So many patients at once are singled out."""
MANY = 25
"""Whoever singles out more patients than this within an hour works through a list."""
TRIES = 3
"""So often may somebody be refused a patient's record in a week before it is told."""
NEAR = timedelta(days=1)
"""How far from today a visit may be for its patient to be on today's list."""
AN_HOUR = timedelta(hours=1)


class Kind(StrEnum):
    """Why something is on the list; the gravest first."""

    BREAK_GLASS = "break_glass"
    OVERRIDE = "override"
    SELF = "self"
    SAME_SURNAME = "same_surname"
    COLLEAGUE = "colleague"
    REFUSED = "refused"
    MANY = "many"
    AFTER_HOURS = "after_hours"
    NOT_ON_LIST = "not_on_list"


WORDS = {
    Kind.BREAK_GLASS: "Broke the glass",
    Kind.OVERRIDE: "Went on with a reason or a second person",
    Kind.SELF: "Looked at a patient of their own name",
    Kind.SAME_SURNAME: "Same family name as the patient",
    Kind.COLLEAGUE: "The patient has a colleague's name",
    Kind.REFUSED: "Was refused patients' records",
    Kind.MANY: f"More than {MANY} patients in an hour",
    Kind.AFTER_HOURS: "After hours",
    Kind.NOT_ON_LIST: "The patient was not on the list of that day",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody's name, as far as it tells two people apart or does not."""

    given: str
    family: str

    def shares_family_name(self, other: Named) -> bool:
        """Whether a part of the family names is the same, however it is written."""
        return bool(_parts(self.family) & _parts(other.family))

    def may_be(self, other: Named) -> bool:
        """Whether it may be the same person."""
        return self.shares_family_name(other) and bool(_parts(self.given) & _parts(other.given))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here, and the patients of the visits that are booked with them."""

    name: Named
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Treated:
    """A patient, and the local days of their visits."""

    name: Named
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Access:
    """One event, as far as it matters here; `at` is local. `changes` tells a change from a look, `second` that a second person approved."""

    seq: int
    at: datetime
    actor: str
    patients: tuple[str, ...]
    is_refused: bool = False
    changes: bool = False
    breaks_glass: bool = False
    reason: str = ""
    second: bool = False

    @property
    def singled_out(self) -> tuple[str, ...]:
        """The patients, if they are few."""
        return self.patients if len(self.patients) <= FEW and not self.is_refused else ()


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to judge: why, who, about what (a patient's public id, or a day), the events from first to last, and the reason given."""

    kind: Kind
    actor: str
    about: str
    first: Access
    last: Access
    number: int

    def id(self, week: str) -> str:
        """The same for the same thing, however often it is looked up."""
        return hashlib.sha256(f"{week} {self.kind} {self.actor} {self.about}".encode()).hexdigest()[:32]

    @property
    def reason(self) -> str:
        """What was given as a reason, first."""
        return self.first.reason or self.last.reason


@dataclass(frozen=True, slots=True)
class Week:
    """Who works here, who is treated here, and whether the clinic is at work at a local time."""

    members: Mapping[str, Member]
    patients: Mapping[str, Treated]
    is_at_work: Callable[[datetime], bool]


def unusual(accesses: Sequence[Access], week: Week) -> list[Flag]:
    """Everything unusual in these events, the gravest first; each thing once, however often it happened."""
    found: dict[tuple[Kind, str, str], list[Access]] = defaultdict(list)
    worked_for = {
        (each.actor, patient, each.at.date()) for each in accesses if each.changes and not each.is_refused for patient in each.patients
    }
    for each in accesses:
        for kind, about in _signs(each, week, worked_for):
            found[kind, each.actor, about].append(each)
    for actor, many in _many(accesses):
        found[Kind.MANY, actor, many[0].at.date().isoformat()] = many
    flags = [Flag(kind, actor, about, some[0], some[-1], len(some)) for (kind, actor, about), some in found.items()]
    kept = [flag for flag in flags if flag.kind is not Kind.REFUSED or flag.number >= TRIES]
    order = list(Kind)
    return sorted(kept, key=lambda flag: (order.index(flag.kind), flag.actor, flag.about))


def _signs(each: Access, week: Week, worked_for: set[tuple[str, str, date]]) -> Iterator[tuple[Kind, str]]:
    day = each.at.date().isoformat()
    if each.is_refused:
        yield Kind.REFUSED, ""
        return
    if each.breaks_glass:
        yield Kind.BREAK_GLASS, day
    elif each.reason or each.second:
        yield Kind.OVERRIDE, each.patients[0] if len(each.patients) == 1 else day
    if each.patients and not week.is_at_work(each.at):
        yield Kind.AFTER_HOURS, day
    member = week.members.get(each.actor)
    for patient in each.singled_out:
        treated = week.patients.get(patient)
        if member is None or treated is None:
            continue
        if member.name.may_be(treated.name):
            yield Kind.SELF, patient
        elif member.name.shares_family_name(treated.name):
            yield Kind.SAME_SURNAME, patient
        elif any(other.name.may_be(treated.name) for other in week.members.values()):
            yield Kind.COLLEAGUE, patient
        is_work = (each.actor, patient, each.at.date()) in worked_for or patient in member.own
        if not is_work and not any(abs(on - each.at.date()) <= NEAR for on in treated.days):
            yield Kind.NOT_ON_LIST, patient


def _many(accesses: Iterable[Access]) -> Iterator[tuple[str, list[Access]]]:
    """The first hour of each day in which somebody singled out many."""
    by_day: dict[tuple[str, date], list[Access]] = defaultdict(list)
    for each in accesses:
        if each.singled_out:
            by_day[each.actor, each.at.date()].append(each)
    for (actor, _), day in by_day.items():
        begin = 0
        for end, last in enumerate(day):
            while last.at - day[begin].at > AN_HOUR:
                begin += 1
            if len({patient for each in day[begin : end + 1] for patient in each.patients}) > MANY:
                yield actor, day[begin : end + 1]
                break


def _parts(name: str) -> set[str]:
    """The parts of a name without accents, case and hyphens; initials and the like tell nobody apart."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))
    return {part for part in re.split(r"[\W_]+", plain) if len(part) > 1}
