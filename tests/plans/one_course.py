"""A clinic with one course, said in a line, to be changed by those who need another."""

from __future__ import annotations

from tests.plans.site_facts import Document

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def hours(opens: str, closes: str) -> Document:
    """The same stretch on every working day."""
    return {day: [[opens, closes]] for day in WEEKDAYS}


def devices(n: int, **more: object) -> list[Document]:
    """So many of them, all alike."""
    return [{"id": f"device-{k}", "kind": "device", "capabilities": ["device"], **more} for k in range(1, n + 1)]


def gone(start: str, end: str = "2031-01-01T00:00") -> list[Document]:
    """One device that cannot be had for a time."""
    return devices(1, unavailable=[{"start": start, "end": end}])


def clinic(phases: list[Document], *requirements: Document, resources: list[Document] | None = None, minutes: int = 30) -> Document:
    """A clinic with one course that begins on Tuesday, 1 December 2026, at the earliest."""
    template = {"steps": [{"name": "all", "minutes": minutes}], "requirements": list(requirements) or [{"capability": "device"}]}
    return {
        "clinic": {"timezone": "America/New_York", "hours": hours("08:00", "17:00")},
        "resources": devices(1) if resources is None else resources,
        "protocols": [
            {
                "id": "any",
                "title": "Any",
                "modality": "any",
                "phases": phases,
                "session_templates": {"treatment": template},
                "session_rules": [{"template": "treatment"}],
            }
        ],
        "patients": [{"id": "p"}],
        "courses": [{"id": "c", "patient": "p", "protocol": "any", "start_on_or_after": "2026-12-01"}],
    }


def with_course(document: Document, **more: object) -> Document:
    """The clinic with more said of its course."""
    document["courses"][0] |= more
    return document


def with_patient(document: Document, **more: object) -> Document:
    """The clinic with more said of its patient."""
    document["patients"][0] |= more
    return document


def with_closure(document: Document, start: str, end: str) -> Document:
    """The clinic, closed for a time."""
    document["clinic"]["closures"] = [{"start": start, "end": end}]
    return document
