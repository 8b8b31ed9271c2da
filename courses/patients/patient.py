"""Somebody who is treated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from courses.errors import DomainError, Faulty
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval


@dataclass(frozen=True, slots=True)
class PatientAbsence:
    """A time at which a patient cannot come."""

    interval: Interval
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """A person, told from others by name and birth date. `id` is public and random; `code` is the clinic's own (in a clinic file, the id).

    `available` None is always.
    """

    id: str
    code: str
    given_name: str = ""
    family_name: str = ""
    born_on: date | None = None
    available: WeeklyHours | None = None
    absences: tuple[PatientAbsence, ...] = ()
    version: int = 1

    @property
    def name(self) -> str:
        """What the board calls them; the code where no name is known."""
        return f"{self.given_name} {self.family_name}".strip() or self.code


class ProbableDuplicate(DomainError):
    """Somebody of that name and birth date is registered already. `patients` are those."""

    code = "probable_duplicate"

    def __init__(self, patients: Iterable[Patient]) -> None:
        self.patients = tuple(patients)
        first = self.patients[0]
        super().__init__(
            f"{first.name}, born {first.born_on}, is registered already (as {first.code}). "
            "Choose that patient, or register another person of the same name and birth date on purpose."
        )


def checked_birth(born_on: date, today: date) -> date:
    """A birth date. Raises `Faulty` for one that nobody living can have."""
    if not today.year - 130 <= born_on.year or born_on > today:
        raise Faulty("born_on", f"{born_on} cannot be the birth date of a patient; write it as year-month-day")
    return born_on
