"""How long a sign-in lives, and when it locks by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(hours=12)
"""No sign-in lives longer, whatever is done in it."""

WARNING = timedelta(seconds=60)
"""How long before it locks the page says so."""

TABLET = "tablet"


@dataclass(frozen=True, slots=True)
class Idle:
    """How long nobody may do anything before a sign-in locks: a tablet is carried about and left lying."""

    desk: timedelta = timedelta(minutes=15)
    tablet: timedelta = timedelta(minutes=5)

    @classmethod
    def of_minutes(cls, desk: int, tablet: int) -> Idle:
        """As the settings say it."""
        return cls(timedelta(minutes=desk), timedelta(minutes=tablet))

    def of(self, device: str) -> timedelta:
        """The time for a kind of device."""
        return self.tablet if device == TABLET else self.desk

    def is_over(self, device: str, acted_at: datetime, now: datetime) -> bool:
        """Whether nobody did anything for so long."""
        return now - acted_at >= self.of(device)
