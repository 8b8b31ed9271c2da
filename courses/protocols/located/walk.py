"""Knowing where one is in a document while its pieces go by."""

from __future__ import annotations

from courses.protocols.located.faults import Path


class Walk:
    """The path of each entry, from the words, beginnings and ends of mappings and lists alone."""

    def __init__(self) -> None:
        self._steps: list[str | int] = []
        self._key_next: list[bool | None] = []  # None in a list

    def word(self, text: str) -> Path | None:
        """A key or a single value goes by: the path of the entry that begins with it, if one does."""
        if not self._steps:
            return None
        here, last = self._key_next[-1], self._steps[-1]
        if here is None and isinstance(last, int):
            self._steps[-1] = last + 1
            return tuple(self._steps)
        self._key_next[-1] = not here
        if not here:
            return None
        self._steps[-1] = text
        return tuple(self._steps)

    def begin(self, *, a_mapping: bool) -> Path | None:
        """A mapping or list opens: the path of the entry that begins with it, if one does."""
        path = self.word("")
        self._steps.append("" if a_mapping else -1)
        self._key_next.append(True if a_mapping else None)
        return path

    def end(self) -> None:
        """The mapping or list closes."""
        self._steps.pop()
        self._key_next.pop()
