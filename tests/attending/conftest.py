"""The application on a frozen clock, and a clinic in it whose sessions are charted."""

from tests.api.conftest import app, bare, client, clinic, clock

__all__ = ["app", "bare", "client", "clinic", "clock"]
