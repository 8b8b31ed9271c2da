"""What the server's processes load: kept by itself, so that no other command waits for the web framework."""

from __future__ import annotations

from fastapi import FastAPI

from scheduler.app import create_app
from scheduler.cli.starting import refuse_unsafe
from scheduler.settings import Settings


def application() -> FastAPI:
    """The application with the environment's settings. Raises `UnsafeStart`, whoever starts it."""
    settings = Settings()
    refuse_unsafe(settings)
    return create_app(settings)
