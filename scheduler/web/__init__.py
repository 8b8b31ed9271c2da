"""The pages that the clinic works with: templates, static files and the routes that fill them."""

from __future__ import annotations

from scheduler.web.routers import install, router
from scheduler.web.visitor import greeted

__all__ = ["greeted", "install", "router"]
