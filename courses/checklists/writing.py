"""Writing something down: who may, what it is called when it comes late, and what is refused. Pure: the time is always the server's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.item import Item, Moment
from courses.checklists.kept import Kept
from courses.errors import DomainError, Faulty

AHEAD = timedelta(minutes=2)
"""How far a tablet's clock may be ahead of the server's (reliability bar, section 4.5)."""
FREEZE = timedelta(hours=24)
"""How long after the release a session stays open for what just happened."""
LEAST_REASON = 5
"""Letters of a reason, as everywhere."""
MOST_REASON = 1000
DOSES = (Moment.FIRST_DOSE, Moment.LAST_DOSE)
WRONG_PATIENT = "wrong_patient"
PAPER_REASON = "downtime"
LATE_REASONS = ("busy", "emergency", "forgotten", "device_down", "network_down", PAPER_REASON, "other")
AMEND_REASONS = ("typing_mistake", "wrong_time", "misread", "wrong_item", "other")
RETRACT_REASONS = (WRONG_PATIENT, "did_not_happen", "written_twice", "other")


@dataclass(frozen=True, slots=True)
class Rights:
    """By which roles somebody may do what at one site; where there is none, they may not."""

    write: tuple[str, ...] = ()
    dose: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    amend: tuple[str, ...] = ()
    amend_others: tuple[str, ...] = ()
    retract: tuple[str, ...] = ()
    sign: tuple[str, ...] = ()
    co_sign: tuple[str, ...] = ()
    override: tuple[str, ...] = ()


NOTHING = Rights()


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes: an account by public id, its name, and its rights by the row number of the site.

    `strength` is how their sign-in was proven, `device` tells their device from others.
    """

    id: str
    name: str
    rights: Mapping[int, Rights] = field(default_factory=dict)
    strength: str = ""
    device: str = ""

    def at(self, site_id: int) -> Rights:
        """What they may do at a site."""
        return self.rights.get(site_id, NOTHING)

    def by(self, role: str) -> Person:
        """Who they are when they act by a role."""
        return Person(self.id, self.name, role)


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button: by whom and when, by the server's clock. A press that is sent once more is known by its key."""

    writer: Writer
    now: datetime
    new_id: Callable[[str], str]
    key: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to one item, as JSON tells it. `observed_at` None is now. `typed_twice` and `action` are what unusual numbers ask for.

    The reason is owed where it comes late.
    """

    item: str
    value: Kept
    observed_at: datetime | None = None
    typed_twice: bool = False
    action: str = ""
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Amended:
    """What is to stand instead of an entry, and why. `observed_at` None: when it happened stays."""

    value: Kept
    reason_code: str
    reason: str
    observed_at: datetime | None = None
    typed_twice: bool = False
    action: str = ""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Why an entry is taken back, the second person who stands for it, and the session (by public id) that it belongs to instead."""

    reason_code: str
    reason: str
    second: Person
    belongs_to: str = ""


class MayNot(DomainError):
    """Somebody's roles do not give it to them, here and now."""

    code = "may_not"

    def __init__(self, does: str, roles: Iterable[str]) -> None:
        who = " or ".join(role.replace("_", " ") for role in roles)
        super().__init__(f"Your roles do not let you {does}. {f'Ask somebody of these: {who}.' if who else 'Ask somebody whose roles do.'}")


class NotOpen(DomainError):
    """The session is in no state in which this can be written down."""

    code = "not_open"

    def __init__(self, number: int, words: str) -> None:
        super().__init__(f"Session {number} {words}")


class SavedDifferently(DomainError):
    """What a tablet sends once more with its key was saved before, and with other answers."""

    code = "saved_differently"

    def __init__(self, key: str) -> None:
        super().__init__(f"With the key {key!r} something else was saved before; that stays as it is. Save this anew with another key.")


class Retracted(DomainError):
    """The entry was taken back already."""

    code = "retracted"

    def __init__(self, words: str) -> None:
        super().__init__(f"{words} was taken back already; write it down anew if it did happen.")


class SamePerson(DomainError):
    """A second signature by whoever gave the first."""

    code = "same_person"

    def __init__(self, words: str) -> None:
        super().__init__(f"{words!r} is signed by somebody else than who signed before; ask another person.")


class NotInTheWay(DomainError):
    """A gate that would be gone past does not stand in the way."""

    code = "not_in_the_way"

    def __init__(self, gate: str, verb: str) -> None:
        super().__init__(f"Nothing called {gate!r} stands in the way of the {verb} now; go on without overriding it.")


class CannotPass(DomainError):
    """A gate that nobody may go past, or that only warns."""

    code = "cannot_pass"

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{sentence} This cannot be overridden; settle it first.")


def author_of(writer: Writer, site_id: int, item: Item, *, paper: bool = False) -> Person:
    """Who writes an answer, by the role that allows it. Raises `MayNot`."""
    rights = writer.at(site_id)
    may = rights.paper if paper else rights.write
    given = [role for role in may if not item.answered_by or role in item.answered_by]
    if item.marks in DOSES:
        given = [role for role in given if role in rights.dose]
    if not given:
        raise MayNot(f"answer {item.words!r}", item.answered_by)
    return writer.by(given[0])


def amender(writer: Writer, site_id: int, entry: Entry) -> Person:
    """Who amends an entry: whoever wrote it, or somebody whose roles give them others' entries. Raises `MayNot`."""
    rights = writer.at(site_id)
    roles = (rights.amend if entry.author.id == writer.id else ()) or rights.amend_others
    if not roles:
        raise MayNot("amend what somebody else wrote down", ("physician",))
    return writer.by(roles[0])


def check_observed(at: datetime, *, not_before: datetime | None, now: datetime) -> None:
    """Raises `Faulty` for a time that is still to come, or that lies before the patient was there."""
    if at > now + AHEAD:
        raise Faulty("observed_at", "it lies in the future; write when it was observed, or leave it out for now")
    if not_before is not None and at < not_before:
        raise Faulty("observed_at", "it lies before the patient arrived; look at the time again")


def kind_of(observed_at: datetime, late_after_minutes: int, *, now: datetime) -> EntryKind:
    """`late` from so many minutes after it was observed on, by the server's clock."""
    return EntryKind.LATE if now - observed_at > timedelta(minutes=late_after_minutes) else EntryKind.ORIGINAL


def is_frozen(released_at: datetime | None, *, now: datetime) -> bool:
    """Whether a session takes nothing more but what is late, amended or retracted."""
    return released_at is not None and now > released_at + FREEZE


def checked_reason(code: str, words: str, known: Iterable[str]) -> tuple[str, str]:
    """Why something is late or changed: a code of the list, and words. Raises `Faulty`."""
    known = tuple(known)
    if code not in known:
        raise Faulty("reason_code", f"say why, by one of these: {', '.join(known)}")
    return code, checked_words(words)


def checked_words(words: str) -> str:
    """A reason in words. Raises `Faulty`."""
    said = " ".join(words.split())
    if not LEAST_REASON <= len(said) <= MOST_REASON or not said.isprintable():
        raise Faulty("reason", f"say why in {LEAST_REASON} to {MOST_REASON} letters; it is kept with the record")
    return said
