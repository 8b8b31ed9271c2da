"""What the server's processes load: kept by itself, so that no other command waits for the web framework."""

from __future__ import annotations

from fastapi import FastAPI

from scheduler.app import create_app
from scheduler.settings import Settings


def application() -> FastAPI:
    """The application with the environment's settings."""
    return create_app(Settings())
