"""What the pages of a protocol show: its phases and sessions in words, every number with its source, its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from courses.protocols.protocol import Phase
from courses.protocols.provenance import Extension, Fact, FactStatus, ProtocolDocument, needs_sign_off
from courses.protocols.session_template import SessionTemplate
from courses.protocols.version import ProtocolVersion
from courses.protocols.words import fact_words, phase_words, plain, protocol_words, requirement_words, template_use
from rooms.availability.hours import SiteTime

SHORT_NAMES = {"tms", "ect", "iv", "vns", "dbs", "dbt", "cbt", "ipt", "mbct", "act", "emdr"}
UNCONFIRMED = "unconfirmed"
"""What stands in place of a source where there is none."""


@dataclass(frozen=True, slots=True)
class FactView:
    """One number with its source, as a row of a table."""

    what: str
    value: str
    source: str
    note: str
    is_vendors: bool
    is_unsigned: bool
    is_edited: bool

    @classmethod
    def of(cls, fact: Fact, document: ProtocolDocument) -> FactView:
        """A fact in words."""
        what = fact_words(fact.of, document.protocol)
        said = (titled(what), str(fact.value), fact.source or UNCONFIRMED, fact.note)
        return cls(*said, fact.status is FactStatus.VENDOR, needs_sign_off(fact), not fact.agrees)


class FactShelf:
    """The facts of a document, each taken out once, by the part of the document that it speaks of."""

    def __init__(self, document: ProtocolDocument) -> None:
        self._document = document
        self._left = list(document.facts)

    def about(self, *begins: str) -> list[FactView]:
        """Those whose paths begin so, in their order."""
        found = [fact for fact in self._left if fact.of.startswith(begins)]
        self._left = [fact for fact in self._left if fact not in found]
        return [FactView.of(fact, self._document) for fact in found]

    def rest(self) -> list[FactView]:
        """Those that nobody asked for."""
        return self.about("")


def page_of(version: ProtocolVersion) -> dict[str, object]:
    """All that a version's document says."""
    document = version.document
    protocol, shelf = document.protocol, FactShelf(document)
    return {
        "in_words": protocol_words(protocol),
        "phases": _phases(protocol.phases, shelf, "phases"),
        "templates": [_template(document, template, shelf) for template in protocol.templates.values()],
        "extension": document.extension and _extension(document.extension, shelf),
        "notes": document.notes,
        "facts": shelf.rest(),
    }


def _phases(phases: Sequence[Phase], shelf: FactShelf, path: str) -> list[dict[str, object]]:
    return [
        {"name": plain(phase.name), "in_words": phase_words(phase), "facts": shelf.about(f"{path}[{place}]", *_first(place, f"{path}[*]"))}
        for place, phase in enumerate(phases)
    ]


def _first(place: int, path: str) -> tuple[str, ...]:
    """What is said of every entry stands with the first."""
    return () if place else (path,)


def _template(document: ProtocolDocument, template: SessionTemplate, shelf: FactShelf) -> dict[str, object]:
    return {
        "name": plain(template.name),
        "minutes": template.minutes,
        "used_for": template_use(document.protocol, template.name),
        "steps": [{"name": plain(step.name), "minutes": step.minutes} for step in template.steps],
        "needs": [titled(requirement_words(each)) for each in template.requirements],
        "facts": shelf.about(f"session_templates.{template.name}."),
    }


def _extension(extension: Extension, shelf: FactShelf) -> dict[str, object]:
    return {
        "title": extension.title,
        "asks": extension.asks,
        "replaces": [plain(name) for name in extension.replaces],
        "phases": _phases(extension.phases, shelf, "extension.phases"),
    }


def line_of(version: ProtocolVersion) -> dict[str, object]:
    """A protocol in the library's list."""
    return {
        "id": version.protocol_id,
        "href": f"/protocols/{version.protocol_id}",
        "title": version.protocol.title,
        "in_words": protocol_words(version.protocol),
        "version": version.number,
        "n_unsigned": len(version.document.unsigned),
        "state": version.status.value,
        "origin": version.origin or "",
    }


def versions_shown(
    versions: Sequence[ProtocolVersion], shown: int, n_courses: Mapping[int, int], time: SiteTime
) -> list[dict[str, object]]:
    """The versions of a protocol, the newest first."""
    return [
        {
            "number": version.number,
            "state": version.status.value,
            "published_on": _date(version, time),
            "href": f"/protocols/{version.protocol_id}?version={version.number}",
            "n_courses": n_courses.get(version.number, 0),
            "is_shown": version.number == shown,
        }
        for version in reversed(versions)
    ]


def _date(version: ProtocolVersion, time: SiteTime) -> date | None:
    return time.date_of(version.published_at) if version.published_at else None


def titled(text: str) -> str:
    """A sentence with its first letter in capitals; a short name such as TMS all of it."""
    first, space, rest = text.partition(" ")
    return f"{first.upper() if first in SHORT_NAMES else first[:1].upper() + first[1:]}{space}{rest}"
