"""A backup's file: the database as its own program writes it out, then what it is and its digest, all of it encrypted.

What it is stands at the end, since only then the digest is known. The encryption itself tells a file that was cut short or changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

from rooms import faults
from scheduler.backing_up.refusals import BackupFailed, NoRecipient, NotOurKey, NotWhole

MAGIC = b"chairtime backup 1"
LENGTH = struct.Struct(">I")
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: which kind of database, as it was when, at which revision, and where its audit trail ended."""

    kind: str
    made_at: datetime
    revision: str
    audit_head: str
    program: str

    @classmethod
    def read(cls, text: str) -> Contents:
        """From what `written` gave."""
        facts = json.loads(text)
        return cls(facts["kind"], datetime.fromisoformat(facts["made_at"]), facts["revision"], facts["audit_head"], facts["program"])

    def facts(self) -> dict[str, object]:
        """As it stands in files."""
        return asdict(self) | {"made_at": self.made_at.isoformat()}


def new_identity() -> tuple[str, str]:
    """A pair of keys: the secret half, which opens backups, and the public half, which makes them."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipients_of(texts: Sequence[str]) -> list[x25519.Recipient]:
    """The public keys that a backup is encrypted for. Raises `NoRecipient`."""
    if not texts:
        raise NoRecipient("")
    return [_recipient(text) for text in texts]


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise NoRecipient(text) from None


def identities_of(text: str) -> list[x25519.Identity]:
    """The secret keys in the text of a file. Raises `NotOurKey`."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise NotOurKey("there is no secret key in this file")
    return found


def encrypt(payload: Iterator[bytes], contents: Contents, file: BinaryIO, recipients: list[x25519.Recipient]) -> tuple[int, str]:
    """Write a backup into an open file. How many bytes it has, and their SHA-256. Raises `BackupFailed`."""
    written = _Measured(file)
    try:
        pyrage.encrypt_io(_Chunks(_with_end(payload, contents)), written, recipients)
    except pyrage.EncryptError as error:
        raise BackupFailed(str(error)) from None
    file.flush()
    os.fsync(file.fileno())
    return written.bytes, written.digest.hexdigest()


def decrypt(source: Path, target: Path, identities: list[x25519.Identity]) -> Contents:
    """Write the database that a backup holds into an empty file, and tell what it is. Raises `NotOurKey`, `NotWhole`."""
    try:
        with source.open("rb") as read, target.open("r+b") as written:
            pyrage.decrypt_io(read, written, identities)
    except pyrage.DecryptError as error:
        if "keys" in str(error):
            raise NotOurKey("this key does not open the backup") from None
        raise NotWhole(source, "it is no backup of Chairtime") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise NotWhole(source, "it is cut short, or was changed") from None  # the library says so by an error without a number
    return _cut_end(source, target)


def _with_end(payload: Iterator[bytes], contents: Contents) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for chunk in payload:
        faults.point("F23")
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    end = json.dumps(contents.facts() | {"bytes": size, "digest": digest.hexdigest()}).encode()
    yield end + LENGTH.pack(len(end)) + MAGIC


def _cut_end(source: Path, target: Path) -> Contents:
    """What stands at the end, which is taken off; the rest is checked against it."""
    with target.open("r+b") as file:
        tail = LENGTH.size + len(MAGIC)
        at = file.seek(0, os.SEEK_END) - tail
        file.seek(max(at, 0))
        mark = file.read(tail)
        if at < 0 or mark[LENGTH.size :] != MAGIC:
            raise NotWhole(source, "it holds no backup of Chairtime")
        (length,) = LENGTH.unpack(mark[: LENGTH.size])
        file.seek(at - length)
        end = file.read(length).decode()
        file.truncate(at - length)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    facts = json.loads(end)
    if (facts["bytes"], facts["digest"]) != (at - length, digest):
        raise NotWhole(source, "what it holds does not have the digest that was written down with it")
    return Contents.read(end)


class _Chunks:
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            self._rest = next((chunk for chunk in self._chunks if chunk), b"")
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


class _Measured:
    """A file that is written to, and what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.bytes, self.digest = file, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write it, and count it."""
        self.bytes += len(data)
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Hand it on."""
        self._file.flush()
