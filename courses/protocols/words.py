"""Protocols in plain words, for pages and for the desk."""

from __future__ import annotations

import re
from collections.abc import Iterable

from courses.protocols.protocol import Phase, Spacing, TreatmentProtocol
from courses.protocols.session_template import SessionTemplate, StepRequirement
from rooms.availability.hours import WEEKDAYS
from rooms.resources.requirement import WHOLE

DAYS = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
_FIELDS = {
    "sessions": "sessions",
    "weekly": "sessions in the week",
    "per_week": "sessions a week, at most",
    "per_7_days": "sessions in any seven days, at most",
    "per_day": "sessions a day",
    "min_gap_days": "days between sessions, at least",
    "max_gap_days": "days between sessions, at most",
    "min_gap_minutes": "minutes between sessions of a day, at least",
    "max_gap_minutes": "minutes between sessions of a day, at most",
    "windows": "days after the phase before",
    "weekdays": "weekdays",
    "minutes": "minutes",
    "turnover_minutes": "minutes after the patient is gone",
    "count": "how many",
    "load": "share of the capacity",
    "every": "every so many sessions",
}


def protocol_words(protocol: TreatmentProtocol) -> str:
    """`36 sessions: 30 acute, then 6 taper.`"""
    parts = ", then ".join(f"{phase.n_sessions} {plain(phase.name)}" for phase in protocol.phases)
    return f"{counted(protocol.n_sessions, 'session')}{f': {parts}' if len(protocol.phases) > 1 else ''}."


def phase_words(phase: Phase) -> str:
    """How a phase's sessions lie, in one sentence."""
    return f"{'; '.join((_how_many(phase), *_spacing(phase)))}."


def _how_many(phase: Phase) -> str:
    if phase.weekly:
        return f"{joined([str(n) for n in phase.weekly])} sessions in weeks that follow each other"
    if phase.windows:
        days = joined([f"{first} to {last}" if first < last else str(first) for first, last in phase.windows])
        return f"{counted(phase.n_sessions, 'session')}, on days {days} after the phase before"
    return counted(phase.n_sessions, "session")


def _spacing(phase: Phase) -> Iterable[str]:
    spacing = phase.spacing
    if spacing.per_day > 1:
        yield f"{spacing.per_day} on each day, {_minutes_apart(spacing)}, on open days that follow each other"
    if spacing.per_week is not None and not phase.weekly:
        yield f"at most {spacing.per_week} a week"
    if spacing.per_7_days is not None:
        yield f"at most {spacing.per_7_days} in any seven days"
    if spacing.per_day == 1 and (spacing.min_gap_days > 1 or spacing.max_gap_days is not None):
        yield _days_apart(spacing)
    if spacing.weekdays is not None:
        yield f"only on {joined([DAYS[WEEKDAYS[day]] for day in sorted(spacing.weekdays)])}"


def _minutes_apart(spacing: Spacing) -> str:
    if spacing.max_gap_minutes == Spacing().max_gap_minutes:
        return f"at least {spacing.min_gap_minutes} minutes apart"
    return f"{spacing.min_gap_minutes} to {spacing.max_gap_minutes} minutes apart"


def _days_apart(spacing: Spacing) -> str:
    if spacing.max_gap_days is None:
        return f"at least {counted(spacing.min_gap_days, 'day')} apart"
    if spacing.min_gap_days <= 1:
        return f"at most {counted(spacing.max_gap_days, 'day')} apart"
    return f"{spacing.min_gap_days} to {spacing.max_gap_days} days apart"


def template_use(protocol: TreatmentProtocol, template: str) -> str:
    """Which sessions of a course a template is for: `sessions 2 to 9, 11 to 19`; nothing where no session uses it."""
    numbers = [slot.number for slot in protocol.slots if protocol.template_of(slot.number).name == template]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return f"{'session' if len(numbers) == 1 else 'sessions'} {joined(said)}" if numbers else ""


def requirement_words(asked: StepRequirement) -> str:
    """What a session asks of one kind of resource, in one sentence."""
    what = asked.requirement
    name = f"{what.count} × {plain(what.capability)}" if what.count > 1 else plain(what.capability)
    when = f"during {joined([plain(step) for step in asked.steps])}" if asked.steps else "for the whole session"
    parts = [f"{name} {when}{_share(what.load)}"]
    if what.turnover_minutes:
        parts.append(f"and {counted(what.turnover_minutes, 'minute')} after the patient is gone")
    if what.continuity:
        parts.append("the same from session to session where that can be had")
    return f"{', '.join(parts)}."


def _share(load: int | str) -> str:
    if load == WHOLE:
        return ", for this patient alone"
    if load == 0:
        return ", on site"
    return "" if load == 1 else f", taking {load} of its capacity"


def fact_words(of: str, protocol: TreatmentProtocol) -> str:
    """What a fact's path speaks of: `sessions a week, at most`, `minutes of dosing`."""
    steps = re.findall(r"[^.\[\]]+", of)
    named = [step for step in steps if step in _FIELDS]
    words = _FIELDS[named[-1]] if named else of
    if "steps" in steps and steps[-1] == "minutes":
        template = protocol.templates.get(steps[1])
        return f"minutes of {_step_name(template, steps[3])}"
    if steps[0] == "session_rules" and steps[1].isdecimal() and int(steps[1]) < len(protocol.rules):
        return f"{plain(protocol.rules[int(steps[1])].template)}: {words}"
    if "weekly" in steps and steps[-1].isdecimal():
        return f"sessions in week {int(steps[-1]) + 1}"
    if "windows" in steps and steps[-1] in {"0", "1"}:
        return f"{_FIELDS['windows']}, {'from' if steps[-1] == '0' else 'until'}"
    if "requirements" in steps:
        template = protocol.templates.get(steps[1])
        place = int(steps[3]) if steps[3].isdecimal() else -1
        if template and 0 <= place < len(template.requirements):
            return f"{plain(template.requirements[place].requirement.capability)}: {words}"
    return words


def _step_name(template: SessionTemplate | None, place: str) -> str:
    if template and place.isdecimal() and int(place) < len(template.steps):
        return plain(template.steps[int(place)].name)
    return "each step"


def plain(name: str) -> str:
    """`all day class` for `all-day-class`."""
    return name.replace("-", " ")


def counted(number: int, thing: str) -> str:
    """`1 session`, `2 sessions`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def joined(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
