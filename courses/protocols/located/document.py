"""A document of any kind: read once, and able to say at which line an entry stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from courses.protocols.located.faults import EnoughFaults, Fault, FaultyDocument, Path, Place, Refusals, field_text
from courses.protocols.located.json_text import json_entries, read_json
from courses.protocols.located.part import Part
from courses.protocols.located.yaml_text import Data, read_yaml, yaml_entries

T = TypeVar("T")

MOST_BYTES = 64 * 2**20
"""The largest clinic of the benchmark writes 24 MB."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Document:
    """What a file says, and where it says it."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.is_json = _is_json(file, text)
        self.data: Data = read_json(text, file) if self.is_json else read_yaml(text, file)

    def read(self, reader: Callable[[Part], T | None]) -> T:
        """What a reader makes of the whole. Raises `FaultyDocument` with every fault that it noted."""
        refusals = Refusals()
        if self.data is None:
            raise FaultyDocument([Fault(self.file, 1, 1, "", "the file is empty")])
        try:
            result = reader(Part(self.data, (), refusals))
        except EnoughFaults:
            result = None
        if refusals.found or result is None:
            raise FaultyDocument(self.located(refusals.found))
        return result

    def located(self, found: Iterable[tuple[Path, str]]) -> tuple[Fault, ...]:
        """Faults at their lines, in the document's order. An entry that is not there is placed at the nearest that it would stand in."""
        found = list(found)
        places = self._places({path[:n] for path, _ in found for n in range(1, len(path) + 1)}) if found else {}
        faults = [self._fault(path, message, places) for path, message in found]
        return tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))

    def _fault(self, path: Path, message: str, places: dict[Path, Place]) -> Fault:
        near = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in places), ())
        line, column = places.get(near, (1, 1))
        return Fault(self.file, line, column, field_text(path), message)

    def _places(self, wanted: set[Path]) -> dict[Path, Place]:
        found: dict[Path, Place] = {}
        for path, place in json_entries(self.text) if self.is_json else yaml_entries(self.text):
            if path in wanted:
                found[path] = place
                if len(found) == len(wanted):
                    break
        return found


def _is_json(file: str, text: str) -> bool:
    if file.endswith((".yaml", ".yml")):
        return False
    return file.endswith(".json") or text.lstrip()[:1] == "{"


def read_document(content: bytes | str, file: str) -> Document:
    """The document in a file's content: JSON where its name ends so (or, without an ending, it begins so), YAML otherwise.

    Raises `FaultyDocument` for what is too large, not UTF-8, or broken.
    """
    if len(content) > MOST_BYTES:
        megabytes = len(content) / 2**20
        raise FaultyDocument([Fault(file, 0, 0, "", f"{megabytes:.0f} MB; a clinic file has at most {MOST_BYTES // 2**20} MB")])
    text = _decoded(content, file) if isinstance(content, bytes) else content
    strange = _UNPRINTABLE.search(text)
    if strange:
        line, column = text.count("\n", 0, strange.start()) + 1, strange.start() - text.rfind("\n", 0, strange.start())
        raise FaultyDocument(
            [Fault(file, line, column, "", f"the character U+{ord(strange[0]):04X} does not belong in a text; take it out")]
        )
    return Document(file, text.removeprefix("\ufeff"))


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = content.count(b"\n", 0, broken.start) + 1
        raise FaultyDocument([Fault(file, line, 0, "", "the text is not UTF-8 from here; save the file as UTF-8")]) from None
