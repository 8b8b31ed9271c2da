"""A text of a message, looked at from all sides: its length, its letters, how hard it is to read, and what it must not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.reminders.message import FIELD, FIELDS, ONE_SEGMENT, filled, forbidden_in, length_of
from scheduler.reminders.reading import ENGLISH_MOST, SPANISH_LEAST, ease, grade, is_easy


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found. `letters` counts those of a text message, filled in as usual; `reading` tells how hard it is in words."""

    preview: str
    letters: int
    segments: int
    strange: tuple[str, ...]
    forbidden: tuple[str, ...]
    unknown_fields: tuple[str, ...]
    tells_stop: bool
    reading: str
    is_easy: bool

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is in the way of publishing it, in sentences."""
        found = [f"There is no field {{{name}}}; there are {', '.join(sorted(FIELDS))}." for name in self.unknown_fields]
        if not self.tells_stop:
            found.append("It has to say how to get no more of them; put {stop} at its end.")
        found += [f"“{word}” tells a stranger too much; leave it out." for word in self.forbidden]
        if self.strange:
            found.append(f"{' '.join(self.strange)} makes it three times as long as a text message; write it without.")
        elif self.segments > 1:
            found.append(f"Filled in as usual it has {self.letters} letters; {ONE_SEGMENT} are the most.")
        return tuple(found if self.is_easy else [*found, "It is harder to read than sixth grade; use short words and short sentences."])


def assess(text: str, language: str, usual: Mapping[str, str]) -> Assessment:
    """Look at a text in a language; `usual` are the facts that it is filled in with."""
    preview = filled(text, usual)
    length = length_of(preview)
    return Assessment(
        preview,
        length.letters,
        length.segments,
        length.strange,
        forbidden_in(FIELD.sub(" ", text)),
        tuple(sorted(set(FIELD.findall(text)) - FIELDS)),
        "{stop}" in text,
        reading_words(text, language),
        is_easy(text, language),
    )


def reading_words(text: str, language: str) -> str:
    """How hard a text is to read, with the limit."""
    if language.startswith("en"):
        return f"grade {max(0.0, grade(text)):.1f} (at most {ENGLISH_MOST:.0f})"
    if language.startswith("es"):
        return f"ease {ease(text):.0f} of 100 (at least {SPANISH_LEAST:.0f})"
    return "nobody can say in this language"
