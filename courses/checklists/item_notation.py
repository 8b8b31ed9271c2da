"""Items as a checklist's document writes them."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from courses.checklists.item import Bands, Due, Gate, GateClass, Item, ItemKind, Moment, Range, Verb
from courses.protocols.located.part import Fields, Part

ITEM_KEYS = (
    "code",
    "words",
    "kind",
    "unit",
    "bands",
    "below",
    "choices",
    "required",
    "due",
    "gate",
    "answered_by",
    "marks",
    "group",
    "stable",
    "form_field",
    "source",
    "unconfirmed",
    "help",
)
TEXT_KEYS = ("unit", "below", "group", "form_field", "source", "help")
TRUTH_KEYS = ("required", "stable", "unconfirmed")
BAND_KEYS = ("possible", "likely", "limits")
DUE_KEYS = ("before", "after", "minutes", "every", "early_minutes", "overdue_minutes", "within_minutes")
GATE_KEYS = ("before", "kind", "passing", "within_limits", "at_most_days", "overridden_by", "says")
ROLES = ("front_desk", "nurse", "technician", "physician", "anesthesia", "admin", "auditor")
"""As `scheduler.access.role` has them; a test holds them together."""

FURTHEST = 1_000_000_000.0
E = TypeVar("E", bound=StrEnum)


def item_of(part: Part) -> Item | None:
    """The item at one entry; None when it is faulty, which is noted."""
    fields = part.fields(ITEM_KEYS, required=("code", "words", "kind"))
    code, words = fields["code"].name(), fields["words"].text()
    kind = choice_of(fields, "kind", ItemKind, ItemKind.CHECK)
    bands = _bands(fields["bands"]) if "bands" in fields else None
    dues = [_due(each) for each in fields.items("due")]
    gate = _gate(fields["gate"]) if "gate" in fields else None
    marks = choice_of(fields, "marks", Moment, Moment.START) if "marks" in fields else None
    choices = words_of(fields, "choices")
    text = {key: fields.text(key) for key in TEXT_KEYS}
    truth = {key: fields.truth(key) for key in TRUTH_KEYS}
    answered_by = tuple(each.choice(ROLES, "role") for each in fields.items("answered_by"))
    return fields.build(
        lambda: Item(
            code,
            words,
            kind,
            unit=text["unit"],
            bands=bands,
            below=text["below"],
            choices=choices,
            required=truth["required"],
            due=tuple(each for each in dues if each),
            gate=gate,
            answered_by=answered_by,
            marks=marks,
            group=text["group"],
            stable=truth["stable"],
            form_field=text["form_field"],
            source=text["source"],
            unconfirmed=truth["unconfirmed"],
            help=text["help"],
        )
    )


def choice_of(fields: Fields, key: str, of: type[E], default: E) -> E:
    """One of the words of an enumeration; the default where it is left out or none of them, which is noted."""
    if key not in fields:
        return default
    found = fields[key].choice([each.value for each in of], key)
    return next((each for each in of if each.value == found), default)


def words_of(fields: Fields, key: str) -> tuple[str, ...]:
    """A list of short words that may be left out."""
    return tuple(each.name() for each in fields.items(key))


def _bands(part: Part) -> Bands | None:
    fields = part.fields(BAND_KEYS)
    ranges = {key: _range(fields[key]) if key in fields else Range() for key in BAND_KEYS}
    return fields.build(lambda: Bands(**{key: each or Range() for key, each in ranges.items()}))


def _range(part: Part) -> Range | None:
    fields = part.fields(("low", "high"))
    low, high = (_number(fields[key]) if key in fields else None for key in ("low", "high"))
    return fields.build(lambda: Range(low, high))


def _number(part: Part) -> float:
    value = part.value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FURTHEST:
        return value
    part.refuse("a number is wanted")
    return 0


def _due(part: Part) -> Due | None:
    fields = part.fields(DUE_KEYS)
    before = choice_of(fields, "before", Verb, Verb.START) if "before" in fields else None
    after = choice_of(fields, "after", Moment, Moment.START) if "after" in fields else None
    minutes = fields.whole("minutes", 0)
    early, overdue = fields.whole("early_minutes", 10), fields.whole("overdue_minutes", 5)
    every, within = fields.whole_or_none("every"), fields.whole_or_none("within_minutes")
    if before is None and after is None:
        part.refuse("name a move in `before` or a moment in `after`; leave `due` out where an item is due at any time")
    return fields.build(lambda: Due(before, after, minutes, every, early, overdue, within))


def _gate(part: Part) -> Gate | None:
    fields = part.fields(GATE_KEYS, required=("before", "kind"))
    before = choice_of(fields, "before", Verb, Verb.START)
    kind = choice_of(fields, "kind", GateClass, GateClass.HOUSE)
    passing = tuple(_answer(each) for each in fields.items("passing"))
    within_limits, says = fields.truth("within_limits"), fields.text("says")
    days = fields.whole_or_none("at_most_days", least=0)
    by = tuple(each.choice(ROLES, "role") for each in fields.items("overridden_by"))
    return fields.build(lambda: Gate(before, kind, passing, within_limits, days, by, says))


def _answer(part: Part) -> str:
    """An answer that lets pass; YAML reads an unquoted yes as true."""
    return "yes" if part.value is True else part.name()
