"""A checkpoint: what the end of the audit trail was at one moment, signed (Ed25519) by a key that the database's owner has not.

Kept in another place, it shows when somebody rewrote the trail, or cut off its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from scheduler.access.canonical import Value, canonical
from scheduler.access.chain import Head

SEED_BYTES = 32
PREFIX = "cta_"
"""What a signing key begins with, so that programs that look for secrets in the wrong place know one."""
EVERY = timedelta(minutes=5)
"""How old the youngest checkpoint may get while something happens."""
EVERY_EVENTS = 1000
LATE = timedelta(minutes=15)
"""When a checkpoint is so late that somebody must look why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The event `seq` had the hash `hash`. Checkpoints are numbered 1, 2, 3; `at` counts microseconds since 1970.

    `restored` is 1 for the first after a restore: events that earlier ones know and the trail no longer has were lost then.
    """

    number: int
    seq: int
    hash: str
    at: int
    restored: int = 0

    def content(self) -> bytes:
        """What is signed."""
        fields: dict[str, Value] = {name: getattr(self, name) for name in self.__slots__}
        return canonical(fields | {"chairtime": "checkpoint v1"}).encode()


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint with its signature and the public half of the key, in hexadecimal digits."""

    checkpoint: Checkpoint
    key: str
    signature: str

    @property
    def is_genuine(self) -> bool:
        """Whether the signature is of this checkpoint and by this key."""
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            public.verify(bytes.fromhex(self.signature), self.checkpoint.content())
        except (ValueError, InvalidSignature):
            return False
        return True

    def line(self) -> str:
        """As it stands in a file, without the line's end."""
        fields: dict[str, Value] = {name: getattr(self.checkpoint, name) for name in Checkpoint.__slots__}
        return canonical(fields | {"key": self.key, "signature": self.signature})


def signed(checkpoint: Checkpoint, seed: bytes) -> Signed:
    """The checkpoint, signed with a key."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return Signed(checkpoint, key.public_key().public_bytes_raw().hex(), key.sign(checkpoint.content()).hex())


def public_half(seed: bytes) -> str:
    """The public half of a key, in hexadecimal digits."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def from_line(line: str) -> Signed:
    """A checkpoint as it stands in a file. Raises `ValueError` for what is none, or is not written as ours are."""
    try:
        fields = json.loads(line)
        signed = Signed(Checkpoint(**{name: fields[name] for name in Checkpoint.__slots__}), fields["key"], fields["signature"])
        if signed.line() == line:
            return signed
    except (KeyError, TypeError) as fault:
        raise ValueError("this line is no checkpoint") from fault
    raise ValueError("this line is no checkpoint as Chairtime writes them")


def is_due(head: Head, last: Checkpoint | None, now: int) -> bool:
    """Whether it is time for the next checkpoint; there is none to make while nothing happens. `now` counts microseconds since 1970."""
    if last is None or head.seq == last.seq:
        return head.seq > 0 and last is None
    return head.seq - last.seq >= EVERY_EVENTS or abs(now - last.at) >= EVERY // timedelta(microseconds=1)
