"""YAML as the clinic file uses it: mappings, lists, text, numbers, true and false. Dates and times stay text, as in JSON.

It is read event by event rather than through PyYAML's nodes: that is ten times as fast, and the document's depth, its cycles and its
growth by aliases are known before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from courses.protocols.located.faults import Fault, FaultyDocument, Path, Place, field_text
from courses.protocols.located.walk import Walk

Data: TypeAlias = "bool | int | float | str | list[Data] | dict[str, Data] | None"

LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper

MOST_DEPTH = 40
MOST_ENTRIES = 5_000_000
"""What a document may hold when its aliases are written out; the largest clinic known has 2,000,000 entries."""

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,300}\.[0-9]*(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **{word: None for word in ("", "~", "null", "Null", "NULL")},
    **{form: True for word in ("yes", "true", "on") for form in (word, word.title(), word.upper())},
    **{form: False for word in ("no", "false", "off") for form in (word, word.title(), word.upper())},
}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


class _Opened:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "key", "lines", "merged", "size", "value")

    def __init__(self, value: list[Data] | dict[str, Data], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.size = 1
        self.key: str | None = None
        self.lines: dict[str, int] = {}
        self.merged: list[dict[str, Data]] = []

    @property
    def step(self) -> str | int:
        """Where the entry being read stands in it."""
        return len(self.value) if isinstance(self.value, list) else self.key or ""


class _Reading:
    """Builds what a stream of YAML events says."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.opened: list[_Opened] = []
        self.anchors: dict[str, tuple[Data, int]] = {}
        self.root: Data = None
        self.documents = 0

    def refuse(self, event: yaml.Event, message: str) -> FaultyDocument:
        """The fault of an event, at its line."""
        field = field_text(tuple(each.step for each in self.opened))
        return FaultyDocument([Fault(self.file, *_place(event), field, message)])

    def take(self, event: yaml.Event) -> None:
        """One more event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.refuse(event, "a second document begins here; give each its own file")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            raise self.refuse(event, f"the tag {event.tag} is not part of the notation; leave it out")
        top = self.opened[-1] if self.opened else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, event)
            return
        value = scalar(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, 1, event)

    def _key(self, top: _Opened, event: yaml.ScalarEvent) -> None:
        key: str = event.value
        top.key = key
        if key in top.lines:
            raise self.refuse(event, f"{key!r} is here a second time, first on line {top.lines[key]}; keep one")
        top.lines[key] = _place(event)[0]

    def _open(self, event: yaml.CollectionStartEvent, value: list[Data] | dict[str, Data]) -> None:
        if event.tag is not None and not event.implicit:
            raise self.refuse(event, f"the tag {event.tag} is not part of the notation; leave it out")
        top = self.opened[-1] if self.opened else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise self.refuse(event, "a key is a word, not a list or a mapping")
        if len(self.opened) >= MOST_DEPTH:
            raise self.refuse(event, f"nested more than {MOST_DEPTH} deep; the notation never is")
        self.opened.append(_Opened(value, event.anchor))

    def _close(self, event: yaml.Event) -> None:
        done = self.opened.pop()
        for defaults in done.merged:
            if isinstance(done.value, dict):
                done.value.update({key: value for key, value in defaults.items() if key not in done.value})
        if done.anchor:
            self.anchors[done.anchor] = (done.value, done.size)
        self._put(done.value, done.size, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor in self.anchors:
            value, size = self.anchors[event.anchor]
            if self.opened and isinstance(self.opened[-1].value, dict) and self.opened[-1].key is None:
                raise self.refuse(event, "a key is a word, not an alias")
            self._put(value, size, event)
        elif any(each.anchor == event.anchor for each in self.opened):
            raise self.refuse(event, f"*{event.anchor} stands inside &{event.anchor} itself: a cycle without end; write the entry out")
        else:
            raise self.refuse(event, f"*{event.anchor} refers to nothing above it; name an entry &{event.anchor} first")

    def _put(self, value: Data, size: int, event: yaml.Event) -> None:
        if not self.opened:
            self.root = value
            return
        top = self.opened[-1]
        top.size += size
        if top.size > MOST_ENTRIES:
            raise self.refuse(event, f"more than {MOST_ENTRIES} entries once its aliases are written out; no clinic is that large")
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key == "<<" and isinstance(value, dict):
            top.merged.append(value)
        elif top.key is not None:
            top.value[top.key] = value
        top.key = None


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def scalar(event: yaml.ScalarEvent) -> Data:
    """What one word of YAML means: a number, true, false or nothing where it looks so and is not quoted, and text otherwise."""
    text: str = event.value
    if not event.implicit[0] or event.tag is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def read_yaml(text: str, file: str) -> Data:
    """What a YAML document says. Raises `FaultyDocument` where it is no YAML, or more of YAML than the notation uses."""
    reading = _Reading(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reading.take(event)
    except yaml.MarkedYAMLError as broken:
        raise FaultyDocument([_syntax_fault(text, file, broken)]) from None
    except yaml.YAMLError as broken:
        raise FaultyDocument([Fault(file, 0, 0, "", f"this is no YAML: {broken}")]) from None
    return reading.root


def _syntax_fault(text: str, file: str, broken: yaml.MarkedYAMLError) -> Fault:
    mark = broken.problem_mark or broken.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    said = lines[line] if line < len(lines) else ""
    if said[column : column + 1] == "\t" or said.lstrip(" ").startswith("\t"):
        return Fault(file, line + 1, column + 1, "", "a tab; YAML is indented with spaces")
    return Fault(file, line + 1, column + 1, "", f"this is no YAML: {broken.problem or broken.context}")


def yaml_entries(text: str) -> Iterator[tuple[Path, Place]]:
    """Every entry of a well-formed document in order, with its place; what an alias brings in is not entered."""
    walk = Walk()
    for event in yaml.parse(text, Loader=LOADER):
        path = None
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            path = walk.word(event.value if isinstance(event, yaml.ScalarEvent) else "")
        elif isinstance(event, yaml.CollectionStartEvent):
            path = walk.begin(a_mapping=isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            walk.end()
        if path:
            yield path, _place(event)


def dump_yaml(data: Data) -> str:
    """YAML for people: keys in the order given, the innermost lists and mappings on one line."""
    return yaml.dump(data, Dumper=DUMPER, sort_keys=False, default_flow_style=None, width=140, allow_unicode=True)
