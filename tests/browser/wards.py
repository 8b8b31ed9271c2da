"""A server with the clinic of a busy morning, and a tablet to work on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page
from sqlalchemy import update

from courses.records import PatientRow
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.entering import PLAIN_COOKIE
from tests.browser.watched import WatchedClinic

TABLET = (1180, 820)


@dataclass
class Ward:
    """A running server: where it is, what is in it, and its clock, which stands still."""

    address: str
    clinic: WatchedClinic
    database: Database
    clock: SettableClock

    @property
    def observations(self) -> str:
        """The observation board's address."""
        return f"{self.address}/sites/{self.clinic.site}/observations"

    def sheet(self, given: str) -> str:
        """The address of somebody's sheet."""
        return f"{self.address}/sessions/{self.clinic.sessions[given]}/sheet"

    def rename(self, given: str, family: str) -> None:
        """Give somebody another family name."""
        with self.database.transaction() as db:
            db.execute(update(PatientRow).where(PatientRow.public_id == self.clinic.patients[given]).values(family_name=family))


@contextmanager
def tablet(browser: Browser, ward: Ward, *, size: tuple[int, int] = TABLET, touch: bool = True) -> Iterator[Page]:
    """A tablet of somebody with every role; a fault in a script of ours fails the test."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=touch, timezone_id="Asia/Tokyo", locale="en-US", reduced_motion="reduce"
    )
    context.add_cookies(
        [{"name": PLAIN_COOKIE, "value": ward.clinic.token, "domain": "127.0.0.1", "path": "/", "httpOnly": True, "sameSite": "Lax"}]
    )
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert faults == []
