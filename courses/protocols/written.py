"""Protocols written in the clinic file's notation: a copy for the clinic to edit, an export, the text of a published version."""

from __future__ import annotations

from courses.protocols.located.yaml_text import Data, dump_yaml
from courses.protocols.protocol import Phase, SessionRule, Spacing
from courses.protocols.provenance import Extension, Fact, ProtocolDocument
from courses.protocols.session_template import SessionTemplate, StepRequirement
from rooms.availability.hours import WEEKDAYS
from rooms.resources.requirement import Requirement

_USUAL = Spacing()
_PLAIN = Requirement("any")


def write_protocol(document: ProtocolDocument) -> str:
    """A protocol as YAML, in the notation's order; what is as usual is left out."""
    return dump_yaml(protocol_data(document))


def protocol_data(document: ProtocolDocument) -> dict[str, Data]:
    """A protocol as one entry of a clinic file."""
    protocol = document.protocol
    data: dict[str, Data] = {
        "id": protocol.id,
        "title": protocol.title,
        "modality": protocol.modality,
        "phases": [phase_data(phase) for phase in protocol.phases],
        "session_templates": {name: _template(template) for name, template in protocol.templates.items()},
        "session_rules": [_rule(rule) for rule in protocol.rules],
    }
    if protocol.reserve:
        data["reserve"] = {"share": protocol.reserve.share, "until_days": protocol.reserve.until_days}
    if document.extension:
        data["extension"] = _extension(document.extension)
    if document.notes:
        data["notes"] = [_given({"text": note.text, "source": note.source or None}) for note in document.notes]
    if document.facts:
        data["facts"] = [_fact(fact) for fact in document.facts]
    return data


def phase_data(phase: Phase) -> dict[str, Data]:
    """A phase as the notation has it."""
    spacing = phase.spacing
    data: dict[str, Data] = {
        "name": phase.name,
        "sessions": phase.sessions,
        "weekly": list(phase.weekly) or None,
        "windows": [list(window) for window in phase.windows] or None,
        "per_week": spacing.per_week,
        "per_7_days": spacing.per_7_days,
    }
    for key in ("per_day", "min_gap_days", "max_gap_days", "min_gap_minutes", "max_gap_minutes"):
        value: int | None = getattr(spacing, key)
        data[key] = None if value == getattr(_USUAL, key) else value
    data["weekdays"] = None if spacing.weekdays is None else [WEEKDAYS[day] for day in sorted(spacing.weekdays)]
    return _given(data)


def _given(data: dict[str, Data]) -> dict[str, Data]:
    return {key: value for key, value in data.items() if value is not None}


def _template(template: SessionTemplate) -> dict[str, Data]:
    return {
        "steps": [{"name": step.name, "minutes": step.minutes} for step in template.steps],
        "requirements": [_requirement(each) for each in template.requirements],
    }


def _requirement(each: StepRequirement) -> dict[str, Data]:
    asked = each.requirement
    return _given(
        {
            "capability": asked.capability,
            "count": None if asked.count == _PLAIN.count else asked.count,
            "steps": list(each.steps) or None,
            "load": None if asked.load == _PLAIN.load else asked.load,
            "turnover_minutes": asked.turnover_minutes or None,
            "continuity": asked.continuity or None,
        }
    )


def _rule(rule: SessionRule) -> dict[str, Data]:
    sessions: Data = None if rule.sessions is None else [*sorted(rule.sessions)]
    return _given({"sessions": sessions, "every": rule.every, "template": rule.template})


def _extension(extension: Extension) -> dict[str, Data]:
    phases: list[Data] = [phase_data(phase) for phase in extension.phases]
    replaces: Data = [*extension.replaces] or None
    return _given({"title": extension.title, "asks": extension.asks or None, "replaces": replaces, "phases": phases})


def _fact(fact: Fact) -> dict[str, Data]:
    return _given({"of": fact.of, "value": fact.value, "source": fact.source, "status": fact.status.value, "note": fact.note or None})
