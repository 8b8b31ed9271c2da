"""Tokens are given once, and kept as digests: who reads the database can sign in as nobody."""

from __future__ import annotations

import hashlib


def digest_of(token: str) -> str:
    """What is kept of a token: its SHA-256 in 64 hexadecimal digits. A token is random and long, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
