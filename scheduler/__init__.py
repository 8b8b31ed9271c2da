"""The clinic's programs: the HTTP API, the pages, the jobs and the command line, on the two floors beneath."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""How many objects a program makes before those that hold each other are looked for. By itself Python looks after every 700, which takes
up to a quarter of the time of a request and a sixth of a start."""

gc.set_threshold(YOUNG, 20, 20)
