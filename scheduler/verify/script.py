"""What a protocol's document asks for, read from its text by the checker itself."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Asked:
    """Some resources for a part of a session: minutes after its start, turnover included. `load` None is the whole of each."""

    capability: str
    count: int
    load: int | None
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A session template: how long the patient is there, and what is asked for meanwhile."""

    minutes: int
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which sessions are of a kind."""

    template: str
    sessions: tuple[int, ...] | None
    every: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """A protocol version."""

    kinds: dict[str, Kind]
    rules: tuple[Rule, ...]

    def template_of(self, number: int) -> str | None:
        """The template of a session; the first rule that speaks of it."""
        for rule in self.rules:
            if (rule.sessions is None or number in rule.sessions) and (rule.every is None or number % rule.every == 0):
                return rule.template
        return None


def read_script(document: str) -> Script:
    """The script that a document is."""
    data = yaml.load(document, LOADER)  # noqa: S506  # a safe loader, the quick one where there is one
    kinds = {name: _kind(template) for name, template in data["session_templates"].items()}
    rules = [Rule(r["template"], tuple(r["sessions"]) if "sessions" in r else None, r.get("every")) for r in data["session_rules"]]
    return Script(kinds, tuple(rules))


def _kind(template: dict[str, list[dict[str, object]]]) -> Kind:
    ends, begins, at = {}, {}, 0
    for step in template["steps"]:
        begins[step["name"]] = at
        at += int(str(step["minutes"]))
        ends[step["name"]] = at
    asked = []
    for requirement in template.get("requirements") or []:
        steps = requirement.get("steps") or list(begins)
        load = requirement.get("load", 1)
        first, last = min(begins[step] for step in _names(steps)), max(ends[step] for step in _names(steps))
        turnover = int(str(requirement.get("turnover_minutes", 0)))
        count = int(str(requirement.get("count", 1)))
        asked.append(Asked(str(requirement["capability"]), count, None if load == "all" else int(str(load)), first, last + turnover))
    return Kind(at, tuple(asked))


def _names(steps: object) -> list[object]:
    return steps if isinstance(steps, list) else []
