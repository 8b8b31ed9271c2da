"""The application: the HTTP API and the pages on one database and one clock."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import HTTPBearer
from starlette.routing import BaseRoute

from scheduler import web
from scheduler.access.misses import Misses
from scheduler.access.table import Table
from scheduler.api import controls, gateway, health
from scheduler.api.errors import install_errors
from scheduler.api.gate import Gate
from scheduler.api.routers import router
from scheduler.auditing import notary_of
from scheduler.clock import Clock, SettableClock, SystemClock
from scheduler.database import Database
from scheduler.dependencies import Office, entered
from scheduler.downtime import printer_of
from scheduler.entering import Entrance
from scheduler.guarding import clinic_table
from scheduler.pacing import Pacer
from scheduler.proving import Means
from scheduler.reminding.carriers import token_of
from scheduler.settings import Settings
from scheduler.sign_in_service import service_of

ABOUT = """\
Plans and books courses of treatment: every session with its time, chair, device and staff, whole or not at all.

* Sign in first (`POST /api/v1/sign-in`) and send the token as `Authorization: Bearer`. What your roles do not give you is answered 403; a
  record of another site, or of a patient whom you may not see, is answered 404, like one that is not there.
* Where the permission table asks for it: a reason in `Chairtime-Reason` (written as in an address), a second person's approval
  (`POST /api/v1/approvals`) in `Chairtime-Approval`, a fresh proof (`POST /api/v1/prove`). Clinical values are left out of answers to
  those whom they are not for.
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
        redirect_slashes=False,  # an address has one spelling; another is not there
        telemetry={"auto_configure": False, "logs": False},
        routes=list(routes()),
    )
    table = table_of(settings)
    entrance = Entrance(opened, running, settings.idle, is_secure=settings.address.startswith("https://"))
    app.add_middleware(Gate, entrance=entrance, table=table, hosts=(*settings.allowed_hosts, settings.host, *settings.public_host))
    install_errors(app)
    if settings.test_build:
        app.include_router(controls.router, dependencies=GUARD)
    web.install(app)
    app.state.office = Office(opened, running, table, paths_of(app), Pacer(running))
    app.state.address, app.state.gateway_token = settings.address, token_of(settings)
    app.state.notary = notary_of(settings, signs=False)
    app.state.means = Means(settings, running)
    app.state.printer = printer_of(settings)
    app.state.sign_in_service = service_of(settings)
    app.state.misses = Misses()
    return app


@cache
def routes() -> tuple[BaseRoute, ...]:
    """Every operation behind its guard. They know no settings, database or clock: all applications of one process share them."""
    behind = APIRouter(generate_unique_id_function=_operation_id)
    behind.include_router(router, dependencies=[*GUARD, Depends(BEARER)])
    behind.include_router(health.router, dependencies=GUARD)
    behind.include_router(gateway.router, dependencies=GUARD)
    behind.include_router(web.router, dependencies=[Depends(web.greeted), *GUARD])
    return tuple(behind.routes)


def table_of(settings: Settings) -> Table:
    """The permission table with the clinic's own changes. Raises `FaultyTable`."""
    table = clinic_table(settings.permissions)
    return replace(table, public=(*table.public, *TEST_CONTROLS)) if settings.test_build else table


def paths_of(app: FastAPI) -> dict[int, str]:
    """Every route's whole address by the route: the route itself knows only its own part."""
    contexts = (context for context in iter_route_contexts(app.routes) if isinstance(context.original_route, APIRoute))
    return {id(context.original_route): context.path_format or "" for context in contexts}


GUARD = [Depends(entered)]
BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="sign-in",
    description="The token of a sign-in (`POST /api/v1/sign-in`); browsers send theirs as a cookie. Who may do what: docs/permissions.md.",
)
"""Only tells the documentation; the gate has looked at it long before."""
TEST_CONTROLS = tuple(f"{method} /test/{{path}}" for method in ("GET", "POST", "PUT", "DELETE"))
"""Answer only on a test build, to this machine."""


def _clock(settings: Settings) -> Clock:
    machine = SystemClock()
    return SettableClock(machine.now()) if settings.test_build else machine


def _operation_id(route: APIRoute) -> str:
    return route.name
