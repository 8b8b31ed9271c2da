"""Named points at which a test build can be made to die, wait or fail; nothing at all unless FAULTS=1 was set when the program began.

`CHAIRTIME_FAULT="F3:kill@7"` kills the process at its 7th passage of F3; `F5:delay=0.2@1` waits 0.2 seconds; `F5:raise@1` raises.
Several, separated by commas, may be given.

| F1 | after the resources are locked | F2 | after the session's row | F3 | between the bookings of two sessions |
| F5 | before the commit | F6 | after the commit, before the reply | F7 | of a move: the new place taken, the old not yet freed |
| F8 | of a cancellation: the status set, the bookings not yet freed | F9 | half of a course's sessions written |
| F10 | before a course's commit | F11 | holds that ran out, being released | F12 | a message's intent written |
| F13 | a message's channel open, nothing handed over | F14 | handed over, nothing written of it |
| F15 | before it is written that it was sent | F16 | a message planned again after a failure |
| F19 | entries written, what follows from them not yet | F20 | a signature's digest computed, its row not yet written |
| F21 | entries and what follows from them written | F23 | in the middle of a backup | F24 | in the middle of a migration |
| F25 | a backup put back, before anything can start with it |
| F26 | a key being replaced: the new one put first, then after each value that was sealed anew |
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass


class FaultInjected(RuntimeError):
    """Raised at a fault point that was told to."""


@dataclass
class Fault:
    """What happens at the `passage`-th time (from 1) that a point is passed."""

    action: str
    passage: int
    passed: int = 0

    @classmethod
    def parse(cls, text: str) -> tuple[str, Fault]:
        """The point's name and its fault, from `F3:kill@7`."""
        name, _, rest = text.partition(":")
        action, _, passage = rest.partition("@")
        return name.strip(), cls(action.strip(), int(passage or 1))

    def pass_by(self, name: str) -> None:
        """Count a passage, and act if it is the one."""
        self.passed += 1
        if self.passed != self.passage:
            return
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.action.startswith("delay"):
            time.sleep(float(self.action.partition("=")[2] or 1))
        elif self.action == "raise":
            raise FaultInjected(f"fault injected at {name}")
        else:
            raise ValueError(f"{self.action!r} is no fault; use kill, delay=SECONDS or raise")


ENABLED = os.environ.get("FAULTS") == "1"
_plan = dict(Fault.parse(each) for each in os.environ.get("CHAIRTIME_FAULT", "").split(",") if each.strip()) if ENABLED else {}


def plan(text: str) -> None:
    """Replace the plan, in a test build only. Raises `RuntimeError` in any other."""
    if not ENABLED:
        raise RuntimeError("fault points are off; start with FAULTS=1")
    _plan.clear()
    _plan.update(Fault.parse(each) for each in text.split(",") if each.strip())


def point(name: str) -> None:
    """A place where things may go wrong."""
    if ENABLED and name in _plan:
        _plan[name].pass_by(name)
