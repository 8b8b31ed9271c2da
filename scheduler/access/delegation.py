"""The clinic's own sign-in service (OpenID Connect): what is set about it, and the rules for going there and coming back."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from rooms.errors import DomainError, Faulty

ISSUER = "CHAIRTIME_OIDC_ISSUER"
WAIT = timedelta(minutes=10)
"""How long somebody may take at the service: they may have to find their phone."""

LEEWAY = timedelta(seconds=60)
"""By how much the service's clock and ours may differ."""

SUBJECT_MOST = 400
SUB_MOST = 255
"""Letters of a person's id at a service; the standard allows no more."""


class Purpose(StrEnum):
    """What somebody went to the service for."""

    SIGN_IN = "sign_in"
    JOIN = "join"
    """For the first time, with an invitation."""
    LINK = "link"
    """To sign in with it from now on, while signed in otherwise."""
    PROVE = "prove"
    """To prove once more who they are."""


class ServiceMissing(DomainError):
    """A sign-in service is set, but the extra that talks with it is not installed."""

    code = "service_missing"

    def __init__(self) -> None:
        super().__init__(f"{ISSUER} is set, but the extra oidc is not installed: pip install 'chairtime[oidc]'.")


class NoService(DomainError):
    """No sign-in service is set."""

    code = "no_service"

    def __init__(self) -> None:
        super().__init__("This clinic has no sign-in service of its own here. Sign in with your name and password, or with a passkey.")


class ServiceAway(DomainError):
    """The service does not answer, or not as one does."""

    code = "service_away"

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} does not answer as it should. Try again in a moment, or sign in another way.")
        self.label = label


class Unproven(DomainError):
    """What came back from the service does not prove who somebody is. The sentence tells nobody why; the trail does."""

    code = "unproven"

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label} has not shown who you are. Start again from the sign-in page.")
        self.label = label
        self.reason = reason


class NotLinked(DomainError):
    """The service knows the person, but no account here is theirs, or it is not in use."""

    code = "not_linked"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"No account here can be opened with {label} as you are signed in there. Open your invitation, or sign in another way "
            "and connect it under My account."
        )
        self.label = label


class LinkedElsewhere(DomainError):
    """The person at the service belongs to another account, or the account to another person at the service."""

    code = "linked_elsewhere"

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} could not be connected: it is connected already. Disconnect it first, or ask your administrator.")
        self.label = label


@dataclass(frozen=True, slots=True)
class Service:
    """A sign-in service as the clinic set it. `label` is its name on the button; `callback` is where it sends people back to."""

    issuer: str
    client_id: str
    label: str
    callback: str

    def __post_init__(self) -> None:
        if not is_safe_address(self.issuer) or "?" in self.issuer:
            raise Faulty(ISSUER, "write the service's address as it names itself, beginning with https://")
        if not self.client_id:
            raise Faulty("CHAIRTIME_OIDC_CLIENT_ID", "write the id under which the service knows this server")


def is_safe_address(address: str) -> bool:
    """Whether an address can be asked for proofs: nobody listens on the way, or there is no way since it is this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.fragment or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def subject_of(issuer: str, sub: str) -> str | None:
    """How an account names somebody of a service; None for an id that no service gives. Never an e-mail address: those change hands."""
    found = f"{issuer} {sub}"
    is_one = bool(sub) and len(sub) <= SUB_MOST and sub.isascii() and sub.isprintable() and len(found) <= SUBJECT_MOST
    return found if is_one else None


def nonce_of(browser: str, state: str) -> str:
    """What the service must write into its proof: only the browser that set out can have asked for it."""
    return _derived(browser, "nonce", state)


def verifier_of(browser: str, state: str) -> str:
    """What proves to the service that the one who asks for the proof is the one who sent the person (PKCE)."""
    return _derived(browser, "verifier", state)


def _derived(browser: str, part: str, state: str) -> str:
    """43 letters of base64url. Made anew from the browser's secret, so that it is kept nowhere."""
    made = hmac.new(browser.encode("utf-8", "replace"), f"{part} {state}".encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
