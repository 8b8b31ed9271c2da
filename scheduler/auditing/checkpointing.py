"""Making checkpoints of the audit trail, and keeping them in a second place. Only the worker has the key."""

from __future__ import annotations

import base64
import binascii
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from logging.handlers import SysLogHandler
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from rooms.base import Db
from rooms.errors import DomainError
from scheduler.access.audit_event import microseconds
from scheduler.access.checkpoint import PREFIX, SEED_BYTES, Checkpoint, Signed, from_line, is_due, public_half, signed
from scheduler.auditing import queries
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.keys import read_secret
from scheduler.records.audit import AuditCheckpointRow
from scheduler.settings import Settings

MODE = 0o600
TAIL_BYTES = 4096


class NoAuditKey(DomainError):
    """There is nothing to sign checkpoints with."""

    code = "no_audit_key"

    def __init__(self) -> None:
        super().__init__(
            "CHAIRTIME_AUDIT_KEY_FILE: no key is named to sign checkpoints with. Make one by `chairtime audit new-key --to FILE`."
        )


class FaultyAuditKey(DomainError):
    """What is given as a key is none that `chairtime audit new-key` drew."""

    code = "faulty_audit_key"

    def __init__(self, setting: str) -> None:
        super().__init__(f"{setting}: this is no key to sign checkpoints with. Make one by `chairtime audit new-key --to FILE`.")
        self.setting = setting


class TrailBroken(DomainError):
    """The trail does not go on from its last checkpoint, so that no further one is signed."""

    code = "trail_broken"

    def __init__(self, last: Checkpoint) -> None:
        super().__init__(
            f"The audit trail does not go on from checkpoint {last.number}, which knows event {last.seq}: find out why by `chairtime audit "
            "verify`. If a backup was restored, say so by `chairtime audit checkpoint --after-restore`."
        )
        self.last = last


@dataclass(frozen=True, slots=True)
class Notary:
    """What signs checkpoints, and where they are kept besides the database. Without a key nothing is signed."""

    seed: bytes | None
    trusted: frozenset[str]
    """Public halves of the keys that checkpoints are signed with."""
    file: Path | None
    syslog: str


def notary_of(settings: Settings, *, signs: bool = True) -> Notary:
    """What the settings say; a process that does not sign needs no key. Raises `FaultyAuditKey`, and as `read_secret`."""
    seed = _seed(settings) if signs else None
    named = {each.strip().lower() for each in settings.audit_public_key.split(",") if each.strip()}
    trusted = frozenset(named | ({public_half(seed)} if seed else set()))
    return Notary(seed, trusted, settings.audit_checkpoints, settings.audit_syslog)


def new_audit_key(clock: Clock) -> str:
    """A key to sign checkpoints with, as it stands in a file."""
    return PREFIX + base64.urlsafe_b64encode(clock.new_bytes(SEED_BYTES)).decode()


def public_half_of(key: str) -> str:
    """The public half of a key that stands in a file."""
    return public_half(_parsed(key, "the key"))


def make_checkpoint(
    database: Database, notary: Notary, clock: Clock, *, only_if_due: bool = False, after_restore: bool = False
) -> Signed | None:
    """Sign what the end of the trail is and keep it in every place; None if there is nothing new, or it is not due yet.

    The database keeps it first, and nobody who writes waits for the other places: what did not reach the file reaches it the next time.
    Raises `NoAuditKey`; `TrailBroken` if the trail does not go on from the last checkpoint, unless a backup was restored; `OSError` if a
    place cannot be reached.
    """
    if notary.seed is None:
        raise NoAuditKey
    with database.reading() as db:
        last = queries.last_checkpoint(db)
    younger = _younger(last, notary)
    try:
        with database.transaction() as db:
            made = _made(db, notary.seed, younger, microseconds(clock.now()), only_if_due=only_if_due, after_restore=after_restore)
    except IntegrityError:
        return None  # another worker made it in the same moment
    if notary.file is not None:
        _catch_up(database, notary.file, notary)
    if made is not None and notary.syslog:
        _tell_syslog(made, notary.syslog)
    return made


def _made(db: Db, seed: bytes, younger: Sequence[Signed], now: int, *, only_if_due: bool, after_restore: bool) -> Signed | None:
    for each in younger:
        _keep(db, each)
    head, last = queries.head(db), queries.last_checkpoint(db)
    if last and last.seq == head.seq and last.hash == head.hash:
        return None
    if not head.seq or (only_if_due and not after_restore and not is_due(head, last, now)):
        return None
    if last and not after_restore and queries.hash_of(db, last.seq) != last.hash:
        raise TrailBroken(last)
    made = signed(Checkpoint(last.number + 1 if last else 1, head.seq, head.hash, now, int(after_restore)), seed)
    _keep(db, made)
    return made


def _younger(last: Checkpoint | None, notary: Notary) -> list[Signed]:
    """Checkpoints that the file has and the database no longer, because a backup of it was restored."""
    if notary.file is None or _last_number(notary.file, notary) <= (last.number if last else 0):
        return []
    number, found = last.number if last else 0, []
    for each in filter(None, (_genuine(line, notary) for line in lines_of(notary.file))):
        if each.checkpoint.number == number + 1:
            found.append(each)
            number += 1
    return found


def _catch_up(database: Database, file: Path, notary: Notary) -> None:
    """Add to the file what the database has and the file has not."""
    last = _last_number(file, notary)
    with database.reading() as db:
        missing = [each for each in queries.checkpoints(db, after=last) if each.is_genuine]
    if missing:
        _add(file, missing)


def lines_of(file: Path) -> Iterator[str]:
    """The lines of a file of checkpoints, oldest first; none if it is not there."""
    if file.exists():
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from (line.rstrip("\n") for line in lines)


def _last_number(file: Path, notary: Notary) -> int:
    """The number of the last checkpoint at the end of a file; a line that was written half, when the disk was full, is none."""
    if not file.exists():
        return 0
    with file.open("rb") as lines:
        lines.seek(max(0, lines.seek(0, os.SEEK_END) - TAIL_BYTES))
        ends = lines.read().decode(errors="replace").splitlines()
    return max((found.checkpoint.number for line in ends if (found := _genuine(line, notary))), default=0)


def _genuine(line: str, notary: Notary) -> Signed | None:
    try:
        found = from_line(line)
    except ValueError:
        return None
    return found if found.is_genuine and found.key in notary.trusted else None


def _keep(db: Db, made: Signed) -> None:
    point = made.checkpoint
    columns = {"id": point.number, "seq": point.seq, "hash": point.hash, "at": point.at, "restored": point.restored}
    db.execute(insert(AuditCheckpointRow).values(**columns, key=made.key, signature=made.signature))


def _add(file: Path, some: Sequence[Signed]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, MODE)
    try:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        is_half = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
        os.write(descriptor, ("\n" * is_half + "".join(f"{each.line()}\n" for each in some)).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tell_syslog(made: Signed, address: str) -> None:
    host, separator, port = address.rpartition(":")
    place: str | tuple[str, int] = (host, int(port)) if separator and port.isdigit() else address
    message = f"<{SysLogHandler.LOG_AUTHPRIV << 3 | SysLogHandler.LOG_NOTICE}>chairtime: checkpoint {made.line()}"
    family = socket.AF_INET if isinstance(place, tuple) else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_DGRAM) as to:
        to.sendto(message.encode(), place)


def _seed(settings: Settings) -> bytes | None:
    if given := settings.audit_key.get_secret_value():
        return _parsed(given, "CHAIRTIME_AUDIT_KEY")
    if settings.audit_key_file is not None:
        return _parsed(read_secret(settings.audit_key_file, "CHAIRTIME_AUDIT_KEY_FILE"), "CHAIRTIME_AUDIT_KEY_FILE")
    return None


def _parsed(text: str, setting: str) -> bytes:
    try:
        seed = base64.b64decode(text.strip().removeprefix(PREFIX), altchars=b"-_", validate=True)
    except binascii.Error:
        seed = b""
    if not text.strip().startswith(PREFIX) or len(seed) != SEED_BYTES or len(set(seed)) < SEED_BYTES // 2:
        raise FaultyAuditKey(setting)
    return seed
