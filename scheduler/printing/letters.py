"""Texts as they can be printed: the fonts, and what is done about what they cannot show."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from xml.sax.saxutils import escape

import pymupdf_fonts
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

PLAIN, BOLD = "NotoSans", "NotoSans-Bold"
INSTEAD = {"≥": ">=", "≤": "<=", "→": "->", "−": "–", "✓": "x"}
"""Signs that the fonts lack, and what says the same."""
MISSING = "?"
LONGEST = 300
"""How many letters of one text are printed, so that no row is taller than a page."""


@lru_cache(maxsize=1)
def load_fonts() -> frozenset[int]:
    """Make both fonts known to reportlab, once; the letters that can be printed."""
    shown = []
    for name, source in ((PLAIN, "notos"), (BOLD, "notosbo")):
        font = TTFont(name, io.BytesIO(pymupdf_fonts.myfont(source)))
        pdfmetrics.registerFont(font)
        shown.append(frozenset(font.face.charToGlyph))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    return shown[0] & shown[1]


def printable(text: str, longest: int = LONGEST) -> str:
    """A text with every letter that the fonts have, and a question mark for one that they lack; cut where it is too long."""
    letters = load_fonts()
    whole = "".join(INSTEAD.get(letter, letter) for letter in unicodedata.normalize("NFC", " ".join(text.split())))
    shown = "".join(letter if ord(letter) in letters and letter.isprintable() else MISSING for letter in whole)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def fitted(text: str, font: str, size: float, width: float) -> str:
    """A text cut so that it takes no more than a width in points."""
    shown = printable(text)
    if stringWidth(shown, font, size) <= width:
        return shown
    while shown and stringWidth(f"{shown}…", font, size) > width:
        shown = shown[:-1].rstrip()
    return f"{shown}…"


def initials_of(name: str) -> str:
    """`Á. Ł.` for a name of two words."""
    return " ".join(f"{word[0].upper()}." for word in unicodedata.normalize("NFC", name).split())


@lru_cache(maxsize=64)
def style(size: float = 9, *, bold: bool = False, gray: bool = False) -> ParagraphStyle:
    """A style of lines of text; gray is dark enough to be read after a bad copier."""
    load_fonts()
    name = f"{'bold' if bold else 'plain'}-{size:g}{'-gray' if gray else ''}"
    color = HexColor("#444444" if gray else "#000000")
    return ParagraphStyle(name, fontName=BOLD if bold else PLAIN, fontSize=size, leading=size * 1.3, textColor=color, splitLongWords=1)


def line(  # how it looks
    text: str, size: float = 9, *, bold: bool = False, gray: bool = False, struck: bool = False, longest: int = LONGEST
) -> Paragraph:
    """A text that wraps, whatever is in it."""
    shown = escape(printable(text, longest))
    return Paragraph(f"<strike>{shown}</strike>" if struck else shown, style(size, bold=bold, gray=gray))
