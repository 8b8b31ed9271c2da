"""What the pages of the audit trail show of an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rooms.availability.hours import SiteTime
from scheduler.access.audit_event import AuditEvent, instant
from scheduler.access.author import AuthorKind
from scheduler.access.canonical import Value
from scheduler.access.role import Role
from scheduler.auditing.showing import Known

OUTCOMES = {"done": ("", "done"), "denied": ("warn", "denied"), "failed": ("warn", "failed")}
KINDS = {AuthorKind.COMMAND_LINE: "command line", AuthorKind.PROGRAM: "program", AuthorKind.NOBODY: "not signed in"}
CATEGORIES = {"trail": "audit trail", "break_glass": "broken glass"}
HEAD = (
    *("number", "time_utc", "site", "kind", "person", "name", "roles", "sign_in", "proof", "broken_glass", "address", "device", "request"),
    *("action", "records", "patients", "category", "outcome", "reason", "changes", "hash"),
)
"""The columns of the exported table."""


@dataclass(frozen=True, slots=True)
class EventView:
    """One event on the page. `changed` is what changed, one line to a record."""

    seq: int
    at: datetime
    who: str
    actor: str
    roles: str
    action: str
    records: list[str]
    patients: list[str]
    category: str
    outcome: str
    tone: str
    source: str
    device: str
    proof: str
    reason: str
    broke_glass: bool
    changed: list[str]
    hash: str


def event_view(known: Known, time: SiteTime, names: Mapping[str, str], numbers: Mapping[str, str]) -> EventView:
    """An event in the clock of a site, with people's names and patients' numbers as far as they are known."""
    event = known.event
    tone, outcome = OUTCOMES[event.outcome]
    return EventView(
        seq=known.seq,
        at=time.local(instant(event.at)),
        who=_who(event, names),
        actor=event.actor_id,
        roles=", ".join(Role(role).words for role in event.roles) or KINDS.get(AuthorKind(event.actor_kind), ""),
        action=event.action,
        records=[f"{kind.replace('_', ' ')} {key}" for kind, key in event.objects if kind != "patient"],
        patients=[numbers.get(key, key) for key in event.patients],
        category=CATEGORIES.get(event.category, event.category),
        outcome=outcome,
        tone=tone,
        source=event.source,
        device=event.device,
        proof=event.strength.replace("_", " "),
        reason=event.reason,
        broke_glass=bool(event.break_glass),
        changed=_changed(event.diff or {}),
        hash=known.hash[:12],
    )


def exported(known: Known, names: Mapping[str, str]) -> list[object]:
    """An event as a row of the exported table."""
    event = known.event
    records, patients = " ".join(key for _, key in event.objects), " ".join(event.patients)
    diff = "" if event.diff is None else json.dumps(event.diff, ensure_ascii=False)
    who = [event.actor_kind, event.actor_id, names.get(event.actor_id, ""), " ".join(event.roles), event.login, event.strength]
    how = ["yes" if event.break_glass else "", event.source, event.device, event.request_id]
    at = instant(event.at).isoformat()
    said = [event.action, records, patients, event.category, event.outcome, event.reason, diff, known.hash]
    return [known.seq, at, event.site_id or "", *who, *how, *said]


def _who(event: AuditEvent, names: Mapping[str, str]) -> str:
    if event.actor_kind == AuthorKind.NOBODY:
        return "Nobody known"
    return names.get(event.actor_id) or event.actor_id


def _changed(diff: Mapping[str, Value]) -> list[str]:
    lines = []
    for table, entries in diff.items():
        if not isinstance(entries, Mapping):
            lines.append(f"{table.replace('_', ' ')}: {_plain(entries)}")
            continue
        for key, entry in entries.items():
            name = f"{table} {key}".replace("_", " ") if isinstance(entry, int) else f"{table.replace('_', ' ')} {key}"
            lines.append(f"{name}: {_entry(entry)}")
    return lines


def _entry(entry: Value) -> str:
    if not isinstance(entry, Mapping):
        return _plain(entry)
    said = [str(entry["how"])] if "how" in entry else []
    fields = entry.get("fields")
    said += [str(name) for name in fields] if isinstance(fields, list) else []
    said += [f"{name} {_plain(value)}" for name, value in entry.items() if name not in {"how", "fields"} and value is not None]
    return ", ".join(said).replace("_", " ")


def _plain(value: Value) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(_plain(each) for each in value)
    return "nothing" if value is None else str(value)
