"""A protocol as a clinic published it: numbered, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.errors import DomainError
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.provenance import ProtocolDocument


class VersionStatus(StrEnum):
    """draft -> active -> retired."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True)
class ProtocolVersion:
    """One version of one protocol. `protocol_id` is public and random, `code` the clinic's name for it, `text` the document as written."""

    protocol_id: str
    code: str
    number: int
    status: VersionStatus
    text: str
    document: ProtocolDocument
    published_at: datetime | None
    published_by: str | None
    origin: str | None = None

    @property
    def protocol(self) -> TreatmentProtocol:
        """What is planned by."""
        return self.document.protocol


class RetiredProtocol(DomainError):
    """No course may begin under this version any more."""

    code = "retired_protocol"

    def __init__(self, code: str, number: int | None = None) -> None:
        said = f"Version {number} of protocol {code!r}" if number else f"Protocol {code!r}"
        super().__init__(f"{said} is retired; choose an active one.")
        self.protocol = code
        self.number = number
