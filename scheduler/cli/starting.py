"""Whether it is safe to start where a clinic works: whatever is not is told with its setting and the way out, all of it at once."""

from __future__ import annotations

import difflib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from rooms.errors import DomainError
from scheduler.backing_up import is_stale, last_backup
from scheduler.backing_up.encrypted import recipients_of
from scheduler.backing_up.queries import acknowledged
from scheduler.backing_up.sqlite import BESIDE
from scheduler.backing_up.vouching import DISK_ENCRYPTION
from scheduler.cli.opening import NoTables, refuse_without_tables, shown
from scheduler.cli.terminal import say
from scheduler.database import Database
from scheduler.demo import made_on
from scheduler.granting import may_bend_the_trail
from scheduler.keys import OTHERS, keys_of
from scheduler.reminders.message import forbidden_in
from scheduler.reminders.queries import labels
from scheduler.reminding.carriers import faults_of
from scheduler.settings import Settings

PREFIX = "CHAIRTIME_"
ELSEWHERE = ("CHAIRTIME_OIDC_", "CHAIRTIME_FAULT", "CHAIRTIME_TEST_DATABASE_URL")
"""Names that others than `Settings` read."""
DEMO_FOLDER = "var"
DEFAULT_PASSWORDS = {"postgres", "password", "chairtime", "changeme", "secret", "admin", "clinic"}
SHORTEST_PASSWORD = 12
SECURE_SSL_MODES = {"require", "verify-ca", "verify-full"}
LEAST_MEMORY_KIB, LEAST_ROUNDS = 19_456, 2
"""What OWASP's page on keeping passwords asks of Argon2id at least."""

Check = Callable[[Settings, int], Iterator[str]]


class UnsafeStart(DomainError):
    """It does not start; each line is one reason."""

    code = "unsafe_start"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def refuse_unsafe(settings: Settings, workers: int = 1) -> None:
    """Raises `UnsafeStart` where a clinic works and anything is not as it must be; without a mode, where others could reach the server."""
    if settings.mode == "demo":
        return
    checks = CHECKS if settings.mode == "clinic" else (_only_this_machine,)
    if reasons := [reason for check in checks for reason in check(settings, workers)]:
        raise UnsafeStart(reasons)


def tell_what_is_owed(database: Database, settings: Settings, now: datetime) -> None:
    """What does not keep it from starting, and must not be forgotten."""
    if settings.mode == "demo":
        return
    with database.reading() as db:
        vouched, backup, named = acknowledged(db, DISK_ENCRYPTION), last_backup(db), labels(db)
    for label in filter(forbidden_in, named):
        word = forbidden_in(label)[0]
        say(f"Messages to patients name the clinic {label!r}: {word!r} tells a stranger too much. Give the site another label.")
    if vouched is None:
        say("The disks with the database, its backups and the logs have to be encrypted as a whole; Chairtime cannot see whether they are.")
        say("Once they are, say so: chairtime acknowledge disk-encryption --by NAME")
    if settings.mode != "clinic":
        say("This is no clinic's mode: only this machine is served. Before real patients come in, set CHAIRTIME_MODE=clinic.")
    elif is_stale(backup, now):
        since = f"The last backup is of {backup.made_at.isoformat()}" if backup else "There is no backup yet"
        say(f"{since}; there should be one every day: chairtime backup")


def _only_this_machine(settings: Settings, _: int) -> Iterator[str]:
    if not _is_this_machine(settings.host):
        yield (
            f"CHAIRTIME_MODE: {settings.host} can be reached from other machines; set CHAIRTIME_MODE=clinic, or CHAIRTIME_MODE=demo if "
            "nobody's real data is in it."
        )


def _secret_key(settings: Settings, _: int) -> Iterator[str]:
    try:
        keys_of(settings)
    except DomainError as refusal:
        yield refusal.message
    if settings.secret_key_file and settings.backup_to and _is_within(settings.secret_key_file, settings.backup_to):
        yield "CHAIRTIME_SECRET_KEY_FILE: the key lies where the backups are; whoever takes them has both. Keep it elsewhere."


def _address(settings: Settings, _: int) -> Iterator[str]:
    name, parsed = "CHAIRTIME_PUBLIC_ADDRESS", urlsplit(settings.public_address)
    if not settings.public_address:
        yield f"{name}: no public address is set, and so no host by which browsers may come; write what people type, https://clinic.example"
    elif parsed.scheme not in {"http", "https"} or not parsed.hostname or parsed.path.strip("/") or parsed.query or parsed.username:
        yield f"{name}: {settings.public_address!r} is no address of a server; write what people type, such as https://clinic.example"
    elif parsed.scheme == "http" and not settings.allow_http:
        yield (
            f"{name}: over http everybody on the way reads along; use https, or set CHAIRTIME_ALLOW_HTTP=1 where the network itself is "
            "encrypted."
        )


def _hosts(settings: Settings, _: int) -> Iterator[str]:
    for host in settings.allowed_hosts:
        if not host or any(mark in host for mark in "*/ "):
            yield f'CHAIRTIME_ALLOWED_HOSTS: {host!r} is no name of a host; name each by itself, such as ["clinic.example"].'
    if settings.host in {"0.0.0.0", "::"} and not settings.public_host:  # noqa: S104  # it is what is looked for
        yield "CHAIRTIME_HOST: every address of the machine is listened on, with no host allowed; set CHAIRTIME_PUBLIC_ADDRESS."


def _test_builds(settings: Settings, _: int) -> Iterator[str]:
    if settings.test_build:
        yield "CHAIRTIME_TEST_BUILD: a test build lets anybody set the clock; take this setting away."
    if settings.faults:
        yield "FAULTS: fault points can kill the server in the middle of its work; take this setting away."
    if sys.flags.dev_mode or os.environ.get("PYTHONASYNCIODEBUG"):
        yield "PYTHONDEVMODE, PYTHONASYNCIODEBUG: Python's debugging is on, which writes what it should not into the log; switch it off."


def _passwords(settings: Settings, _: int) -> Iterator[str]:
    if settings.password_memory_kib < LEAST_MEMORY_KIB or settings.password_rounds < LEAST_ROUNDS:
        yield (
            f"CHAIRTIME_PASSWORD_MEMORY_KIB, CHAIRTIME_PASSWORD_ROUNDS: guessing at passwords would be too cheap; take these settings "
            f"away, or write at least {LEAST_MEMORY_KIB} and {LEAST_ROUNDS}."
        )


def _known_names(_: Settings, __: int) -> Iterator[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known and not name.startswith(ELSEWHERE):
            close = difflib.get_close_matches(name, known, 1, cutoff=0.85)
            yield f"{name}: there is no such setting; {f'perhaps {close[0]} is meant' if close else 'take it away'}."


def _database(settings: Settings, workers: int) -> Iterator[str]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        yield from _sqlite(Path(url.database or ""), workers)
    else:
        yield from _postgresql(url)
    try:
        refuse_without_tables(settings.database_url)
    except NoTables as refusal:
        yield refusal.message
    except DBAPIError as broken:
        yield f"CHAIRTIME_DATABASE_URL: {shown(settings.database_url)} does not answer: {str(broken.orig).splitlines()[0]}"
    else:
        yield from _rows(settings)


def _sqlite(file: Path, workers: int) -> Iterator[str]:
    if workers > 1:
        yield "--workers: several processes on one SQLite file wait for each other; serve with one, or use PostgreSQL."
    if file.parent.resolve() == Path(DEMO_FOLDER).resolve():
        yield f"CHAIRTIME_DATABASE_URL: {file} lies in the demo's folder, which the demo empties; keep the clinic's elsewhere."
    for path in (file, *(file.with_name(file.name + ending) for ending in BESIDE)):
        if path.is_file() and path.stat().st_mode & OTHERS:
            mode = stat.S_IMODE(path.stat().st_mode)
            yield f"CHAIRTIME_DATABASE_URL: {path} has mode {mode:04o}, others than its owner can open it: chmod 600 {path}"


def _postgresql(url: URL) -> Iterator[str]:
    password, host = url.password or "", url.host or str(url.query.get("host", ""))
    is_near = not host or host.startswith("/") or _is_this_machine(host)
    if password and (password.lower() in DEFAULT_PASSWORDS | {url.username, url.database} or len(password) < SHORTEST_PASSWORD):
        yield (
            f"CHAIRTIME_DATABASE_URL: the password of {url.username} is a usual one, or shorter than {SHORTEST_PASSWORD}; give the role "
            "one drawn by chance, in PostgreSQL and here."
        )
    if password and any(password in argument for argument in sys.argv):
        yield "--database-url: everybody on this machine can read a password among its processes; set CHAIRTIME_DATABASE_URL."
    if not is_near and str(url.query.get("sslmode", "")) not in SECURE_SSL_MODES:
        yield f"CHAIRTIME_DATABASE_URL: what goes to {host} is not sure to be encrypted; add ?sslmode=verify-full to the address."


def _rows(settings: Settings) -> Iterator[str]:
    database = Database(settings.database_url)
    try:
        with database.reading() as db:
            if made_on(db) is not None:
                yield f"CHAIRTIME_DATABASE_URL: {shown(settings.database_url)} has the demo's people in it; begin with an empty one."
            if not database.is_sqlite and may_bend_the_trail(db):
                yield (
                    f"CHAIRTIME_DATABASE_URL: the role {make_url(settings.database_url).username} could change the audit trail; give the "
                    "program a role of its own: chairtime grants --role NAME"
                )
    finally:
        database.dispose()


def _backups(settings: Settings, _: int) -> Iterator[str]:
    if settings.backup_to is None:
        yield "CHAIRTIME_BACKUP_TO: no folder for backups is set; name one on another machine."
    elif not settings.backup_to.is_dir() or not os.access(settings.backup_to, os.W_OK):
        yield f"CHAIRTIME_BACKUP_TO: {settings.backup_to} is no folder that can be written into; is it mounted?"
    elif _is_beside_database(settings, settings.backup_to):
        yield f"CHAIRTIME_BACKUP_TO: {settings.backup_to} is where the database itself is, and would be lost with it; name another place."
    try:
        recipients_of(settings.backup_recipients)
    except DomainError as refusal:
        yield refusal.message


def _trail(settings: Settings, _: int) -> Iterator[str]:
    place = settings.audit_checkpoints
    if place is None:
        yield (
            "CHAIRTIME_AUDIT_CHECKPOINTS: no second place is set for the audit trail's checkpoints, without which nobody can tell whether "
            "the trail was bent; name a file on another volume or machine."
        )
    elif not place.parent.is_dir():
        yield f"CHAIRTIME_AUDIT_CHECKPOINTS: {place.parent} is no folder; is it mounted?"
    elif _is_beside_database(settings, place.parent):
        yield f"CHAIRTIME_AUDIT_CHECKPOINTS: {place} lies where the database itself is; name a second place."
    if not settings.audit_public_key:
        yield (
            "CHAIRTIME_AUDIT_PUBLIC_KEY: no public key is set, by which the audit trail's checkpoints are known to be yours; "
            "make one by `chairtime audit new-key`."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _is_beside_database(settings: Settings, path: Path) -> bool:
    url = make_url(settings.database_url)
    return url.get_backend_name() == "sqlite" and bool(url.database) and path.resolve() == Path(url.database or "").parent.resolve()


def _messages(settings: Settings, _: int) -> Iterator[str]:
    yield from faults_of(settings)


CHECKS: tuple[Check, ...] = (_secret_key, _address, _hosts, _test_builds, _passwords, _known_names, _database, _backups, _trail, _messages)
