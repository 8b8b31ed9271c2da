"""A second server, in a process of its own, on the database that the first one serves."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import update

from courses.records import PatientRow
from scheduler.app import create_app
from scheduler.cli.serving import at_once
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.browser.watched import NOW

RENAME = "/rename/"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


def run(url: str, listening: socket.socket) -> None:
    """Serve the database; besides what it always does, this server gives everybody the family name that is asked for."""
    database = Database(url)
    app = create_app(Settings(database_url=url, password_rounds=1, password_memory_kib=32), SettableClock(NOW, frozen=True), database)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(RENAME):
            name = scope["path"].removeprefix(RENAME)
            database.run(lambda db: db.execute(update(PatientRow).values(family_name=name)))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, send)

    uvicorn.Server(uvicorn.Config(serve, ws="none", log_level="error")).run(sockets=[listening])


@contextmanager
def second_server(url: str, token: str) -> Iterator[httpx2.Client]:
    """A client of the second server, signed in."""
    with at_once(socket.create_server(("127.0.0.1", 0))) as listening:
        process = multiprocessing.get_context("spawn").Process(target=run, args=(url, listening), daemon=True)
        process.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            assert client.get("/health/live").status_code == 200
            yield client
        process.terminate()
        process.join()
