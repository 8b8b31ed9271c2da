"""Reads PDFs by another library than the one that wrote them."""

from __future__ import annotations

from pathlib import Path

import pypdfium2


def pages_of(written: bytes) -> list[str]:
    """The text of each page; what stands in several lines of a cell is joined by blanks."""
    document = pypdfium2.PdfDocument(written)
    try:
        return [" ".join(str(page.get_textpage().get_text_bounded()).split()) for page in document]
    finally:
        document.close()


def sizes_of(written: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in points."""
    document = pypdfium2.PdfDocument(written)
    try:
        return [(round(width), round(height)) for width, height in (page.get_size() for page in document)]
    finally:
        document.close()


def draw(written: bytes, folder: Path, *, gray: bool = False) -> list[Path]:
    """A picture of each page."""
    document = pypdfium2.PdfDocument(written)
    drawn = []
    for number, page in enumerate(document, 1):
        drawn.append(folder / f"{number}.png")
        page.render(scale=1.2, grayscale=gray).to_pil().save(drawn[-1])
    document.close()
    return drawn
