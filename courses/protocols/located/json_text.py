"""JSON, read by the standard library for its speed; places are looked up afterwards, when a fault needs one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from courses.protocols.located.faults import Fault, FaultyDocument, Path, Place, field_text
from courses.protocols.located.walk import Walk
from courses.protocols.located.yaml_text import Data

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+')


class _KeyTwice(Exception):
    """A mapping has a key twice; which and where is looked up."""


def read_json(text: str, file: str) -> Data:
    """What a JSON document says. Raises `FaultyDocument` where it is no JSON, or a key is given twice."""
    try:
        data: Data = json.loads(text, object_pairs_hook=_mapping, parse_constant=_no_number)
    except json.JSONDecodeError as broken:
        raise FaultyDocument([Fault(file, broken.lineno, broken.colno, "", f"this is no JSON: {broken.msg}")]) from None
    except _KeyTwice:
        raise FaultyDocument([_twice(text, file)]) from None
    except RecursionError:
        raise FaultyDocument([Fault(file, 0, 0, "", "nested too deeply; the notation never is")]) from None
    except ValueError as broken:
        raise FaultyDocument([Fault(file, 0, 0, "", f"this is no JSON: {broken}")]) from None
    return data


def _mapping(pairs: list[tuple[str, Data]]) -> dict[str, Data]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwice
    return found


def _no_number(text: str) -> Data:
    raise ValueError(f"{text} is no number")


def _twice(text: str, file: str) -> Fault:
    first: dict[Path, int] = {}
    for path, (line, column) in json_entries(text):
        if path in first:
            message = f"{path[-1]!r} is here a second time, first on line {first[path]}; keep one"
            return Fault(file, line, column, field_text(path), message)
        first[path] = line
    raise AssertionError("a key was read twice and is not there twice")


def json_entries(text: str) -> Iterator[tuple[Path, Place]]:
    """Every entry of a well-formed document in order, with its place."""
    walk, line, begins = Walk(), 1, 0
    for found in _TOKEN.finditer(text):
        word, at, path = found[0], found.start(), None
        if word in "{[":
            path = walk.begin(a_mapping=word == "{")
        elif word in "]}":
            walk.end()
        else:
            path = walk.word(json.loads(word) if word.startswith('"') else word)
        if path:
            line += text.count("\n", begins, at)
            begins = at
            yield path, (line, at - text.rfind("\n", 0, at))
