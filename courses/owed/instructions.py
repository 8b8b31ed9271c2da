"""What a patient is handed at the release: plain words, with every ban as the date and time at which it ends.

`{24 h}` in an instruction stands for that many elapsed hours after the release, `{next day}` for the day after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from courses.checklists.checklist import Checklist
from rooms.availability.hours import SiteTime

ELAPSED = re.compile(r"\{(\d{1,3}) h\}")
NEXT_DAY = "{next day}"


def written_out(instructions: Sequence[str], time: SiteTime, released_at: datetime | None) -> tuple[str, ...]:
    """The instructions with their times; before the release as `untimed`."""
    return untimed(instructions) if released_at is None else tuple(_written(each, time, released_at) for each in instructions)


def handed_over(checklists: Iterable[Checklist], time: SiteTime, released_at: datetime | None) -> tuple[str, ...]:
    """What a patient is handed who is charted by some checklists."""
    return tuple(each for checklist in checklists for each in written_out(checklist.instructions, time, released_at))


def untimed(instructions: Sequence[str]) -> tuple[str, ...]:
    """The instructions with what their times will be counted from."""
    return tuple(ELAPSED.sub(r"\1 hours after you leave", each).replace(NEXT_DAY, "the day after you leave") for each in instructions)


def _written(instruction: str, time: SiteTime, released_at: datetime) -> str:
    tomorrow = time.date_of(released_at) + timedelta(days=1)

    def ends(found: re.Match[str]) -> str:
        local = time.local(released_at.astimezone(UTC) + timedelta(hours=int(found[1])))
        return f"{local:%A, %B} {local.day}, {local.year}, {local:%H:%M}"

    return ELAPSED.sub(ends, instruction).replace(NEXT_DAY, f"{tomorrow:%A, %B} {tomorrow.day}, {tomorrow.year}")
