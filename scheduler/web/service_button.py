"""Whether a page offers the clinic's own sign-in service."""

from __future__ import annotations

from fastapi import Request

from scheduler.access.delegation import NoService
from scheduler.sign_in_service import SignInService


def service_label(request: Request) -> str:
    """The service's name for `_service_button.html` and `_service_link.html`; empty where none is set."""
    service: SignInService | None = request.app.state.sign_in_service
    return service.service.label if service else ""


def service_at(request: Request) -> SignInService:
    """The service itself. Raises `NoService`."""
    service: SignInService | None = request.app.state.sign_in_service
    if service is None:
        raise NoService
    return service
