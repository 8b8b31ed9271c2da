"""A server that is killed: `python -m tests.reminders.doomed_server DATABASE GATEWAY NTH PORT`. It answers, and sends messages itself, as a
server that is alone does."""

from __future__ import annotations

import sys
import threading

import uvicorn
from pydantic import SecretStr

from scheduler import auditing
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.jobs import WORKER
from scheduler.reminders.channels.sms import Gateway, Sms
from scheduler.reminding.electing import LASTS
from scheduler.reminding.working import Worker
from scheduler.settings import Settings
from tests.reminders.world import NOW

ADDRESS, TOKEN = "https://clinic.example", "a-token-of-the-gateway"


def main() -> None:
    """Each one that is started comes after the lease of the one before has run out."""
    url, gateway, nth, port = sys.argv[1:5]
    clock, database = SettableClock(NOW + int(nth) * 2 * LASTS, frozen=True), Database(url)
    app = create_app(Settings(database_url=url, public_address=ADDRESS, sms_token=SecretStr(TOKEN)), clock, database)
    worker = Worker(auditing.seen_by(database, WORKER, clock.now), clock)
    carrier = Sms(Gateway(gateway, "AC1", TOKEN, "+15550001111", f"{ADDRESS}/gateway/texts/status"))

    def send() -> None:
        worker.beat()
        worker.deliver(carrier)
        print("done", flush=True)  # noqa: T201  # whoever started it waits for this

    threading.Thread(target=send, daemon=True).start()
    uvicorn.run(app, port=int(port), log_level="error")


if __name__ == "__main__":
    main()
