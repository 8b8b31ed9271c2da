"""The protocols of the made clinics: stimulation, observed visits, a treatment suite with recovery, and weekly talks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from courses.protocols.located.yaml_text import Data

Document = dict[str, Data]
"""A clinic file or a part of one, as JSON gives it."""

STEP_MINUTES = 5
"""Everything in a made clinic lies on this grid."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visit asks of one resource with a capability, for the steps named or for all."""

    capability: str
    steps: tuple[str, ...] = ()
    load: int | None = None
    turnover_minutes: int = 0
    continuity: bool = False

    def document(self) -> Document:
        """As the clinic file writes it."""
        data: Document = {"capability": self.capability}
        if self.steps:
            data["steps"] = [*self.steps]
        if self.load is not None:
            data["load"] = self.load
        if self.turnover_minutes:
            data["turnover_minutes"] = self.turnover_minutes
        if self.continuity:
            data["continuity"] = True
        return data


@dataclass(frozen=True)
class Visit:
    """One kind of session: its steps with their minutes, and what it asks for."""

    steps: Mapping[str, int]
    wishes: tuple[Wish, ...]

    def document(self) -> Document:
        """As the clinic file writes it."""
        steps: list[Data] = [{"name": name, "minutes": minutes} for name, minutes in self.steps.items()]
        return {"steps": steps, "requirements": [wish.document() for wish in self.wishes]}


DEVICE = Wish("tms-device", turnover_minutes=5, continuity=True)
OPERATOR = Wish("tms-operator", continuity=True)

OBSERVED = Visit(
    {"check-in": 15, "dosing": 15, "observation": 120, "discharge": 10},
    (
        Wish("esketamine-chair", turnover_minutes=10),
        Wish("esketamine-nurse", ("check-in",), load=2),
        Wish("esketamine-nurse", ("dosing",), load=2),
        Wish("esketamine-nurse", ("observation",), load=1),
        Wish("esketamine-nurse", ("discharge",), load=1),
    ),
)
SUITE = Visit(
    {"holding": 30, "procedure": 20, "recovery": 60},
    (
        Wish("ect-bay", ("holding",)),
        Wish("ect-room", ("procedure",), turnover_minutes=10),
        Wish("anesthesia", ("procedure",)),
        Wish("ect-psychiatrist", ("procedure",)),
        Wish("ect-bay", ("recovery",), turnover_minutes=5),
        Wish("recovery-nurse", ("recovery",), load=1),
    ),
)
TALK = Visit({"session": 50}, (Wish("therapist", continuity=True), Wish("consulting-room", turnover_minutes=10)))


def stimulation(minutes: int) -> dict[str, Visit]:
    """The three kinds of stimulation session, with so many minutes of treatment in each."""
    return {
        "mapping": Visit(
            {"preparation": 10, "mapping": 30, "stimulation": minutes, "wrap-up": 5},
            (DEVICE, OPERATOR, Wish("psychiatrist", ("mapping",))),
        ),
        "redetermination": Visit({"preparation": 5, "threshold": 10, "stimulation": minutes, "wrap-up": 5}, (DEVICE, OPERATOR)),
        "treatment": Visit({"preparation": 5, "stimulation": minutes, "wrap-up": 5}, (DEVICE, OPERATOR)),
    }


STIMULATION_RULES: tuple[Document, ...] = (
    {"sessions": [1], "template": "mapping"},
    {"every": 10, "template": "redetermination"},
    {"template": "treatment"},
)
ALWAYS: tuple[Document, ...] = ({"template": "treatment"},)


@dataclass(frozen=True)
class MadeProtocol:
    """A protocol as the clinic file writes it, with its visits at hand."""

    id: str
    modality: str
    title: str
    phases: tuple[Document, ...]
    visits: Mapping[str, Visit]
    rules: tuple[Document, ...] = ALWAYS

    def document(self) -> Document:
        """As the clinic file writes it."""
        return {
            "id": self.id,
            "modality": self.modality,
            "title": self.title,
            "phases": [*self.phases],
            "session_templates": {name: visit.document() for name, visit in self.visits.items()},
            "session_rules": [*self.rules],
        }


PROTOCOLS = (
    MadeProtocol(
        "tms-standard-36",
        "tms",
        "rTMS, 30 daily sessions and a six-session taper",
        (
            {"name": "acute", "sessions": 30, "per_week": 5, "max_gap_days": 5},
            {"name": "taper", "weekly": [3, 2, 1], "max_gap_days": 10},
        ),
        stimulation(20),
        STIMULATION_RULES,
    ),
    MadeProtocol(
        "tms-itbs-30",
        "tms",
        "Intermittent theta burst, 30 daily sessions",
        ({"name": "acute", "sessions": 30, "per_week": 5, "max_gap_days": 5},),
        stimulation(5),
        STIMULATION_RULES,
    ),
    MadeProtocol(
        "tms-accelerated",
        "tms",
        "Accelerated theta burst, ten a day on five days",
        ({"name": "accelerated", "sessions": 50, "per_day": 10, "min_gap_minutes": 40, "max_gap_minutes": 55},),
        {"treatment": Visit({"stimulation": 10}, (Wish("tms-device"), Wish("tms-operator")))},
    ),
    MadeProtocol(
        "esketamine-trd",
        "esketamine",
        "Esketamine for treatment-resistant depression",
        (
            {"name": "induction", "sessions": 8, "per_week": 2, "per_7_days": 2, "min_gap_days": 2, "max_gap_days": 7},
            {"name": "weekly", "sessions": 4, "per_week": 1, "min_gap_days": 5, "max_gap_days": 10},
            {"name": "maintenance", "sessions": 12, "per_week": 1, "min_gap_days": 12, "max_gap_days": 16},
        ),
        {"treatment": OBSERVED},
    ),
    MadeProtocol(
        "ect-index-12",
        "ect",
        "ECT index course, three a week",
        (
            {
                "name": "index",
                "sessions": 12,
                "per_week": 3,
                "min_gap_days": 2,
                "max_gap_days": 5,
                "weekdays": ["mon", "wed", "fri"],
            },
        ),
        {"treatment": SUITE},
    ),
    MadeProtocol(
        "cbt-16",
        "psychotherapy",
        "Cognitive behavioral therapy, weekly",
        ({"name": "weekly", "sessions": 16, "per_week": 1, "min_gap_days": 5, "max_gap_days": 14},),
        {"session": TALK},
        ({"template": "session"},),
    ),
)

OTHER_VISITS = {"tms": stimulation(5)["treatment"], "esketamine": OBSERVED, "ect": SUITE, "psychotherapy": TALK}
"""What the patients come for who are booked already, and for whom no course is asked."""
