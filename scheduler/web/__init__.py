"""The pages that the clinic works with: templates, static files and the routes that fill them."""

from __future__ import annotations

from scheduler.web.routers import install

__all__ = ["install"]
