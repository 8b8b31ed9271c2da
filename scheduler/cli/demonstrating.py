"""The command that shows Chairtime at work: demo."""

from __future__ import annotations

import os
import socket
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from rooms import queries
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Calendar
from rooms.errors import DomainError
from scheduler.auditing import seen_by
from scheduler.cli.opening import settings_of, shown, typed_by
from scheduler.cli.serving import listen
from scheduler.cli.terminal import progress_bar, say
from scheduler.clock import Clock, SystemClock
from scheduler.database import Database, migrate, schema_is_current
from scheduler.demo import PEOPLE, SITE, add_people, build_demo, made_on
from scheduler.proving import Hasher

DEMO_EXAMPLE = "Example: chairtime demo --port 8080"
DEMO_FILE = Path("var") / "demo.db"

DemoUrl = Annotated[
    str, typer.Option("--database-url", metavar="URL", help="Another database, empty or with the demo in it.", show_default="var/demo.db")
]


class PortTaken(DomainError):
    """Somebody listens there already."""

    code = "port_taken"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} of {host} is taken; stop what listens there, or choose another: PORT={port + 1} make demo")
        self.port = port


class NotTheDemo(DomainError):
    """The database has a clinic of its own, which the demo must not touch."""

    code = "not_the_demo"

    def __init__(self, url: str) -> None:
        super().__init__(f"{shown(url)} has another clinic in it; give the demo a database of its own.")
        self.url = url


def demo(
    port: Annotated[int, typer.Option("--port", help="The port to listen on.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the demo anew, and lose what was changed in it.")] = False,
    only_make: Annotated[bool, typer.Option("--only-make", help="Make the demo's database and serve nothing.")] = False,
    database_url: DemoUrl = "",
) -> None:
    """Make a lively demo clinic around today, say how to sign in to it in each role, and serve it. Its people are made up.

    What is changed in it stays until the next day, when var/demo.db is made anew; another database is only ever filled, never emptied.
    """
    if not only_make:
        _refuse_taken(host, port)
    clock = SystemClock()
    url = database_url or f"sqlite:///{DEMO_FILE}"
    if not database_url and (fresh or not _is_of_today(url, clock)):
        _remove(DEMO_FILE)
    _fill(url, clock)
    _tell_people(url, clock)
    if not only_make:
        say(f"The demo clinic is at http://{host}:{port}/ - Ctrl-C stops it.")
        listen(settings_of(url).model_copy(update={"host": host, "port": port, "mode": "demo"}))


def _refuse_taken(host: str, port: int) -> None:
    """Look before the old demo is removed: its server may be the one that listens."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            raise PortTaken(host, port) from None


def _is_of_today(url: str, clock: Clock) -> bool:
    if not DEMO_FILE.is_file() or not schema_is_current(url):
        return False
    database = Database(url)
    try:
        with database.reading() as db:
            made = made_on(db)
            return made is not None and made == _today(queries.site(db, SITE).site.timezone, clock)
    finally:
        database.dispose()


def _remove(file: Path) -> None:
    for part in (file, file.with_suffix(".people"), *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))):
        part.unlink(missing_ok=True)


def _fill(url: str, clock: Clock) -> None:
    migrate(url)
    database = Database(url)
    try:
        with database.reading() as db:
            there, made = [known.site.id for known in queries.sites(db)], made_on(db)
        if there and SITE not in there:
            raise NotTheDemo(url)
        if made is None:
            say("Making the demo clinic; its people are made up.")
            with progress_bar("Booking courses") as told:
                build_demo(seen_by(database, typed_by(), clock.now), now=clock.now(), new_id=clock.new_id, progress=told)
        _tell_day(database, clock)
    finally:
        database.dispose()


def _tell_people(url: str, clock: Clock) -> None:
    """Say how to sign in as each person of the demo. Their passphrases are kept in a file beside it that only its owner reads."""
    file = _people_file(url)
    known = dict(line.split("\t", 1) for line in file.read_text(encoding="utf-8").splitlines()) if file.is_file() else {}
    settings = settings_of(url)
    hasher = Hasher(settings.password_rounds, settings.password_memory_kib)
    database = Database(url)
    try:
        seen = seen_by(database, typed_by(), clock.now)
        passphrases = seen.run(lambda db: add_people(db, known, hasher, clock))
    finally:
        database.dispose()
    if passphrases != known:
        _keep(file, "".join(f"{handle}\t{passphrase}\n" for handle, passphrase in passphrases.items()))
    say("Sign in as one of these:")
    for person in PEOPLE:
        say(f"  {person.role.words:<14} {person.handle:<8} {passphrases[person.handle]}")


def _people_file(url: str) -> Path:
    parsed = make_url(url)
    beside = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else DEMO_FILE
    return beside.with_suffix(".people")


def _keep(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as kept:
        kept.write(text)


def _tell_day(database: Database, clock: Clock) -> None:
    """Say so where the clinic is closed today: the board would seem empty."""
    with database.reading() as db:
        calendar = Calendar(queries.site(db, SITE).site, ())
    today = _today(calendar.site.timezone, clock)
    opens = next(day for day in (today + timedelta(days=n) for n in range(30)) if calendar.is_open(day))
    if opens != today:
        say(f"The clinic is closed today, {today:%A}; the next open day is {opens:%A, %Y-%m-%d}.")


def _today(timezone: str, clock: Clock) -> date:
    return SiteTime(timezone).date_of(clock.now())
