"""Somebody with every role who sends hostile strings, and a browser in which it is seen what they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from playwright.sync_api import Browser

from tests.browser.conftest import DESK, Served, sign_in
from tests.browser.hostile import Sentinel


class Hand:
    """Sends the strings to the API and to the pages' forms as somebody with every role."""

    def __init__(self, served: Served, http: httpx2.Client) -> None:
        self.served, self.site = served, served.clinic.site
        self._keys = count(1)
        self._http = http

    def ask(self, path: str, body: object, *, version: int = 1, reason: str = "", method: str = "POST") -> dict[str, Any]:
        """What the API gives for it; nothing where it refuses, which it does without a fault."""
        headers = {
            "Idempotency-Key": f"k-{next(self._keys)}",
            "If-Match": f'"{version}"',
            "Chairtime-Reason": quote(reason, errors="replace"),
        }
        headers["Content-Type"] = "application/json"
        answer = self._http.request(method, f"/api/v1{path}", content=json.dumps(body), headers=headers)
        assert answer.status_code < 500, (path, body, answer.text)
        made: dict[str, Any] = answer.json() if answer.status_code in {200, 201} else {}
        return made

    def form(self, path: str, **fields: str) -> str:
        """What a form answers; where it leads to is not gone to."""
        body = urlencode(fields, errors="surrogatepass")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._http.post(path, content=body, headers=headers)
        assert answer.status_code < 500, (path, fields)
        return answer.text

    def page(self, path: str) -> str:
        return self._http.get(path).text


def squeezed(text: str) -> str:
    return " ".join(text.split())


@contextmanager
def hand_of(served: Served) -> Iterator[Hand]:
    with httpx2.Client(base_url=served.address, headers={"Authorization": f"Bearer {served.clinic.token}"}, timeout=60) as http:
        yield Hand(served, http)


@contextmanager
def watching(browser: Browser, served: Served) -> Iterator[Sentinel]:
    """A browser of its own at desk size, signed in, and watched."""
    width, height = DESK
    context = browser.new_context(viewport={"width": width, "height": height})
    sign_in(context, served.clinic)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield Sentinel(page)
    context.close()
