"""One-time codes: six digits that change each half minute (RFC 6238), and recovery codes for the day when the telephone is lost."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
STEPS_AROUND = (0, -1, 1)
"""A telephone's clock may be half a minute off."""
SEED_BYTES, RECOVERY_BYTES = 20, 16
RECOVERY_CODES = 10
ISSUER = "Chairtime"


def seed_of(chance: bytes) -> str:
    """A seed as telephones take it."""
    return base64.b32encode(chance).decode().rstrip("=")


def address_of(seed: str, handle: str) -> str:
    """What the picture on the screen says to the telephone."""
    return pyotp.TOTP(seed).provisioning_uri(name=handle, issuer_name=ISSUER)


def fitting_step(seed: str, code: str, *, now: datetime, used: int | None) -> int | None:
    """The half minute that a code belongs to, one either side of now; none if it fits none, or one that was used already or is older."""
    present = int(now.timestamp()) // STEP_SECONDS
    digits = code.replace(" ", "")
    totp = pyotp.TOTP(seed)
    fitting = [
        present + around
        for around in STEPS_AROUND
        if hmac.compare_digest(totp.generate_otp(present + around).encode(), digits.encode("utf-8", "replace"))
    ]
    return next((step for step in fitting if used is None or step > used), None)


def recovery_code(chance: bytes) -> str:
    """A recovery code to write down, in groups of five."""
    letters = base64.b32encode(chance).decode().rstrip("=").lower()
    groups = [letters[at : at + 5] for at in range(0, len(letters), 5)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return "-".join(groups)


def plain_recovery_code(typed: str) -> str:
    """A recovery code however it was typed."""
    return "".join(letter for letter in typed.lower() if letter.isalnum())
