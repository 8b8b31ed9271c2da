"""What a visit asks of a patient beforehand, by the course's modality: read from `preparation.yaml`, where each number has its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from scheduler.reminders.decency import Decency

FILE = Path(__file__).parent / "preparation.yaml"
EVENING = 18 * 60
"""The wall-clock minute of the evening before."""
LEAST = timedelta(hours=1)
"""So long before it begins the patient is told at the latest."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """It begins `hours` before the visit; the message goes out on the `evening` before, or `lead` hours before the visit."""

    hours: int
    lead: int
    evening: bool
    escort: bool

    def begins_at(self, visit_at: datetime, decency: Decency) -> datetime:
        """From when on it is too late to be told; for what goes by the evening before, midnight where the patient is at the latest."""
        begins = visit_at - timedelta(hours=self.hours)
        if not self.evening:
            return begins
        zone = decency.zones[0]
        return min(begins, zone.day(zone.date_of(visit_at)).midnight)

    def due_at(self, visit_at: datetime, decency: Decency) -> datetime:
        """When the patient is told: at a decent hour before it begins."""
        evening = decency.evening_before(decency.zones[0].date_of(visit_at), EVENING)
        before, latest = visit_at - timedelta(hours=self.lead), self.begins_at(visit_at, decency) - LEAST
        due = evening if self.evening or not decency.is_decent(before) else before
        return due if due <= latest else decency.last_decent(latest)


@lru_cache(maxsize=1)
def preparations() -> dict[str, Preparation]:
    """What each modality asks for; one that is not there asks for nothing."""
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        modality: Preparation(int(each["hours"]), int(each.get("lead", 0)), bool(each.get("evening")), bool(each.get("escort")))
        for modality, each in written.items()
    }
