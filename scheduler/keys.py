"""The installation's keys: what must be read again, such as the seeds of one-time codes, is sealed with them before it is kept.

A key is a line of text that `chairtime keys new` draws. There may be several, one to a line: the first one seals, all of them unseal, and
what is sealed names its key. So a key can be replaced while everybody works.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import make_url

from rooms.errors import DomainError
from scheduler.settings import Settings, default_database_url

PREFIX = "ctk_"
"""What a key begins with, so that programs that look for secrets in the wrong place know one."""
SECRET_BYTES = 32
DIFFERENT_BYTES = 16
"""A key drawn by chance has some thirty different bytes; one with fewer than these was typed, or is a pattern."""
SEAL = b"s1:"
"""What everything sealed begins with: the way it was sealed."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class NoKey(DomainError):
    """The installation has no key, and none is made by itself where a clinic works."""

    code = "no_key"

    def __init__(self) -> None:
        super().__init__(
            "CHAIRTIME_SECRET_KEY_FILE: no key of the installation is set. Write one by `chairtime keys new --to FILE`, name the file "
            "there, and keep a copy of it apart from the backups."
        )


class WeakKey(DomainError):
    """What is given as a key is none that `chairtime keys new` drew."""

    code = "weak_key"

    def __init__(self, setting: str) -> None:
        super().__init__(f"{setting}: this is no key that was drawn by chance. Write one by `chairtime keys new`.")
        self.setting = setting


class OpenSecret(DomainError):
    """A file with a secret can be read by others than its owner, or belongs to somebody else."""

    code = "open_secret"

    def __init__(self, setting: str, path: Path, mode: int) -> None:
        if mode & OTHERS:
            reason = f"has mode {mode:04o}, and only its owner may read it: chmod 600 {path}"
        else:
            reason = "belongs to another account than the one that runs this: run it as that one, or give the file away"
        super().__init__(f"{setting}: {path} {reason}")
        self.setting = setting
        self.path = path


class NoSecretFile(DomainError):
    """A setting names a file with a secret that is not there."""

    code = "no_secret_file"

    def __init__(self, setting: str, path: Path, reason: str) -> None:
        super().__init__(f"{setting}: {path} cannot be read ({reason}).")
        self.setting = setting
        self.path = path


class SealedByAnother(DomainError):
    """Something was sealed with a key that is not among those given, or was changed since."""

    code = "sealed_by_another"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"What was sealed with the key {key_id} cannot be opened: that key is not among those of CHAIRTIME_SECRET_KEY_FILE, or what "
            "was sealed has been changed. Put the key back as a further line."
        )
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Its `id` says nothing about it."""

    text: str = field(repr=False)

    @property
    def id(self) -> str:
        """By which what it sealed names it."""
        return hashlib.sha256(f"chairtime key {self.text}".encode()).hexdigest()[:12]

    @property
    def line(self) -> str:
        """As it stands in a file, with its name above it."""
        return f"# {self.id}\n{self.text}\n"

    @property
    def fernet(self) -> Fernet:
        """The library's form of it."""
        return Fernet(self.text.removeprefix(PREFIX))


class Keys:
    """The keys of an installation; the first one seals. `again` reads them anew: a server goes on while they are replaced."""

    def __init__(self, keys: Sequence[Key], again: Callable[[], Sequence[Key]] | None = None) -> None:
        if not keys:
            raise NoKey
        self.keys = tuple(keys)
        self._again = again
        self._fernets = {key.id: key.fernet for key in keys}

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._fernets)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the keys; the first one seals."""
        return tuple(self._fernets)

    def seal(self, data: bytes) -> bytes:
        """The data as it may be kept: nobody without the key can read it, or change it unnoticed."""
        first = self.keys[0].id
        return SEAL + first.encode() + b":" + self._fernets[first].encrypt(data)

    def unseal(self, sealed: bytes) -> bytes:
        """What was sealed. Raises `SealedByAnother`."""
        name = sealed_by(sealed)
        if name not in self._fernets and self._again is not None:
            self.keys = tuple(self._again())
            self._fernets = {key.id: key.fernet for key in self.keys}
        if name not in self._fernets:
            raise SealedByAnother(name)
        token = sealed.split(b":", 2)[2]
        try:
            if base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)) != token:  # some letters have bits that say nothing
                raise SealedByAnother(name)
            return self._fernets[name].decrypt(token)
        except (InvalidToken, ValueError):
            raise SealedByAnother(name) from None


def sealed_by(sealed: bytes) -> str:
    """The id of the key that something was sealed with. Raises `SealedByAnother` for what was never sealed."""
    parts = sealed.split(b":", 2)
    if not sealed.startswith(SEAL) or len(parts) != 3:
        raise SealedByAnother("unknown")
    return parts[1].decode("ascii", "replace")


def new_key() -> Key:
    """A key drawn by the library."""
    return Key(PREFIX + Fernet.generate_key().decode())


def keys_of(settings: Settings) -> Keys:
    """The keys that the settings name. Where no clinic works and none is named, one is made beside the database.

    Raises `NoKey`, `WeakKey`, `OpenSecret`, `NoSecretFile`.
    """
    if given := settings.secret_key.get_secret_value():
        return Keys(_parsed(given.replace(",", "\n"), "CHAIRTIME_SECRET_KEY"))
    path = key_file(settings)
    if not path.exists() and settings.secret_key_file is None:
        write_key(path, new_key())
    return Keys(_keys_in(path), lambda: _keys_in(path))


def key_file(settings: Settings) -> Path:
    """The file with the keys: the one that is named, else the one beside the database. Raises `NoKey` where a clinic names none."""
    if settings.secret_key_file is not None:
        return settings.secret_key_file
    if settings.mode == "clinic":
        raise NoKey
    return key_file_beside(settings.database_url)


def key_file_beside(url: str) -> Path:
    """Where the key of an installation is that no clinic works with."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        parsed = make_url(default_database_url())
    return Path(parsed.database or "chairtime.db").with_suffix(".key")


def read_secret(path: Path, setting: str) -> str:
    """The text of a file that only its owner may read. Raises `OpenSecret`, `NoSecretFile`."""
    try:
        with path.open(encoding="utf-8") as file:
            state = os.fstat(file.fileno())
            if state.st_mode & OTHERS or state.st_uid != os.geteuid():
                raise OpenSecret(setting, path, stat.S_IMODE(state.st_mode))
            return file.read()
    except (OSError, UnicodeDecodeError) as broken:
        raise NoSecretFile(setting, path, getattr(broken, "strerror", None) or "it is no text") from None


def write_key(path: Path, key: Key) -> None:
    """Put a key into a file that only its owner reads. A file that is there already stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(path, key.line) as written, suppress(FileExistsError):  # another process made it at the same moment: all use that one
        path.hardlink_to(written)


def put_first(path: Path, key: Key) -> None:
    """Let another key seal from now on; those that were there stay, to unseal. The file is the old one or the new one, never between."""
    with _written(path, key.line + read_secret(path, "CHAIRTIME_SECRET_KEY_FILE")) as written:
        written.replace(path)


@contextmanager
def _written(path: Path, text: str) -> Iterator[Path]:
    """A file beside another that only its owner reads; it is gone afterwards unless it took the other's place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _keys_in(path: Path) -> list[Key]:
    return _parsed(read_secret(path, "CHAIRTIME_SECRET_KEY_FILE"), "CHAIRTIME_SECRET_KEY_FILE")


def _parsed(text: str, setting: str) -> list[Key]:
    lines = [line.strip() for line in text.splitlines()]
    return [_checked(line, setting) for line in lines if line and not line.startswith("#")]


def _checked(text: str, setting: str) -> Key:
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith(PREFIX) or len(secret) != SECRET_BYTES or len(set(secret)) < DIFFERENT_BYTES:
        raise WeakKey(setting)
    return Key(text)
