"""How values become text on a page: the one template environment, and how it writes dates, times, lengths, states and modalities."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class Modality:
    """How a kind of treatment is marked on a card: a letter and a stripe pattern, so that no two are told apart by color."""

    letter: str
    short: str
    name: str
    pattern: str


MODALITIES = {
    "tms": Modality("T", "TMS", "Transcranial magnetic stimulation", "solid"),
    "esketamine": Modality("S", "Esk", "Esketamine", "dots"),
    "ect": Modality("E", "ECT", "Electroconvulsive therapy", "slant"),
    "ketamine": Modality("K", "Ket", "IV ketamine", "check"),
    "neurostimulation": Modality("N", "Prog", "Implanted stimulators", "bars"),
    "psychotherapy": Modality("P", "Ther", "Psychotherapy", "rails"),
    "medication": Modality("M", "Med", "Medication management", "plain"),
    "evaluation": Modality("V", "Eval", "Evaluation", "plain"),
}
OTHER_MODALITY = Modality("O", "Visit", "Other", "plain")

STATES = {
    "planned": ("Planned", "circle"),
    "held": ("Held", "circle"),
    "booked": ("Booked", "circle"),
    "confirmed": ("Confirmed", "tick-circle"),
    "arrived": ("Arrived", "person"),
    "in_treatment": ("In treatment", "bolt"),
    "in_observation": ("Observing", "clock"),
    "due": ("Due now", "bell"),
    "ready": ("Ready to leave", "door"),
    "discharged": ("Done", "tick"),
    "missed": ("Missed", "cross"),
    "cancelled": ("Cancelled", "cross"),
}


def modality(name: str) -> Modality:
    """The marks of a modality; one that the clinic made up itself gets the plain ones."""
    return MODALITIES.get(name, OTHER_MODALITY)


def state_word(state: str) -> str:
    """The word that staff read for a session's state."""
    return STATES[state][0]


def state_icon(state: str) -> str:
    """The name of the picture that goes with a session's state."""
    return STATES[state][1]


def clock(at: datetime | time) -> str:
    """A time of day, as 09:40."""
    return at.strftime("%H:%M")


def day(on: date) -> str:
    """A date in a list, as Mon, Nov 30."""
    return f"{on:%a, %b} {on.day}"


def day_with_year(on: date) -> str:
    """A date that may lie far off, as Mon, Nov 30, 2026."""
    return f"{on:%a, %b} {on.day}, {on.year}"


def long_day(on: date) -> str:
    """A date as a heading, as Monday, November 30, 2026."""
    return f"{on:%A, %B} {on.day}, {on.year}"


def day_after(on: date, days: int) -> date:
    """The date so many days later, or earlier."""
    return on + timedelta(days=days)


def lasting(minutes: int) -> str:
    """How long something takes, as 25 min, 2 h or 2 h 30 min."""
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    parts = [f"{hours} h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} min")
    return " ".join(parts)


def span(minutes: int, prefix: str = "d") -> str:
    """The style classes that draw so many minutes, as `dh1 dm30` (`th`, `tm` for a turnover)."""
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    return " ".join(f"{prefix}{unit}{number}" for unit, number in (("h", hours), ("m", rest)) if number)


def counted(number: int, noun: str) -> str:
    """A number with its noun, as 1 session or 3 sessions."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clock_of_minute(minute: int) -> str:
    """A minute of the day, as 08:00."""
    hours, rest = divmod(minute, MINUTES_PER_HOUR)
    return f"{hours:02d}:{rest:02d}"


def phone_words(number: str) -> str:
    """A number as it is read aloud: (212) 555-0100; one of another country with its country, and anything else as it is."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def environment() -> Environment:
    """The template environment of every page: escapes all text, and fails on a name that the page was not given."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    written = (clock, day, day_with_year, long_day, day_after, lasting, span, counted, modality, state_word, state_icon, phone_words)
    templates.filters.update({function.__name__: function for function in written})
    templates.globals["modalities"] = MODALITIES
    templates.globals["states"] = STATES
    return templates
