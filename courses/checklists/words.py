"""What a checklist asks, in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from courses.checklists.answers import range_words
from courses.checklists.checklist import UsedFor, Watch
from courses.checklists.item import ANY, Due, Gate, GateClass, Item, ItemKind, Moment, Verb

MOMENTS = {
    Moment.ARRIVAL: "the arrival",
    Moment.START: "the start",
    Moment.FIRST_DOSE: "the first dose",
    Moment.LAST_DOSE: "the last dose",
    Moment.END_OF_TREATMENT: "the end of treatment",
}
VERBS = {Verb.START: "the start", Verb.DOSE: "each dose", Verb.RELEASE: "the release"}
KINDS = {
    ItemKind.CHECK: "a tick",
    ItemKind.TEXT: "words",
    ItemKind.TIME: "a date and time",
    ItemKind.SIGNATURE: "a signature",
    ItemKind.DEVICE: "product, lot and how many",
}
ROLES = {
    "front_desk": "front desk",
    "nurse": "nurse",
    "technician": "technician",
    "physician": "physician",
    "anesthesia": "anesthesia",
    "admin": "administrator",
    "auditor": "auditor",
}


def answer_kind_words(item: Item) -> str:
    """`a number in mmHg`, `one of no, yes`."""
    if item.kind is ItemKind.NUMBER:
        return f"a number in {item.unit}" if item.unit else "a number"
    return f"one of: {', '.join(item.choices)}" if item.kind is ItemKind.CHOICE else KINDS[item.kind]


def band_words(item: Item) -> tuple[str, ...]:
    """The three bands of a number, those that there are."""
    if item.bands is None:
        return ()
    said = {
        "Refused outside": item.bands.possible,
        "Typed twice outside": item.bands.likely,
        "The clinic's limits:": item.bands.limits,
    }
    return tuple(f"{words} {range_words(span, item.unit)}" for words, span in said.items() if span != ANY)


def due_words(due: Due) -> str:
    """`40 min after the last dose, overdue 10 min later`, `before the release, no older than 30 min`."""
    if due.before:
        recent = f", no older than {due.within_minutes} min" if due.within_minutes else ""
        return f"before {'the dose' if due.before is Verb.DOSE else VERBS[due.before]}{recent}"
    base = MOMENTS[due.after] if due.after else "the start"
    again = f", then every {due.every} min until the release" if due.every else ""
    return f"{f'{due.minutes} min after' if due.minutes else 'at'} {base}{again}; overdue {due.overdue_minutes} min later"


def gate_words(gate: Gate) -> str:
    """What must be so before a move, and who may go past."""
    if gate.within_limits:
        wanted = "within the limits"
    elif gate.at_most_days is not None:
        wanted = f"at most {gate.at_most_days} days back"
    else:
        wanted = " or ".join(gate.passing) if gate.passing else "answered"
    asked = f"Before {VERBS[gate.before]}: {wanted}"
    match gate.kind:
        case GateClass.REGULATORY:
            return f"{asked}. Nobody goes past."
        case GateClass.CLINICAL:
            return f"{asked}. {roles_words(gate.overridden_by).capitalize()} may go past, with a reason."
        case GateClass.HOUSE:
            return f"{asked}. It only warns."


def roles_words(roles: Iterable[str]) -> str:
    """`nurse or physician`; `whoever may write` for none."""
    return " or ".join(ROLES[role] for role in roles) or "whoever may write"


def watch_words(watch: Watch) -> str:
    """How long a patient is watched."""
    counted, reported = MOMENTS[watch.counted_from], MOMENTS[watch.reported_from]
    return f"Watched for at least {watch.minutes} minutes after {counted}; reported from {reported}."


def used_for_words(used_for: UsedFor) -> str:
    """Which sessions of a modality it is for; empty: all."""
    days = {None: "", True: "of protocols with several sessions a day", False: "of protocols with one session a day"}
    parts = (
        f"sessions {', '.join(used_for.templates)}" if used_for.templates else "",
        f"number {', '.join(str(each) for each in used_for.sessions)}" if used_for.sessions else "",
        days[used_for.several_a_day],
    )
    return ", ".join(part for part in parts if part)
