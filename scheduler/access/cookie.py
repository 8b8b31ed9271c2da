"""The cookies of signing in: what they are called, and that no script and no other site gets hold of them."""

from __future__ import annotations

from dataclasses import dataclass

LOGIN, DEVICE, SERVICE = "chairtime", "chairtime-device", "chairtime-service"
HOST_ONLY = "__Host-"
"""Browsers keep a cookie of such a name only for this very host, and only from an address that begins with https."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """How a cookie is set: always HttpOnly, SameSite=Lax and for the whole host."""

    name: str
    secure: bool


def login_cookie(address: str) -> Cookie:
    """The cookie that holds the token of a sign-in, at a server with this public address."""
    return _cookie(LOGIN, address)


def device_cookie(address: str) -> Cookie:
    """The cookie by which a browser is known in which somebody signed in before."""
    return _cookie(DEVICE, address)


def service_cookie(address: str) -> Cookie:
    """The cookie of a browser that is on its way to the clinic's sign-in service and back."""
    return _cookie(SERVICE, address)


def _cookie(name: str, address: str) -> Cookie:
    secure = address.startswith("https://")
    return Cookie(HOST_ONLY + name if secure else name, secure)
