"""Session templates and session rules as the clinic file writes them."""

from __future__ import annotations

from courses.protocols.located.part import Part
from courses.protocols.protocol import SessionRule
from courses.protocols.session_template import SessionTemplate, Step, StepRequirement
from rooms.resources.requirement import WHOLE, Requirement

TEMPLATE_KEYS = ("steps", "requirements")
STEP_KEYS = ("name", "minutes")
REQUIREMENT_KEYS = ("capability", "count", "steps", "load", "turnover_minutes", "continuity")
RULE_KEYS = ("sessions", "every", "template")

MINUTES_OF_DAY = 24 * 60


def templates_of(part: Part) -> dict[str, SessionTemplate]:
    """The session templates of a protocol by name."""
    entries = part.entries()
    if isinstance(part.value, dict) and not entries:
        part.refuse("there is no session template; describe at least one kind of session")
    found = {name: _template(name, each) for name, each in entries}
    return {name: template for name, template in found.items() if template is not None}


def _template(name: str, part: Part) -> SessionTemplate | None:
    fields = part.fields(TEMPLATE_KEYS, required=("steps",))
    Part(name, part.path, part.refusals).name()
    steps = _steps(fields["steps"])
    names = [step.name for step in steps]
    requirements = [_requirement(each, names) for each in fields.items("requirements")]
    return fields.build(lambda: SessionTemplate(name, tuple(steps), tuple(each for each in requirements if each is not None)))


def _steps(part: Part) -> list[Step]:
    found: list[Step] = []
    for each in part.items(least=1):
        fields = each.fields(STEP_KEYS, required=STEP_KEYS)
        name, minutes = fields["name"].name(), fields["minutes"].whole(1, MINUTES_OF_DAY)
        if name and name in [step.name for step in found]:
            fields["name"].refuse(f"step {name!r} is here a second time; give each step its own name")
        found.append(Step(name, minutes))
    return found


def _requirement(part: Part, steps: list[str]) -> StepRequirement | None:
    fields = part.fields(REQUIREMENT_KEYS, required=("capability",))
    capability = fields["capability"].name()
    count = fields.whole("count", 1, least=1)
    load = _load(fields["load"]) if "load" in fields else 1
    turnover = fields["turnover_minutes"].whole(0, MINUTES_OF_DAY) if "turnover_minutes" in fields else 0
    continuity = fields.truth("continuity")
    used = _used(fields["steps"], steps) if "steps" in fields else ()
    return fields.build(lambda: StepRequirement(Requirement(capability, count, load, turnover, continuity), used))


def _load(part: Part) -> int | str:
    if isinstance(part.value, str) and part.value == WHOLE:
        return WHOLE
    if isinstance(part.value, str):
        part.refuse(f"{part.value[:40]!r} is no load; use a whole number from 0, or {WHOLE} for the whole capacity")
        return 0
    return part.whole()


def _used(part: Part, steps: list[str]) -> tuple[str, ...]:
    """The steps for which a requirement holds; they follow each other in the session."""
    found = part.items(least=1)
    names = tuple(each.choice(steps, "step") for each in found)
    places = sorted({steps.index(name) for name in names if name in steps})
    if len(set(names)) < len(names):
        part.refuse(f"{', '.join(names)}: a step is named twice; name each once")
    elif places and len(places) == len(names) and places[-1] - places[0] >= len(places):
        between = [name for name in steps[places[0] : places[-1]] if name not in names]
        part.refuse(f"{', '.join(names)} do not follow each other: {', '.join(between)} is between; name it too, or split the requirement")
    return names


def rules_of(part: Part, templates: list[str]) -> tuple[SessionRule, ...]:
    """Which template each session uses: the first rule that fits, and the last one fits every session."""
    entries = part.items(least=1)
    rules = tuple(_rule(each, templates) for each in entries)
    if rules and (rules[-1].sessions is not None or rules[-1].every is not None):
        entries[-1].refuse("the last rule has no condition, so that every session finds one; add {template: ...} after it")
    return rules


def _rule(part: Part, templates: list[str]) -> SessionRule:
    fields = part.fields(RULE_KEYS, required=("template",))
    template = fields["template"].choice(templates, "session template") if "template" in fields else ""
    numbers = [each.whole(1) for each in fields["sessions"].items(1)] if "sessions" in fields else None
    return SessionRule(template, None if numbers is None else frozenset(numbers), fields.whole_or_none("every"))
