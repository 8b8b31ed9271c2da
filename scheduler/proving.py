"""Proving who somebody is by what they know or hold: passwords now, and one-time codes."""

from __future__ import annotations

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from scheduler.access.password import normalized

AT_ONCE = 2
"""How many passwords are worked on at the same time: each needs 64 MiB, and a flood of guesses must not fill the memory."""


class Hasher:
    """Keeps passwords as Argon2id digests. `rounds` and `memory_kib` are what a guess costs; the defaults are RFC 9106's second choice."""

    def __init__(self, rounds: int = 3, memory_kib: int = 65536) -> None:
        self._argon = PasswordHash((Argon2Hasher(time_cost=rounds, memory_cost=memory_kib, parallelism=4),))
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._decoy = ""

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._argon.hash(normalized(password))

    def fits(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether it is the password, and what to keep instead if the costs have changed since.

        Nothing kept takes as long as something wrong, so that time does not tell who has an account.
        """
        against = kept or self._decoy_digest()
        with self._turns:
            fits, anew = self._argon.verify_and_update(normalized(password), against)
        return (fits, anew) if kept else (False, None)

    def _decoy_digest(self) -> str:
        if not self._decoy:
            self._decoy = self.hash("nobody has this password")
        return self._decoy
