"""The protocols and, in `checklists/`, the checklists that Chairtime ships: one file each, every number with its source.

How to read a file, and what the sources are, is told in docs/protocols.md. A clinic's medical director approves a protocol
before it is switched on; a clinic copies one and edits the copy, and the file here stays as it is.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

library_version = "2026.11"
"""The edition of the library: the year and month in which its facts were last read."""


def protocol_files() -> list[Traversable]:
    """The library's files, one protocol each, sorted by name; `name` is the protocol's id with `.yaml`."""
    return sorted((each for each in files(__name__).iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)


def library() -> dict[str, str]:
    """The library's checklists: their documents by id, sorted."""
    found = (files(__name__) / "checklists").iterdir()
    texts = {each.name.removesuffix(".yaml"): each.read_text(encoding="utf-8") for each in found if each.name.endswith(".yaml")}
    return {code: texts[code] for code in sorted(texts)}
