"""Measuring: how long a thing took, many times, and on which machine."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy

from scheduler.database import Database


@dataclass
class Timing:
    """One thing on one database, in milliseconds. `bar` is what its median may be at most, where that is promised."""

    what: str
    database: str
    bar: float | None = None
    samples: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    """Of the same, what the processor worked for this program: on a machine with other work, the figure to compare."""

    @contextmanager
    def once(self) -> Iterator[None]:
        """Measure what is done inside."""
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.samples.append((time.perf_counter() - begun) * 1000)
        self.busy.append((time.process_time() - worked) * 1000)

    @property
    def median(self) -> float:
        """Half were quicker."""
        return statistics.median(self.samples)

    @property
    def cpu(self) -> float:
        """The processor's work, at the median."""
        return statistics.median(self.busy)

    @property
    def p95(self) -> float:
        """Of twenty, nineteen were quicker."""
        return sorted(self.samples)[min(len(self.samples) - 1, len(self.samples) * 95 // 100)]

    @property
    def within(self) -> bool:
        """Whether it keeps its bar."""
        return self.bar is None or self.median <= self.bar

    def data(self) -> dict[str, object]:
        """For machines to read."""
        figures = {"n": len(self.samples), "median_ms": round(self.median, 2), "p95_ms": round(self.p95, 2), "cpu_ms": round(self.cpu, 2)}
        return {"what": self.what, "database": self.database, **figures, "bar_ms": self.bar, "within": self.within}


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    models = (
        [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    )
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def version_of(database: Database) -> str:
    """`SQLite 3.45.1`, `PostgreSQL 18.6`."""
    name, question = ("SQLite", "sqlite_version()") if database.is_sqlite else ("PostgreSQL", "current_setting('server_version')")
    with database.reading() as db:
        return f"{name} {db.scalar(sqlalchemy.text(f'SELECT {question}'))}"


def table(timings: list[Timing]) -> str:
    """The figures for people to read."""
    lines = [f"{'':52} {'database':>16} {'n':>4} {'median':>10} {'p95':>10} {'cpu':>10} {'at most':>10}"]
    for each in timings:
        bar = "" if each.bar is None else f"{each.bar:8.0f} ms" + ("" if each.within else "  MISSED")
        figures = " ".join(f"{value:7.1f} ms" for value in (each.median, each.p95, each.cpu))
        lines.append(f"{each.what:52} {each.database:>16} {len(each.samples):4} {figures} {bar:>11}")
    return "\n".join(lines)
