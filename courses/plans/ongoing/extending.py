"""More sessions for a course: by the extension that its protocol foresees, or so many more of its last phase."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from courses.errors import Faulty
from courses.plans.ongoing.course import Course, Extending
from courses.protocols.protocol import Phase

MOST = 100
"""More sessions than one extension ever has; a slip of the finger is found before it is planned."""


def extending_for(course: Course, more: int | None, now: datetime) -> Extending:
    """The phases that the protocol's extension adds, or one of `more` sessions spaced like the last phase. Raises `Faulty`."""
    return _foreseen(course, now) if more is None else _more_of_the_last(course, more)


def _foreseen(course: Course, now: datetime) -> Extending:
    extension = course.version_of.document.extension
    if extension is None:
        raise Faulty("more", "the protocol foresees no extension; say how many more sessions there are to be")
    there = course.request.protocol.phases
    names = {phase.name for phase in there}
    if extension.replaces and any(phase.name in names for phase in extension.phases):
        raise Faulty("more", "the course was extended so already; say how many more sessions there are to be")
    given = Counter(session.phase for session in course.history(now))
    added = tuple(replace(phase, name=_new_name(phase.name, there)) if phase.name in names else phase for phase in extension.phases)
    return Extending(added, {name: given[name] for name in extension.replaces if name in names})


def _more_of_the_last(course: Course, more: int) -> Extending:
    if not 1 <= more <= MOST:
        raise Faulty("more", f"{more} more sessions cannot be added; use 1 to {MOST}")
    phases = course.request.protocol.phases
    last = phases[-1]
    if last.windows:
        raise Faulty("more", f"the phase {last.name!r} goes by windows of days; a new course says what comes after it")
    per_week = last.weekly[-1] if last.weekly else last.spacing.per_week
    return Extending((Phase(_new_name(last.name, phases), replace(last.spacing, per_week=per_week), sessions=more),))


def _new_name(name: str, phases: tuple[Phase, ...]) -> str:
    stem, names = name.partition(", extension")[0], {phase.name for phase in phases}
    tried = (f"{stem}, extension {n}" for n in range(1, len(phases) + 2))
    return next(each for each in tried if each not in names)
