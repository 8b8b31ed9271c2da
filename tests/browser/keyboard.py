"""Somebody who has a keyboard and no mouse: goes from place to place by Tab, and looks each time whether they see where they are."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from playwright.sync_api import Locator, Page

KEY, THINK = 0.28, 1.35
"""Seconds of the keystroke-level model (usability bar, section 5.4)."""
MOST_TABS = 120
WHERE = """async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (at === document.body) return "the focus is lost";
  if (at.matches("input[type=time]")) return ""; // the browser draws the ring around its parts by itself
  const around = [at, at.parentElement, at.closest("article, li, tr, .item")].filter(Boolean).map(each => getComputedStyle(each));
  const ringed = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  if (!around.some(ringed)) return "the focus is not seen on " + at.outerHTML;
  const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 40)];
  const over = document.elementFromPoint(x, y);
  if (!over) return "the focus is outside of the window on " + at.outerHTML;
  const isOver = !at.contains(over) && !over.contains(at) && !at.closest("label")?.contains(over);
  if (isOver) return "the focus is covered by " + over.outerHTML.slice(0, 200);
  return "";
}"""


class Keyboard:
    """Counts keys, thoughts, and the seconds for which the page had to be waited for."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys, self.thinks, self.waited = page, 0, 0, 0.0
        self.faults: list[str] = []

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        for letter in text:
            self.press(letter)

    def to(self, what: Locator, by: str = "Tab") -> None:
        """Go there by Tab, or back by Shift+Tab."""
        for _ in range(MOST_TABS):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.press(by)
            if fault := self.page.evaluate(WHERE):
                self.faults.append(f"{fault[:400]}, on the way to {what}")
        raise AssertionError(f"{what} is not reached by Tab")

    def do(self, what: Locator, key: str = "Enter", by: str = "Tab") -> None:
        self.to(what, by)
        self.press(key)

    def think(self) -> None:
        self.thinks += 1

    def wait(self, until: Callable[[], None]) -> None:
        """Wait for the page, which counts; the focus must not be lost meanwhile."""
        at = monotonic()
        until()
        self.waited += monotonic() - at

    @property
    def seconds(self) -> float:
        return self.keys * KEY + self.thinks * THINK + self.waited
