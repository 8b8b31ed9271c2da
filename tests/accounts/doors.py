"""A browser at the door of a small clinic, without the browser: its cookies, its forms, and what the pages answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyotp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr

from scheduler.app import create_app
from scheduler.keys import new_key
from scheduler.queries import KnownAccount
from scheduler.settings import Settings
from tests.accounts.staff import PASSPHRASE, Staff

ADDRESS = "http://127.0.0.1"
PAGE = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
SCRIPT = {"Accept": "application/json", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}


def app_of(staff: Staff, *, address: str = "") -> FastAPI:
    """The real application on the staff's database and clock, with passwords that cost little."""
    settings = Settings(
        database_url=staff.database.url,
        password_rounds=1,
        password_memory_kib=32,
        secret_key=SecretStr(new_key().text),
        public_address=address,
    )
    return create_app(settings, staff.clock, staff.database)


@dataclass
class Browser:
    """One browser. What it sends is what a form of ours or a script of ours would send."""

    app: FastAPI
    address: str = ADDRESS
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = TestClient(self.app, base_url=self.address, follow_redirects=False, headers={"User-Agent": "Firefox/140 (Windows)"})

    def opens(self, path: str) -> Response:
        return self.client.get(path, headers=PAGE)

    def sends(self, path: str, **fields: str | list[str]) -> Response:
        return self.client.post(path, data=fields, headers=PAGE)

    def asks(self, path: str) -> Response:
        """By a script of the page, as the page does by itself."""
        return self.client.get(path, headers=SCRIPT)

    def tells(self, path: str, **fields: str) -> Response:
        """By a script of the page, since a person touched something."""
        return self.client.post(path, data=fields, headers=SCRIPT)

    def signs_in(self, who: KnownAccount | str, password: str = PASSPHRASE, **more: str) -> Response:
        handle = who if isinstance(who, str) else who.handle
        return self.sends("/sign-in", handle=handle, password=password, **more)

    @property
    def is_in(self) -> bool:
        return self.asks("/api/v1/me").status_code == 200


def hidden(page: Response, name: str) -> str:
    """A hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return found[1]


def code_of(page: Response, staff: Staff) -> str:
    """The code that a telephone shows which has taken the seed from a page."""
    found = re.search(r'<p class="letters"><code>([A-Z2-7 ]+)</code>', page.text)
    assert found
    return pyotp.TOTP(found[1].replace(" ", "")).at(staff.now)
