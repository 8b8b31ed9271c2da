"""Who may be treated where under a safety program: each site is certified by itself, and a patient is enrolled at a site.

A patient who comes from another site counts only once the program has been told of it, beforehand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from courses.errors import Faulty


@dataclass(frozen=True, slots=True)
class Setting:
    """A certified setting as a form names it, and how those who watch there are reached."""

    name: str = ""
    address: str = ""
    address_more: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    telephone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Certification:
    """A site's certification by a program, from a day until a day (None: not ended)."""

    id: str
    program: str
    number: str
    representative: str
    from_on: date
    until_on: date | None
    setting: Setting = field(default_factory=Setting)
    by: str = ""
    version: int = 1

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return _holds(self.from_on, self.until_on, day)


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A patient's (by public id) enrollment in a program at a site (by row number).

    `transfer_told_on` is when the program was told that they come from another site. Middle name and sex are as the enrollment has them.
    """

    id: str
    patient: str
    site_id: int
    program: str
    number: str
    from_on: date
    until_on: date | None
    transfer_told_on: date | None
    middle_name: str = ""
    sex: str = ""
    by: str = ""
    version: int = 1

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return _holds(self.from_on, self.until_on, day)


class NotBeforeItBegan(Faulty):
    """Something would end before it began."""

    code = "ends_before_it_began"

    def __init__(self, from_on: date) -> None:
        super().__init__("until_on", f"it began on {from_on}; give that day or a later one")
        self.from_on = from_on


def is_certified(certifications: Collection[Certification], program: str, day: date) -> bool:
    """Whether a site with these certifications may give a program's treatment on a day."""
    return any(each.program == program and each.holds_on(day) for each in certifications)


def is_enrolled(enrollments: Collection[Enrollment], program: str, site_id: int, day: date) -> bool:
    """Whether a patient with these enrollments may be treated at a site on a day; if enrolled elsewhere before, the program was told."""
    return standing_enrollment(enrollments, program, site_id, day) is not None


def standing_enrollment(enrollments: Collection[Enrollment], program: str, site_id: int, day: date) -> Enrollment | None:
    """The enrollment by which a patient may be treated at a site on a day, the newest first."""
    of_program = [each for each in enrollments if each.program == program]
    here = sorted((each for each in of_program if each.site_id == site_id and each.holds_on(day)), key=lambda each: (each.from_on, each.id))
    return next((each for each in reversed(here) if not _owes_transfer(of_program, each) or _told(each, day)), None)


def owes_transfer(enrollments: Collection[Enrollment], enrollment: Enrollment) -> bool:
    """Whether the program has still to be told that this patient changes over from another site."""
    same = [each for each in enrollments if each.program == enrollment.program]
    return _owes_transfer(same, enrollment) and enrollment.transfer_told_on is None


def _owes_transfer(of_program: Collection[Enrollment], here: Enrollment) -> bool:
    return any(each.site_id != here.site_id and each.from_on <= here.from_on for each in of_program)


def _told(enrollment: Enrollment, day: date) -> bool:
    return enrollment.transfer_told_on is not None and enrollment.transfer_told_on <= day


def _holds(from_on: date, until_on: date | None, day: date) -> bool:
    return from_on <= day and (until_on is None or day <= until_on)
