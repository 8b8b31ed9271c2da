"""What a passkey is bound to: the clinic's name on the network, and the rules that one is held to when it is shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from rooms.errors import DomainError, Faulty

PRODUCT = "Chairtime"
"""Under which devices keep a passkey of ours."""

WAIT = timedelta(minutes=5)
"""How long somebody may take to touch their key."""

MOST_PASSKEYS = 20
"""For one account; more than anybody carries."""

NAME_MOST = 100
COUNT_MOST = 2**31 - 1
"""The highest count of uses that is kept. Devices that count begin near zero."""

HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
ONLY_NUMBERS = re.compile(r"[0-9.]+")
PORTS = {"http": 80, "https": 443}


class NoPasskeysHere(DomainError):
    """The address of this server is one that browsers keep no passkeys for."""

    code = "no_passkeys_here"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Passkeys need an address that begins with https:// and holds a name, not numbers; this server's is {address}. "
            "Set CHAIRTIME_PUBLIC_ADDRESS, or on one machine open http://localhost instead."
        )
        self.address = address


class LastWayIn(DomainError):
    """Somebody wants to remove the only thing that they can sign in with."""

    code = "last_way_in"

    def __init__(self) -> None:
        super().__init__("This is the only way to sign in that you have. Set a password or add another passkey first.")


class TooManyPasskeys(DomainError):
    """An account has as many passkeys as one may have."""

    code = "too_many_passkeys"

    def __init__(self) -> None:
        super().__init__(f"You have {MOST_PASSKEYS} passkeys already. Remove one that you no longer use first.")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The clinic as browsers and keys know it: `id` is its name on the network, `origin` what every ceremony must have come from."""

    id: str
    origin: str

    @classmethod
    def at(cls, address: str) -> RelyingParty:
        """The one of a server's configured address. Raises `NoPasskeysHere`."""
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise NoPasskeysHere(address) from None
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")
        if not is_safe or not HOST_NAME.fullmatch(host) or ONLY_NUMBERS.fullmatch(host):
            raise NoPasskeysHere(address)
        shown = "" if port in {None, PORTS[parts.scheme]} else f":{port}"
        return cls(host, f"{parts.scheme}://{host}{shown}")


def went_back(known: int, shown: int) -> bool:
    """Whether a key's count of uses is not higher than it was: then there are two of the key. One that does not count always shows 0."""
    return (known > 0 or shown > 0) and shown <= known


def checked_name(typed: str, field: str = "name") -> str:
    """A name by which somebody tells their passkeys apart. Raises `Faulty`."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if not name:
        raise Faulty(field, "give the passkey a name, such as the device that it is on")
    if len(name) > NAME_MOST:
        raise Faulty(field, f"use {NAME_MOST} letters at most")
    if not name.isprintable() or any(unicodedata.category(letter) == "Cs" for letter in name):
        raise Faulty(field, "it holds a letter that cannot be kept; type it again")
    return name


def may_lose_one(*, passkeys: int, has_password: bool, has_service: bool) -> bool:
    """Whether somebody still gets in with one passkey, or the sign-in service, fewer."""
    return passkeys + has_password + has_service > 1
