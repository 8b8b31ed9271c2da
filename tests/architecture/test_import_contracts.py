"""Arrows only down: the import contracts of pyproject.toml hold."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_contracts_hold() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_folder_of_rooms_and_courses_but_tables_and_queries_is_held_to_be_pure() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = next(contract["source_modules"] for contract in contracts if contract["id"] == "pure")
    folders = {f"{file.parts[-3]}.{file.parts[-2]}" for package in ("rooms", "courses") for file in (ROOT / package).glob("*/*.py")}

    assert folders - set(held) == {"courses.queries", "courses.records"}
