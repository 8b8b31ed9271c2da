"""Telling patients: rows are planned from what is true, taken when they are due, sent, and closed by what came of it.

`plan` brings the rows to what is to be said now; `deliver` sends what is due on one channel; `elected` lets one worker of many do it.
"""

from __future__ import annotations

from scheduler.reminding.electing import REMINDING, Post, elected, resign
from scheduler.reminding.planning import plan
from scheduler.reminding.sending import deliver
from scheduler.reminding.working import Worker, troubles

__all__ = ["REMINDING", "Post", "Worker", "deliver", "elected", "plan", "resign", "troubles"]
