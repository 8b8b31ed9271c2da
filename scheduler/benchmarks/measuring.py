"""Measuring: time by the wall and by the processor, memory at its peak, and on which machine."""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")

Say = Callable[[str], None]
"""Told in a line what goes on."""

LIBRARIES = ("chairtime", "numpy", "ortools")


@dataclass(frozen=True)
class Times:
    """Milliseconds of many runs of one thing. Half were quicker than the median, nineteen of twenty than the p95."""

    n: int
    cpu_median: float
    cpu_p95: float
    wall_median: float
    wall_p95: float
    cpu_total: float


@dataclass
class Stopwatch:
    """Takes the time of a thing again and again: what the clock on the wall says, and what the processor worked for this program."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def once(self) -> Iterator[None]:
        """Measure what is done inside, and in processes that it started and waited for."""
        begun, worked, helped = time.perf_counter(), time.process_time(), _of_children()
        yield
        self.wall.append((time.perf_counter() - begun) * 1000)
        self.cpu.append((time.process_time() - worked + _of_children() - helped) * 1000)

    def add_last(self, other: Stopwatch) -> None:
        """Take over the last run of another."""
        self.wall.append(other.wall[-1])
        self.cpu.append(other.cpu[-1])

    def times(self) -> Times | None:
        """What was measured; None where nothing was."""
        if not self.cpu:
            return None
        cpu, wall = (self.cpu, self.wall)
        return Times(len(cpu), statistics.median(cpu), p95(cpu), statistics.median(wall), p95(wall), sum(cpu))


def _of_children() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def p95(values: Sequence[float]) -> float:
    """Of twenty, nineteen are no greater."""
    return sorted(values)[min(len(values) - 1, len(values) * 95 // 100)]


def settle() -> None:
    """Leave what is there out of the search for garbage: the made clinics of a benchmark are no work of what it measures."""
    gc.collect()
    gc.freeze()


def peak_memory_mb() -> float:
    """The most memory that this process and the largest of its children held until now."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / unit


def apart(function: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """What a function gives in a fresh process, so that no measurement finds the memory of the one before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def machine() -> dict[str, str | int | float]:
    """What the figures are measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{name: found for name in LIBRARIES if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
