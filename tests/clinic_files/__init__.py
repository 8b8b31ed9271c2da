"""Clinic files that tests read, and where the format's own tools are when the checkout has them beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SMALL = HERE / "small.yaml"
DISRUPTIONS = HERE / "disruptions.yaml"
FORMAT = HERE.parents[2] / "shared" / "clinic-file"


def format_tool(name: str) -> Path:
    """One of the format's own tools; the test is skipped where the format's folder is not beside the checkout."""
    tool = FORMAT / name
    if not tool.exists():
        pytest.skip(f"the clinic file's own tools (../shared/clinic-file/{name}) are not beside this checkout")
    return tool
