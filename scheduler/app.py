"""The application: the HTTP API and the pages on one database and one clock."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from scheduler import web
from scheduler.api import controls, health
from scheduler.api.errors import install_errors
from scheduler.api.gate import Gate
from scheduler.api.routers import router
from scheduler.clock import Clock, SettableClock, SystemClock
from scheduler.database import Database
from scheduler.dependencies import Desk
from scheduler.settings import Settings

ABOUT = """\
Plans and books courses of treatment: every session with its time, chair, device and staff, whole or not at all.

* A request that creates something carries the header `Idempotency-Key`; repeated with the same key and body, it is answered as before.
* A request that changes something carries `If-Match` with the ETag of what was seen.
* A time is local to its site, as `2026-12-01T09:00`, or carries its offset. Answers carry the site's offset.
* Every refusal has the same shape; `conflicts` names each reason, and who has what until when.
"""


def create_app(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> FastAPI:
    """The application with these settings. What is not given is made: the database by its address, the clock as the build says."""
    opened = database or Database(settings.database_url)
    running = clock or _clock(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        if database is None:
            opened.dispose()

    app = FastAPI(
        title="Chairtime",
        summary="From protocol to booked course.",
        description=ABOUT,
        version=importlib.metadata.version("chairtime"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page would fetch scripts of strangers
        redoc_url=None,
        lifespan=life,
        telemetry={"auto_configure": False, "logs": False},
        generate_unique_id_function=_operation_id,
    )
    app.state.desk = Desk(opened, running)
    app.add_middleware(Gate, clock=running, hosts=(*settings.allowed_hosts, settings.host))
    install_errors(app)
    app.include_router(router)
    app.include_router(health.router)
    if settings.test_build:
        app.include_router(controls.router)
    web.install(app)
    return app


def _clock(settings: Settings) -> Clock:
    machine = SystemClock()
    return SettableClock(machine.now()) if settings.test_build else machine


def _operation_id(route: APIRoute) -> str:
    return route.name
