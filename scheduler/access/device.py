"""What a browser says it is, in a few words."""

from __future__ import annotations

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
CARRIED = ("iPad", "iPhone", "Android", "Mobile", "Tablet")


def label_of(user_agent: str) -> str:
    """Such as `Firefox on Windows`, or `A program`."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or "A program"


def kind_of(user_agent: str, said: str) -> str:
    """`tablet` if the browser says that it is carried about, or the person does; `desk` otherwise."""
    return "tablet" if said == "tablet" or any(mark in user_agent for mark in CARRIED) else "desk"
