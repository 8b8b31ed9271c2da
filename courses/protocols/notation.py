"""The notation of protocols in the clinic file: text in, values out, every fault named at its line."""

from __future__ import annotations

import re

from courses.protocols.located.document import read_document
from courses.protocols.located.part import Part
from courses.protocols.phase_notation import phases_of
from courses.protocols.protocol import Reserve, TreatmentProtocol
from courses.protocols.provenance import Extension, Fact, FactStatus, Note, ProtocolDocument
from courses.protocols.session_notation import rules_of, templates_of
from courses.protocols.written import write_protocol

__all__ = ["protocol_of", "read_protocol", "write_protocol"]

REQUIRED_KEYS = ("id", "phases", "session_templates", "session_rules")
PROTOCOL_KEYS = ("id", "title", "modality", "phases", "session_templates", "session_rules", "reserve", "extension", "facts", "notes")
RESERVE_KEYS = ("share", "until_days")
FACT_KEYS = ("of", "value", "source", "status", "note")
NOTE_KEYS = ("text", "source")
EXTENSION_KEYS = ("title", "asks", "replaces", "phases")

_STEP_OF_PATH = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\*)\]")


def read_protocol(content: bytes | str, file: str = "protocol") -> ProtocolDocument:
    """The protocol in a document of its own, YAML or JSON. `file` names it in faults. Raises `FaultyDocument`."""
    return read_document(content, file).read(protocol_of)


def protocol_of(part: Part) -> ProtocolDocument | None:
    """The protocol at one entry of a document; None when it is faulty, which is noted."""
    fields = part.fields(PROTOCOL_KEYS, required=REQUIRED_KEYS)
    key = fields["id"].name() if "id" in fields else ""
    title = fields["title"].name() if "title" in fields else key
    modality = fields["modality"].name() if "modality" in fields else "other"
    phases = phases_of(fields["phases"])
    templates = templates_of(fields["session_templates"])
    named = fields["session_templates"].value
    rules = rules_of(fields["session_rules"], list(named) if isinstance(named, dict) else [])
    reserve = _reserve(fields["reserve"]) if "reserve" in fields else None
    extension = _extension(fields["extension"], fields["phases"].names_in("name")) if "extension" in fields else None
    says = part.value if fields.sound else None
    facts = tuple(fact for each in fields.items("facts") if (fact := _fact(each, says)) is not None)
    notes = tuple(note for each in fields.items("notes") if (note := _note(each)) is not None)
    return fields.build(
        lambda: ProtocolDocument(
            TreatmentProtocol(key, title, modality, phases, templates, rules, reserve=reserve), facts, notes, extension
        )
    )


def _reserve(part: Part) -> Reserve | None:
    fields = part.fields(RESERVE_KEYS, required=RESERVE_KEYS)
    share, until_days = fields["share"].number(1), fields["until_days"].whole()
    return fields.build(lambda: Reserve(share, until_days))


def _extension(part: Part, names: list[str]) -> Extension | None:
    fields = part.fields(EXTENSION_KEYS, required=("title", "phases"))
    title, asks, phases = fields["title"].text(), fields.text("asks"), phases_of(fields["phases"])
    replaces = tuple(each.choice(names, "phase") for each in fields.items("replaces"))
    for index, phase in enumerate(phases):
        if phase.name in names:
            fields["phases"].refuse_at(index, f"the protocol has a phase {phase.name!r} already; give each its own name")
    return fields.build(lambda: Extension(title, phases, asks, replaces))


def _note(part: Part) -> Note | None:
    fields = part.fields(NOTE_KEYS, required=("text",))
    text, source = fields["text"].text(), fields.text("source")
    return fields.build(lambda: Note(text, source))


def _fact(part: Part, protocol: object | None) -> Fact | None:
    """A fact; whether its path leads anywhere is asked of a sound protocol only."""
    fields = part.fields(FACT_KEYS, required=("of", "value", "source", "status"))
    of, source, note = fields["of"].text(), fields["source"].text(), fields.text("note")
    status = fields["status"].choice([each.value for each in FactStatus], "status")
    value = fields["value"].value
    if not isinstance(value, int | float | str):
        fields["value"].refuse("a fact's value is one number or word, as the protocol has it")
        return None
    said = values_at(protocol, of)
    if protocol is not None and not said and isinstance(fields["of"].value, str):
        fields["of"].refuse(f"the protocol has nothing at {of[:80]!r}; write the path as phases[0].sessions")
    agrees = all(each == value for each in said)
    return fields.build(lambda: Fact(of, value, source, FactStatus(status), note, agrees))


def values_at(data: object, of: str) -> list[object]:
    """What a document says at a path such as `phases[0].weekly[*]`; nothing where the path leads nowhere."""
    steps = _STEP_OF_PATH.findall(of)
    if "".join(f".{key}" if key else f"[{place}]" for key, place in steps) != f".{of}".replace(".[", "["):
        return []
    found = [data]
    for key, place in steps:
        found = [inner for each in found for inner in _inside(each, key, place)]
    return found


def _inside(data: object, key: str, place: str) -> list[object]:
    if key:
        return [data[key]] if isinstance(data, dict) and key in data else []
    if not isinstance(data, list):
        return []
    return list(data) if place == "*" else data[int(place) : int(place) + 1]
