"""Messages on the terminal, for the demo: nobody gets anything."""

from __future__ import annotations

from collections.abc import Callable

from scheduler.reminders.channels.carrier import Came, Outcome, Parcel


class Console:
    """Shows what would have been sent on a channel."""

    def __init__(self, channel: str, show: Callable[[str], None]) -> None:
        self._channel = channel
        self._show = show

    @property
    def channel(self) -> str:
        """Which one it stands for."""
        return self._channel

    def send(self, parcel: Parcel) -> Outcome:
        """Show it."""
        self._show(f"[{self._channel} to {parcel.address}] {parcel.text}")
        return Outcome(Came.ACCEPTED, parcel.id)

    def close(self) -> None:
        """Nothing is open."""
