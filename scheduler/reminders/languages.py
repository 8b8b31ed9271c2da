"""The languages that messages are written in: one file each in `templates/`. Another one is added by adding its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from scheduler.reminders.kind import FOR_PATIENTS, Kind
from scheduler.reminders.message import FIELD

FOLDER = Path(__file__).parent / "templates"
FALLBACK = "en"
USUAL = {
    "label": "Linden Clinic",
    "name": "Ana,",
    "when": "Wed, Dec 23, 10:45 AM",
    "days": "Mon-Fri 10:45 AM",
    "count": "5",
    "phone": "555-123-4567",
    "link": "",
    "reply": "Reply C to confirm or R for a new time, or call 555-123-4567.",
    "stop": "Reply STOP to end texts.",
    "until": "10:45 AM",
    "take": "Reply C by 10:45 AM to take it.",
}
"""Facts as they usually are, by which a text's length is told before there is a patient."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: how it writes dates (`words`), each kind of message (`subject` and `text`), and the answers to what is written back."""

    code: str
    name: str
    words: Mapping[str, object]
    messages: Mapping[Kind, Mapping[str, str]]
    tails: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, str]


@lru_cache(maxsize=32)
def language(code: str) -> Language:
    """A language by its code; without its region, then English, where there is no such file. Raises `ValueError` for one not complete."""
    file = next(
        (path for each in (code, code.partition("-")[0], FALLBACK) if (path := FOLDER / f"{each}.yaml").is_file()),
        FOLDER / f"{FALLBACK}.yaml",
    )
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    missing = [kind.value for kind in FOR_PATIENTS if kind.value not in written["messages"]]
    if missing:
        raise ValueError(f"{file.name} has no text for {', '.join(missing)}")
    return Language(
        file.stem,
        str(written["language"]),
        {name: written[name] for name in ("clock", "date", "weekdays", "months")},
        {kind: written["messages"][kind.value] for kind in FOR_PATIENTS},
        written["tails"],
        written["answers"],
    )


def usual_of(code: str, **facts: str) -> dict[str, str]:
    """Facts as they usually are, in a language, with what its tails say; `facts` replaces some of them."""
    spoken, usual = language(code), {**USUAL, **facts}
    weekdays, months, at = spoken.words["weekdays"], spoken.words["months"], "10:45" if spoken.words["clock"] == 24 else "10:45 AM"
    if isinstance(weekdays, list) and isinstance(months, list):
        usual["when"] = f"{str(spoken.words['date']).format(weekday=weekdays[2], month=months[11], day=23)}, {at}"
        usual["until"] = at
        usual["days"] = f"{weekdays[0]}-{weekdays[4]} {at}"
    return usual | {name: FIELD.sub(lambda field: usual.get(field[1], ""), tail) for name, tail in spoken.tails["sms"].items()}


def languages() -> tuple[str, ...]:
    """The codes of all languages that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
