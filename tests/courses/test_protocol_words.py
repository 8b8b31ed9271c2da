"""Protocols in plain words."""

from __future__ import annotations

import pytest

from courses.library import protocol_files
from courses.protocols.notation import read_protocol
from courses.protocols.protocol import Phase, SessionRule, Spacing, TreatmentProtocol
from courses.protocols.session_template import SessionTemplate, Step, StepRequirement
from courses.protocols.words import fact_words, phase_words, protocol_words, requirement_words, template_use
from rooms.resources.requirement import Requirement

PHASES = {
    "30 sessions; at most 5 a week; at most 5 days apart.": Phase("acute", Spacing(per_week=5, max_gap_days=5), sessions=30),
    "3, 2 and 1 sessions in weeks that follow each other.": Phase("taper", weekly=(3, 2, 1)),
    "8 sessions; at most 2 a week; at most 2 in any seven days; at least 2 days apart.": Phase(
        "induction", Spacing(per_week=2, per_7_days=2, min_gap_days=2), sessions=8
    ),
    "50 sessions; 10 on each day, 40 to 55 minutes apart, on open days that follow each other.": Phase(
        "intense", Spacing(per_day=10, min_gap_minutes=40, max_gap_minutes=55), sessions=50
    ),
    "2 sessions, on days 2 to 5 and 7 after the phase before; only on Monday, Wednesday and Friday.": Phase(
        "continuation", Spacing(weekdays=frozenset({0, 2, 4})), windows=((2, 5), (7, 7))
    ),
    "1 session; 5 to 10 days apart.": Phase("weekly", Spacing(min_gap_days=5, max_gap_days=10), sessions=1),
}


@pytest.mark.parametrize(("words", "phase"), PHASES.items(), ids=PHASES)
def test_a_phase_in_words(words: str, phase: Phase) -> None:
    assert phase_words(phase) == words


NEEDS = {
    "esketamine chair for the whole session, and 10 minutes after the patient is gone.": StepRequirement(
        Requirement("esketamine-chair", turnover_minutes=10)
    ),
    "nurse during dosing, for this patient alone.": StepRequirement(Requirement("nurse", load="all"), ("dosing",)),
    "nurse during dosing and rest, taking 2 of its capacity, the same from session to session where that can be had.": StepRequirement(
        Requirement("nurse", load=2, continuity=True), ("dosing", "rest")
    ),
    "2 × prescriber for the whole session, on site.": StepRequirement(Requirement("prescriber", count=2, load=0)),
}


@pytest.mark.parametrize(("words", "need"), NEEDS.items(), ids=NEEDS)
def test_a_requirement_in_words(words: str, need: StepRequirement) -> None:
    assert requirement_words(need) == words


def protocol() -> TreatmentProtocol:
    templates = {
        name: SessionTemplate(name, (Step("dosing", 10),), (StepRequirement(Requirement("chair")),)) for name in ("first", "tenth", "usual")
    }
    rules = (SessionRule("first", frozenset({1})), SessionRule("tenth", every=10), SessionRule("usual"))
    return TreatmentProtocol("p", "P", "tms", (Phase("acute", sessions=10), Phase("taper", weekly=(2,))), templates, rules)


def test_a_protocol_in_words() -> None:
    assert protocol_words(protocol()) == "12 sessions: 10 acute, then 2 taper."


def test_a_template_tells_the_sessions_that_it_is_for() -> None:
    told = [template_use(protocol(), name) for name in ("first", "tenth", "usual", "other")]

    assert told == ["session 1", "session 10", "sessions 2 to 9 and 11 to 12", ""]


def test_a_fact_tells_what_its_number_is() -> None:
    paths = [
        "phases[0].per_week",
        "phases[1].windows[0][1]",
        "phases[1].weekly[1]",
        "session_rules[1].every",
        "session_templates.usual.steps[0].minutes",
        "session_templates.usual.requirements[0].turnover_minutes",
    ]

    assert [fact_words(path, protocol()) for path in paths] == [
        "sessions a week, at most",
        "days after the phase before, until",
        "sessions in week 2",
        "tenth: every so many sessions",
        "minutes of dosing",
        "chair: minutes after the patient is gone",
    ]


def test_every_fact_of_the_library_has_words() -> None:
    documents = [read_protocol(file.read_bytes(), file.name) for file in protocol_files()]

    wordless = [fact.of for document in documents for fact in document.facts if fact_words(fact.of, document.protocol) == fact.of]

    assert wordless == []
