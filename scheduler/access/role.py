"""What somebody does at a site."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A column of the permission table. Somebody may have several at a site, and others at another."""

    FRONT_DESK = "front_desk"
    NURSE = "nurse"
    TECHNICIAN = "technician"
    PHYSICIAN = "physician"
    ANESTHESIA = "anesthesia"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def short(self) -> str:
        """The column's letters."""
        return SHORT[self]

    @property
    def words(self) -> str:
        """As it stands on screens."""
        return TITLES[self]


SHORT = {
    Role.FRONT_DESK: "FD",
    Role.NURSE: "RN",
    Role.TECHNICIAN: "TE",
    Role.PHYSICIAN: "MD",
    Role.ANESTHESIA: "AN",
    Role.ADMIN: "AD",
    Role.AUDITOR: "AU",
}
TITLES = {
    Role.FRONT_DESK: "Front desk",
    Role.NURSE: "Nurse",
    Role.TECHNICIAN: "Technician",
    Role.PHYSICIAN: "Physician",
    Role.ANESTHESIA: "Anesthesia",
    Role.ADMIN: "Administrator",
    Role.AUDITOR: "Auditor",
}
