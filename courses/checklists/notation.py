"""The notation of checklists: text in, values out, every fault named at its line."""

from __future__ import annotations

from courses.checklists.checklist import Checklist, Meaning, UsedFor, Watch
from courses.checklists.item import Moment
from courses.checklists.item_notation import ROLES, choice_of, item_of, words_of
from courses.protocols.located.document import read_document
from courses.protocols.located.part import Part
from courses.protocols.provenance import Note

CHECKLIST_KEYS = (
    "id",
    "title",
    "used_for",
    "items",
    "watch",
    "meanings",
    "program",
    "minutes_between_doses",
    "late_after_minutes",
    "instructions",
    "notes",
)
REQUIRED_KEYS = ("id", "title", "used_for", "items")
USED_FOR_KEYS = ("modality", "templates", "sessions", "several_a_day")
WATCH_KEYS = ("minutes", "counted_from", "reported_from", "source")
MEANING_KEYS = ("code", "words", "roles", "another", "before_release")
NOTE_KEYS = ("text", "source")
MOST_WATCH = 24 * 60


def read_checklist(text: bytes | str, file: str = "checklist") -> Checklist:
    """The checklist in a document of its own, YAML or JSON. `file` names it in faults. Raises `FaultyDocument`."""
    return read_document(text, file).read(checklist_of)


def checklist_of(part: Part) -> Checklist | None:
    """The checklist at one entry of a document; None when it is faulty, which is noted."""
    fields = part.fields(CHECKLIST_KEYS, required=REQUIRED_KEYS)
    code = fields["id"].name() if "id" in fields else ""
    title = fields["title"].name() if "title" in fields else ""
    used_for = [_used_for(each) for each in fields["used_for"].items(least=1)] if "used_for" in fields else []
    items = [item_of(each) for each in fields["items"].items(least=1)] if "items" in fields else []
    watch = _watch(fields["watch"]) if "watch" in fields else None
    meanings = [_meaning(each) for each in fields.items("meanings")]
    program = fields["program"].name() if "program" in fields else ""
    rest, late = fields.whole("minutes_between_doses", 0), fields.whole("late_after_minutes", 10)
    instructions = tuple(each.text() for each in fields.items("instructions"))
    notes = [_note(each) for each in fields.items("notes")]
    return fields.build(
        lambda: Checklist(
            code,
            title,
            tuple(each for each in items if each),
            used_for=tuple(each for each in used_for if each),
            watch=watch,
            meanings=tuple(each for each in meanings if each),
            program=program,
            minutes_between_doses=rest,
            late_after_minutes=late,
            instructions=instructions,
            notes=tuple(each for each in notes if each),
        )
    )


def _used_for(part: Part) -> UsedFor | None:
    fields = part.fields(USED_FOR_KEYS, required=("modality",))
    modality, templates = fields["modality"].name(), words_of(fields, "templates")
    sessions = tuple(each.whole(1) for each in fields.items("sessions"))
    several = fields["several_a_day"].truth() if "several_a_day" in fields else None
    return fields.build(lambda: UsedFor(modality, templates, sessions, several))


def _watch(part: Part) -> Watch | None:
    fields = part.fields(WATCH_KEYS, required=("minutes", "source"))
    minutes, source = fields["minutes"].whole(1, MOST_WATCH), fields["source"].text()
    counted = choice_of(fields, "counted_from", Moment, Moment.LAST_DOSE)
    reported = choice_of(fields, "reported_from", Moment, Moment.FIRST_DOSE)
    return fields.build(lambda: Watch(minutes, counted, reported, source))


def _meaning(part: Part) -> Meaning | None:
    fields = part.fields(MEANING_KEYS, required=("code", "words", "roles"))
    code, words = fields["code"].name(), fields["words"].text()
    roles = tuple(each.choice(ROLES, "role") for each in fields["roles"].items(least=1))
    another = fields.truth("another")
    before_release = fields.truth("before_release") if "before_release" in fields else True
    return fields.build(lambda: Meaning(code, words, roles, another, before_release))


def _note(part: Part) -> Note | None:
    fields = part.fields(NOTE_KEYS, required=("text",))
    text, source = fields["text"].text(), fields.text("source")
    return fields.build(lambda: Note(text, source))
