"""The application on a frozen clock, and a clinic in it whose sessions are charted."""

from tests.api.conftest import app, bare, begun, client, clinic, clock

__all__ = ["app", "bare", "begun", "client", "clinic", "clock"]
