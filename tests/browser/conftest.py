"""A real server on a free port, with a small clinic in it, and a real Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scheduler.app import create_app
from scheduler.cli.serving import at_once
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.entering import PLAIN_COOKIE
from scheduler.settings import Settings
from tests.browser import watched
from tests.browser.clinic import NOW, BrowserClinic
from tests.browser.wards import TABLET, Ward
from tests.browser.watched import WatchedClinic
from tests.signed_in import Staff

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESK, PHONE = (1366, 768), (360, 740)
START_SECONDS = 20
PATIENCE_MS = 15_000
"""How long something may take to be seen on a busy machine."""
BLANK = "about:blank"


@dataclass
class Served:
    """A running server: where it is, what is in it, and its clock, which stands still."""

    address: str
    clinic: BrowserClinic
    database: Database
    clock: SettableClock

    @property
    def board(self) -> str:
        """The day board's address."""
        return f"{self.address}/sites/{self.clinic.site}/board"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine. Without one the tests are skipped, but never in CI."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def built(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BrowserClinic]:
    """The clinic as it stands at 10:20 on a Monday, in a file that nobody has open, to be copied."""
    path, clinic = tmp_path_factory.mktemp("built") / "built.db", BrowserClinic()
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, path)}")
    with database.transaction() as db:
        clinic.build(db)
    clinic.token = Staff(database, SettableClock(NOW, frozen=True), office=False).lasting_token()
    database.dispose()
    with closing(sqlite3.connect(path)) as folded:
        folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, clinic


USED_PORTS: set[int] = set()


def listening_socket() -> socket.socket:
    """At a port that no server of this worker had before: what a page has stored in the window that is kept is stored by the port."""
    while True:
        listening = at_once(socket.create_server(("127.0.0.1", 0)))
        if (port := listening.getsockname()[1]) not in USED_PORTS:
            USED_PORTS.add(port)
            return listening
        listening.close()


def leave(browser: Browser) -> None:
    """Let no page listen any more to a server that is to end: it would wait for them."""
    for context in browser.contexts:
        for page in context.pages:
            page.goto(BLANK)


@contextmanager
def serve(url: str, clock: SettableClock, browser: Browser) -> Iterator[tuple[str, Database, SettableClock]]:
    """A server of a database, with passwords that cost little."""
    database = Database(url)
    app = create_app(Settings(database_url=url, password_rounds=1, password_memory_kib=32), clock, database)
    with listening_socket() as listening:
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        _wait_for(server)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", database, clock
        leave(browser)
        server.should_exit = True
        thread.join()
    database.dispose()


@contextmanager
def serving(built: tuple[Path, BrowserClinic], at: Path, browser: Browser) -> Iterator[Served]:
    """A server with a copy of the clinic."""
    template, clinic = built
    url = f"sqlite:///{shutil.copyfile(template, at / 'chairtime.db')}"
    with serve(url, SettableClock(NOW, frozen=True), browser) as (address, database, clock):
        yield Served(address, clinic.copy(), database, clock)


@pytest.fixture
def served(built: tuple[Path, BrowserClinic], tmp_path: Path, browser: Browser) -> Iterator[Served]:
    """A server of the test's own, to change things in."""
    with serving(built, tmp_path, browser) as running:
        yield running


@pytest.fixture(scope="module")
def standing(built: tuple[Path, BrowserClinic], tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Served]:
    """A server for all tests of a file that only look."""
    with serving(built, tmp_path_factory.mktemp("standing"), browser) as running:
        yield running


@pytest.fixture(scope="session")
def built_ward(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WatchedClinic]:
    """The clinic at 10:20, in a file that nobody has open, to be copied."""
    path, clinic = tmp_path_factory.mktemp("ward") / "ward.db", WatchedClinic()
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, path)}")
    with database.transaction() as db:
        clinic.build(db)
    clinic.token = Staff(database, SettableClock(watched.NOW, frozen=True), office=False).lasting_token()
    database.dispose()
    with closing(sqlite3.connect(path)) as folded:
        folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, clinic


@pytest.fixture
def ward(built_ward: tuple[Path, WatchedClinic], tmp_path: Path, browser: Browser) -> Iterator[Ward]:
    """A server of the test's own with everybody in their chairs."""
    template, clinic = built_ward
    url = f"sqlite:///{shutil.copyfile(template, tmp_path / 'ward.db')}"
    with serve(url, SettableClock(watched.NOW, frozen=True), browser) as (address, database, clock):
        yield Ward(address, deepcopy(clinic), database, clock)


@pytest.fixture(scope="module")
def shift(built_ward: tuple[Path, WatchedClinic], tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Ward]:
    """A server for all tests of a file, each with a patient of its own, a moment after Ana's two hours are over."""
    template, clinic = built_ward
    url = f"sqlite:///{shutil.copyfile(template, tmp_path_factory.mktemp('shift') / 'ward.db')}"
    later = watched.NOW + timedelta(minutes=3)
    with serve(url, SettableClock(later, frozen=True), browser) as (address, database, clock):
        yield Ward(address, deepcopy(clinic), database, clock)


def sign_in(context: BrowserContext, clinic: BrowserClinic) -> None:
    """Give a browser the sign-in of the person who has every role; every copy of the clinic knows it."""
    context.add_cookies(
        [{"name": PLAIN_COOKIE, "value": clinic.token, "domain": "127.0.0.1", "path": "/", "httpOnly": True, "sameSite": "Lax"}]
    )


def _wait_for(server: uvicorn.Server) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)


@dataclass
class Window:
    """The one window of a worker, at desk size, on a machine whose own clock is in another zone; and the faults of the scripts in it."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.set_default_timeout(PATIENCE_MS)

    def wipe(self) -> list[str]:
        """Have it as it was at first; gives the faults until now."""
        context = self.page.context
        for other in context.pages:
            if other != self.page:
                other.close()
        self.page.unroute_all()
        context.set_offline(False)
        self.page.goto(BLANK)
        context.clear_cookies()
        self.page.emulate_media(media="null", color_scheme="null")
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        faults, self.faults = self.faults, []
        return faults


@pytest.fixture(scope="session")
def window(browser: Browser) -> Window:
    """Kept for all tests: to open another one costs more than most of them."""
    width, height = DESK
    context = browser.new_context(viewport={"width": width, "height": height}, timezone_id="Asia/Tokyo", locale="en-US")
    return Window(context.new_page())


@pytest.fixture
def blank(window: Window) -> Iterator[Page]:
    """A page of somebody who has not signed in. A fault in a script of ours fails the test."""
    yield window.page
    assert window.wipe() == []


@pytest.fixture
def page(blank: Page, built: tuple[Path, BrowserClinic]) -> Page:
    """A page of somebody who is signed in and has every role."""
    sign_in(blank.context, built[1])
    return blank


__all__ = ["DESK", "PHONE", "TABLET", "Served", "serve", "serving", "sign_in"]
