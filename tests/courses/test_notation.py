"""Protocols in the notation: what is read, and every fault at its line and field."""

from __future__ import annotations

import pytest

from courses.library import protocol_files
from courses.protocols.located.faults import Fault, FaultyDocument
from courses.protocols.notation import read_protocol, write_protocol
from courses.protocols.protocol import Phase, SessionRule, Spacing
from courses.protocols.provenance import Extension, Fact, FactStatus, Note, needs_sign_off
from courses.protocols.session_template import SessionTemplate, Step, StepRequirement
from rooms.resources.requirement import Requirement

PROTOCOL = """\
id: example
title: An example
modality: tms
phases:
  - name: acute
    sessions: 8
    per_week: 2
    min_gap_days: 2
    max_gap_days: 7
  - name: taper
    weekly: [3, 2, 1]
  - name: intense
    sessions: 20
    per_day: 10
    min_gap_minutes: 50
    max_gap_minutes: 65
  - name: continuation
    windows:
      - [2, 5]
      - [7, 12]
    weekdays: [mon, wed, fri]
session_templates:
  treatment:
    steps:
      - {name: check-in, minutes: 10}
      - {name: dosing, minutes: 15}
      - {name: rest, minutes: 30}
    requirements:
      - {capability: chair, turnover_minutes: 10}
      - {capability: nurse, steps: [dosing, rest], load: all, continuity: true}
      - {capability: prescriber, count: 2, load: 0}
session_rules:
  - {sessions: [1, 2], every: 2, template: treatment}
  - {template: treatment}
extension:
  title: More
  asks: an improvement on record
  replaces: [taper]
  phases:
    - {name: more, sessions: 10}
notes:
  - {text: One missed day is added at the end., source: DESIGN}
facts:
  - {of: "phases[0].sessions", value: 8, source: LABEL, status: confirmed}
  - {of: "phases[1].weekly[1]", value: 2, source: DESIGN, status: design, note: ours}
"""


def test_every_word_of_the_notation_has_its_place_in_the_values() -> None:
    document = read_protocol(PROTOCOL)

    protocol = document.protocol
    assert (protocol.id, protocol.title, protocol.modality) == ("example", "An example", "tms")
    assert protocol.phases == (
        Phase("acute", Spacing(per_week=2, min_gap_days=2, max_gap_days=7), sessions=8),
        Phase("taper", weekly=(3, 2, 1)),
        Phase("intense", Spacing(per_day=10, min_gap_minutes=50, max_gap_minutes=65), sessions=20),
        Phase("continuation", Spacing(weekdays=frozenset({0, 2, 4})), windows=((2, 5), (7, 12))),
    )
    assert protocol.templates == {
        "treatment": SessionTemplate(
            "treatment",
            (Step("check-in", 10), Step("dosing", 15), Step("rest", 30)),
            (
                StepRequirement(Requirement("chair", turnover_minutes=10)),
                StepRequirement(Requirement("nurse", load="all", continuity=True), ("dosing", "rest")),
                StepRequirement(Requirement("prescriber", count=2, load=0)),
            ),
        )
    }
    assert protocol.rules == (SessionRule("treatment", frozenset({1, 2}), 2), SessionRule("treatment"))
    assert document.extension == Extension("More", (Phase("more", sessions=10),), "an improvement on record", ("taper",))
    assert document.notes == (Note("One missed day is added at the end.", "DESIGN"),)
    assert document.facts == (
        Fact("phases[0].sessions", 8, "LABEL", FactStatus.CONFIRMED),
        Fact("phases[1].weekly[1]", 2, "DESIGN", FactStatus.DESIGN, "ours"),
    )


def test_what_is_written_reads_the_same() -> None:
    document = read_protocol(PROTOCOL)

    assert read_protocol(write_protocol(document)) == document


@pytest.mark.parametrize("file", protocol_files(), ids=lambda file: file.name)
def test_a_protocol_of_the_library_survives_being_copied(file: object) -> None:
    document = read_protocol(next(each for each in protocol_files() if each is file or each.name == getattr(file, "name", "")).read_bytes())

    assert read_protocol(write_protocol(document)) == document


def test_a_design_number_needs_the_medical_directors_sign_off() -> None:
    document = read_protocol(PROTOCOL)

    assert [fact.of for fact in document.unsigned] == ["phases[1].weekly[1]"]


def test_a_number_that_a_clinic_changed_is_no_longer_what_its_source_says() -> None:
    copy = PROTOCOL.replace("sessions: 8", "sessions: 9")

    fact = read_protocol(copy).facts[0]

    assert not fact.agrees
    assert needs_sign_off(fact)


def test_a_fact_may_speak_for_every_entry_of_a_list() -> None:
    text = PROTOCOL.replace('"phases[1].weekly[1]", value: 2', '"session_templates.treatment.steps[*].minutes", value: 10')

    assert not read_protocol(text).facts[1].agrees


# Old text, new text, field, what the sentence says. `#!` marks the line on which the fault is to be named.
FAULTS = {
    "an unknown key": ("per_week: 2", "per_weak: 2 #!", "phases[0].per_weak", "did you mean 'per_week'?"),
    "an unknown key at the top": ("modality: tms", "modallity: tms #!", "modallity", "did you mean 'modality'?"),
    "a missing key": ("- name: intense\n    sessions", "- sessions", "phases[2]", "name is missing"),
    "a number as text": ("sessions: 8", 'sessions: "8" #!', "phases[0].sessions", "take the quotes off"),
    "a word for a number": ("sessions: 8", "sessions: eight #!", "phases[0].sessions", "a whole number from 1 is wanted"),
    "true for a number": ("sessions: 8", "sessions: true #!", "phases[0].sessions", "this is true; a whole number"),
    "half a session": ("sessions: 8", "sessions: 7.5 #!", "phases[0].sessions", "a whole number from 1 is wanted"),
    "a negative number": ("min_gap_days: 2", "min_gap_days: -2 #!", "phases[0].min_gap_days", "-2 is below what can be"),
    "no sessions": ("sessions: 8", "sessions: 0 #!", "phases[0].sessions", "0 is below"),
    "a slip of the finger": ("sessions: 8", "sessions: 8000000 #!", "phases[0].sessions", "8000000 is above"),
    "nothing given": ("sessions: 8", "sessions: #!", "phases[0].sessions", "nothing is given"),
    "a number for an id": ("id: example", "id: 12 #!", "id", "write it in quotes"),
    "a list for a text": ("title: An example", "title: [a, b] #!", "title", "this is a list; text is wanted"),
    "text for a list": ("weekly: [3, 2, 1]", "weekly: 321 #!", "phases[1].weekly", "a list is wanted"),
    "text for true": ("continuity: true", 'continuity: "true"', "session_templates.treatment.requirements[1].continuity", "true or false"),
    "no count at all": ("name: acute\n    sessions: 8\n", "name: acute #!\n", "phases[0]", "give sessions, weekly or windows"),
    "weekly with sessions": ("weekly: [3, 2, 1]", "weekly: [3, 2, 1] #!\n    sessions: 6", "phases[1].weekly", "keep one of the two"),
    "weekly with per_week": ("weekly: [3, 2, 1]", "weekly: [3]\n    per_week: 3 #!", "phases[1].per_week", "leave per_week out"),
    "windows out of order": ("- [2, 5]\n      - [7, 12]", "- [7, 12]\n      - [2, 5] #!", "phases[3].windows[1]", "it ends on day 5"),
    "a window backwards": ("- [7, 12]", "- [12, 7] #!", "phases[3].windows[1]", "ends on day 7, before it begins"),
    "half a window": ("- [7, 12]", "- [7] #!", "phases[3].windows[1]", "its first and its last"),
    "a gap that cannot be": ("max_gap_days: 7", "max_gap_days: 1 #!", "phases[0].max_gap_days", "no two sessions can be both"),
    "minutes that cannot be": ("max_gap_minutes: 65", "max_gap_minutes: 5 #!", "phases[2].max_gap_minutes", "no two sessions can be both"),
    "a week below a day": ("per_day: 10", "per_day: 10\n    per_week: 9 #!", "phases[2].per_week", "one date holds 10 sessions"),
    "weekdays too far apart": (
        "max_gap_days: 7",
        "max_gap_days: 6\n    weekdays: [mon] #!",
        "phases[0].weekdays",
        "name more days",
    ),
    "an unknown weekday": ("[mon, wed, fri]", "[mon, wendsday, fri] #!", "phases[3].weekdays[1]", "there is no weekday 'wendsday'"),
    "a phase twice": ("- name: intense", "- name: acute #!", "phases[2]", "give each its own name"),
    "a step twice": (
        "minutes: 30}",
        "minutes: 30}\n      - {name: dosing, minutes: 5} #!",
        "session_templates.treatment.steps[3].name",
        "a second time",
    ),
    "a step of no length": (
        "name: rest, minutes: 30}",
        "name: rest, minutes: 0} #!",
        "session_templates.treatment.steps[2].minutes",
        "0 is below",
    ),
    "steps with one between": (
        "[dosing, rest]",
        "[check-in, rest]",
        "session_templates.treatment.requirements[1].steps",
        "do not follow each other: dosing is between",
    ),
    "an unknown step": (
        "[dosing, rest]",
        "[dosing, resting]",
        "session_templates.treatment.requirements[1].steps[1]",
        "did you mean 'rest'?",
    ),
    "an odd load": ("load: all", "load: al", "session_templates.treatment.requirements[1].load", "'al' is no load"),
    "a negative load": ("load: 0", "load: -1", "session_templates.treatment.requirements[2].load", "-1 is below"),
    "no resources": ("count: 2", "count: 0", "session_templates.treatment.requirements[2].count", "0 is below"),
    "no template": ("- {template: treatment}", "- {template: treatmint} #!", "session_rules[1].template", "did you mean 'treatment'?"),
    "a last rule with a condition": ("- {template: treatment}", "- {every: 5, template: treatment} #!", "session_rules[1]", "no condition"),
    "an extension of nothing": ("[taper]", "[tapir] #!", "extension.replaces[0]", "did you mean 'taper'?"),
    "an extension's phase twice": ("name: more,", "name: acute,", "extension.phases[0]", "has a phase 'acute' already"),
    "a fact about nothing": ("phases[0].sessions", "phases[9].sessions", "facts[0].of", "the protocol has nothing at"),
    "a fact of no status": ("status: design", "status: desing", "facts[1].status", "did you mean 'design'?"),
    "the same key twice": ("per_week: 2", "per_week: 2\n    per_week: 3 #!", "phases[0].per_week", "a second time, first on line 7"),
    "a tab": ("    per_week: 2", "\tper_week: 2 #!", "", "a tab; YAML is indented with spaces"),
    "a tag": ("id: example", "id: !!python/name:os.system example #!", "id", "is not part of the notation"),
}


@pytest.mark.parametrize(("old", "new", "field", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_at_its_line_and_field(old: str, new: str, field: str, says: str) -> None:
    assert old in PROTOCOL
    text = PROTOCOL.replace(old, new, 1)
    marked = [number for number, line in enumerate(text.splitlines(), 1) if "#!" in line]
    changed = [n for n, (a, b) in enumerate(zip(PROTOCOL.splitlines(), text.splitlines(), strict=False), 1) if a != b]

    fault = only_fault(text.replace(" #!", ""))

    assert (fault.file, fault.field) == ("example.yaml", field)
    assert says in fault.message
    assert fault.line == (marked or changed)[0]


def only_fault(text: str) -> Fault:
    with pytest.raises(FaultyDocument) as refusal:
        read_protocol(text, "example.yaml")
    (fault,) = refusal.value.faults
    return fault


def test_all_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = PROTOCOL.replace("per_day: 10", "per_day: -1").replace("sessions: 8", "sessions: none").replace("minutes: 30", "minutes: long")

    with pytest.raises(FaultyDocument) as refusal:
        read_protocol(text, "example.yaml")

    assert [(fault.line, fault.field) for fault in refusal.value.faults] == [
        (6, "phases[0].sessions"),
        (14, "phases[2].per_day"),
        (27, "session_templates.treatment.steps[2].minutes"),
    ]
    assert str(refusal.value).splitlines()[0] == "example.yaml, line 6, phases[0].sessions: 'none' is text; a whole number from 1 is wanted"


@pytest.mark.parametrize("key", ["phases", "session_templates", "session_rules"])
def test_a_protocol_without_a_part_of_it_is_refused(key: str) -> None:
    entry = "{}" if key == "session_templates" else "[]"

    with pytest.raises(FaultyDocument) as refusal:
        read_protocol(f"id: bare\n{key}: {entry}\n", "bare.yaml")

    faults = {(fault.line, fault.field) for fault in refusal.value.faults}
    missing = {name for name in ("phases", "session_templates", "session_rules") if f"{name} is missing" in str(refusal.value)}
    assert (2, key) in faults
    assert missing == {"phases", "session_templates", "session_rules"} - {key}


def test_a_course_of_endless_sessions_is_refused_before_it_is_unfolded() -> None:
    text = PROTOCOL.replace("weekly: [3, 2, 1]", f"weekly: {[1000] * 10}")

    assert "at most 1000 can be planned" in only_fault(text).message


def test_gaps_across_a_weekend_of_weekdays_can_be_kept() -> None:
    text = PROTOCOL.replace("max_gap_days: 7", "max_gap_days: 3\n    weekdays: [mon, fri]")

    assert read_protocol(text).protocol.phases[0].spacing.weekdays == frozenset({0, 4})
