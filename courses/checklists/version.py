"""A checklist as a clinic published it: numbered, never changed, and in force from a day on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from courses.checklists.checklist import Checklist
from courses.errors import DomainError, Faulty
from courses.protocols.version import VersionStatus


@dataclass(frozen=True)
class ChecklistVersion:
    """One version of one checklist. `checklist_id` is public and random, `code` the clinic's name for it, `text` the document as written.

    From `from_on`, a day of the site's, sessions that are opened are charted by it; `digest` is what a signature covers of it.
    """

    checklist_id: str
    code: str
    number: int
    status: VersionStatus
    text: str
    digest: str
    checklist: Checklist
    from_on: date
    published_at: datetime | None
    published_by: str | None
    origin: str | None = None


class SameQuestion(DomainError):
    """Two checklists by which one session may be charted ask for an item of the same code, so that an answer would not know where to go."""

    code = "same_question"

    def __init__(self, item: str, other: str) -> None:
        super().__init__(f"items: {item!r} is asked by the checklist {other!r} too, of the same sessions; give one of them another code.")
        self.item = item
        self.other = other


class FromThePast(Faulty):
    """A version is to be in force from a day that is over; what was charted then stays as it was."""

    code = "from_the_past"

    def __init__(self, from_on: date, today: date) -> None:
        super().__init__("from_on", f"{from_on} is over; choose {today} or a later day")
        self.from_on = from_on


def in_force(versions: Iterable[ChecklistVersion], on: date) -> tuple[ChecklistVersion, ...]:
    """Of each checklist the version that sessions of a day are charted by, by code; none of one that is retired or begins later."""
    begun = [each for each in versions if each.status is VersionStatus.ACTIVE and each.from_on <= on]
    newest = {each.code: each for each in sorted(begun, key=lambda each: (each.from_on, each.number))}
    return tuple(newest[code] for code in sorted(newest))


def check_questions(new: Checklist, others: Iterable[Checklist]) -> None:
    """Raises `SameQuestion` where a session may be asked for one code by two checklists."""
    for other in others:
        twice = sorted(set(new.by_code) & set(other.by_code))
        if twice and other.code != new.code and new.may_meet(other):
            raise SameQuestion(twice[0], other.code)
