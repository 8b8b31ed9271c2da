"""Boxes to be ticked and lines to be written on: the fonts have no sign for a box, so each is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from scheduler.printing.letters import PLAIN, load_fonts, printable

BOX = 8
ROW = 13


class Choices(Flowable):
    """A box before each word, in as many lines as it takes."""

    def __init__(self, words: Sequence[str], size: float = 8.5) -> None:
        super().__init__()
        load_fonts()
        self._words = [printable(word, 80) for word in words]
        self._size = size
        self._lines: list[list[tuple[float, str]]] = []

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:  # noqa: ARG002  # reportlab gives both
        """How wide and high it is where so much room is left."""
        self._lines = [[]]
        at = 0.0
        for word in self._words:
            takes = BOX + 3 + stringWidth(word, PLAIN, self._size) + 8
            if at and at + takes > available_width:
                self._lines.append([])
                at = 0.0
            self._lines[-1].append((at, word))
            at += takes
        self.width, self.height = available_width, ROW * len(self._lines)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the boxes and the words."""
        self.canv.setFont(PLAIN, self._size)
        self.canv.setLineWidth(0.7)
        for number, words in enumerate(self._lines, 1):
            base = self.height - ROW * number + 3
            for at, word in words:
                self.canv.rect(at, base - 1, BOX, BOX)
                self.canv.drawString(at + BOX + 3, base, word)
