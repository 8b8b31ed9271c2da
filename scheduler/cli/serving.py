"""Commands that keep running: serve and worker."""

from __future__ import annotations

import logging.config
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from scheduler.auditing import notary_of
from scheduler.cli.logs import LOG_CONFIG
from scheduler.cli.opening import DatabaseUrl, opened, settings_of
from scheduler.cli.people import tell_first_run
from scheduler.cli.starting import refuse_unsafe, tell_what_is_owed
from scheduler.cli.terminal import say
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.downtime import printer_of
from scheduler.jobs import SWEEP_SECONDS, heartbeat, reminders_beat
from scheduler.reminding.carriers import carriers_of
from scheduler.settings import Settings

SERVE_EXAMPLE = "Example: chairtime serve --port 8080"
WORKER_EXAMPLE = "Example: chairtime worker --database-url sqlite:///clinic.db"

NOT_STARTED = 3
STOP_SECONDS = 2
"""How long an answer that is under way may take once the server is told to stop. Live screens never end by themselves."""

Host = Annotated[str, typer.Option("--host", envvar="CHAIRTIME_HOST", help="The address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int, typer.Option("--port", envvar="CHAIRTIME_PORT", help="The port to listen on.", min=0, max=65535)]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option("--workers", help="How many processes answer.", min=1, max=64)] = 1,
    database_url: DatabaseUrl = "",
) -> None:
    """Serve the pages and the HTTP API."""
    settings = settings_of(database_url).model_copy(update={"host": host, "port": port})
    refuse_unsafe(settings, workers)
    with opened(settings.database_url) as database:
        tell_what_is_owed(database, settings, SystemClock().now())
        tell_first_run(database, settings)
    listen(settings, workers)


def listen(settings: Settings, workers: int = 1) -> None:
    """Answer until told to stop. The processes find their settings in the environment, which is how they reach more than one."""
    os.environ["CHAIRTIME_DATABASE_URL"], os.environ["CHAIRTIME_MODE"] = settings.database_url, settings.mode
    os.environ["CHAIRTIME_HOST"], os.environ["CHAIRTIME_PORT"] = settings.host, str(settings.port)
    config = uvicorn.Config(
        "scheduler.cli.application:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        timeout_graceful_shutdown=STOP_SECONDS,
        log_config=LOG_CONFIG,
        access_log=False,
    )
    with suppress(KeyboardInterrupt):
        if workers > 1:
            Multiprocess(config, sockets=[at_once(config.bind_socket())]).run()
        else:
            _listen_alone(config, settings)


def _listen_alone(config: uvicorn.Config, settings: Settings) -> None:
    server = uvicorn.Server(config)
    with _reminding(settings):
        server.run()
    if not server.started:
        raise typer.Exit(NOT_STARTED)


def at_once(listening: socket.socket) -> socket.socket:
    """A socket whose connections send each piece of an answer at once. Else the second waits up to 40 ms for word of the first."""
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return listening


@contextmanager
def _reminding(settings: Settings) -> Iterator[None]:
    """Send messages meanwhile, unless a worker does. Beside a server that is alone none need be run for that."""
    database, clock = Database(settings.database_url), SystemClock()
    beats = reminders_beat(database, clock, carriers_of(settings, clock, say), settings.address)
    beats.start()
    try:
        yield
    finally:
        beats.shutdown()
        database.dispose()


def worker(database_url: DatabaseUrl = "") -> None:
    """Do what is due: send messages, free holds that have run out, sign the audit trail and check it every day, write the downtime pack.

    Run one beside the server, or more: of all of them one sends messages, and another takes over when that one stops. Checkpoints are
    signed with the key of CHAIRTIME_AUDIT_KEY_FILE, and added to the file of CHAIRTIME_AUDIT_CHECKPOINTS. The pack goes into the folder of
    CHAIRTIME_DOWNTIME_FOLDER, every quarter of an hour.
    """
    settings = settings_of(database_url)
    refuse_unsafe(settings)
    notary = notary_of(settings)
    logging.config.dictConfig(LOG_CONFIG)
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before any thread begins, so that the wait below is where they arrive
    with opened(database_url) as database:
        tell_what_is_owed(database, settings, SystemClock().now())
        carriers = carriers_of(settings, SystemClock(), say)
        beats = heartbeat(database, SystemClock(), notary, printer_of(settings), carriers, settings.address)
        beats.start()
        if notary.seed is None or notary.file is None:
            say("No checkpoints of the audit trail are kept elsewhere: set CHAIRTIME_AUDIT_KEY_FILE and CHAIRTIME_AUDIT_CHECKPOINTS.")
        if settings.downtime_folder is None:
            say("No downtime pack is written: set CHAIRTIME_DOWNTIME_FOLDER to a folder that staff can open when nothing else works.")
        channels = " and ".join(each.channel for each in carriers) or "no channel: CHAIRTIME_SMS_GATEWAY and CHAIRTIME_SMTP_HOST are empty"
        say(f"Messages go out by {channels}.")
        say(f"At work: holds that have run out are freed every {SWEEP_SECONDS} seconds. Ctrl-C stops it.")
        signal.sigwait(stops)
        beats.shutdown()
