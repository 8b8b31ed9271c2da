"""What every request passes first: its id, the host that it came by, which site's page sent it, what its body is, and who sent it.

Strangers come no further than the few addresses that the permission table opens to them. What the others may do is decided behind this
gate (`scheduler.dependencies.entered`); whom an answer tells of is written into the audit trail here, before the answer leaves.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rooms.errors import DomainError
from scheduler.access.actor import Actor
from scheduler.access.refusals import Locked, SignInNeeded
from scheduler.access.table import Table
from scheduler.api.errors import SENTENCES, answer_to, refusal
from scheduler.api.nesting import MOST_LEVELS, is_tangled, read
from scheduler.entering import Entrance

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
PATIENTS = "/v/"
"""Where patients come to by a link; whoever sends a form there knows the link."""
OWN_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
BODY_LIMIT, DOCUMENT_LIMIT = 1_000_000, 16_000_000
"""Bytes of a body, and of one that holds a protocol's text."""

GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Gate:
    """Refuses what no page of ours and no honest client sends, and puts the request's id and the safety headers on every answer."""

    def __init__(self, app: ASGIApp, *, entrance: Entrance, table: Table, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._entrance = entrance
        self._table = table
        self._hosts = OWN_HOSTS | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request.state.request_id = given if GIVEN_ID.fullmatch(given) else self._entrance.clock.new_id("q_")
        refused = self._refused(request) or await self._stopped(request)
        if refused is None and request.method in CHANGING and _has_body(request.headers) and _kind(request.headers) not in FORMS:
            limit = body_limit(request.url.path)
            body, receive = await read(receive, limit)
            refused = _unread(request, body, limit)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._written_down(request, message["status"])
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request.state.request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not request.url.path.startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await (refused or self._app)(scope, receive, sending)

    async def _stopped(self, request: Request) -> Response | None:
        """Find out who sent it; the answer to a stranger at an address that is not open to strangers."""
        request.state.actor = None
        if self._table.is_public(request.method, request.url.path):
            return None
        try:
            request.state.actor = await run_in_threadpool(self._entrance.actor_of, request)
        except (DBAPIError, PoolTimeout, TimeoutError) as error:
            return answer_to(request, error)
        return self._turned_away(request, request.state.actor)

    def _turned_away(self, request: Request, actor: Actor | None) -> Response | None:
        if actor is None:
            return _shown_the_door(request, SignInNeeded(), "/sign-in")
        if actor.locked and not self._table.is_open_when_locked(request.method, request.url.path):
            return _shown_the_door(request, Locked(), "/lock")
        return None

    async def _written_down(self, request: Request, status: int) -> None:
        """Tell the audit trail of a look at patients, or of what was refused to somebody, before the answer leaves."""
        visit = getattr(request.state, "visit", None)
        if visit is not None and visit.is_to_be_told(status):
            await run_in_threadpool(self._entrance.write_down, visit, status)

    def _refused(self, request: Request) -> Response | None:
        headers = request.headers
        if _name_of(headers.get("host", "")) not in self._hosts:
            return refusal(request, 400, "unknown_host", "This server is not known by that name; add it to CHAIRTIME_ALLOWED_HOSTS.")
        if request.method in CHANGING and _from_elsewhere(headers, request.url.path):
            return refusal(request, 403, "from_another_site", "The request came from a page of another site. Open this clinic's own page.")
        if _length(headers) > body_limit(request.url.path):
            return refusal(request, 413, "too_large", SENTENCES[413])
        if request.method in CHANGING and request.url.path.startswith(("/api/", "/test/")) and _has_body(headers) and not _is_json(headers):
            return refusal(request, 415, "not_json", "Send the body as JSON, with the header Content-Type: application/json.")
        return None


def _unread(request: Request, body: bytes, limit: int) -> Response | None:
    """The answer to a body that is better not read: one sent in pieces may be larger than its sender said."""
    if len(body) > limit:
        return refusal(request, 413, "too_large", SENTENCES[413])
    if is_tangled(body):
        sentence = f"The body holds more lists and objects in each other than anything here has; {MOST_LEVELS} levels are the limit."
        return refusal(request, 400, "too_deep", sentence)
    return None


def _shown_the_door(request: Request, why: DomainError, door: str) -> Response:
    """A refusal for programs and scripts; whoever asked for a page is led to where they can sign in, and back afterwards."""
    if request.url.path.startswith(("/api/", "/test/")) or request.headers.get("sec-fetch-dest", "document") not in {"document", "iframe"}:
        return answer_to(request, why)
    wanted = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        wanted += f"?{request.url.query}"
    return RedirectResponse(door if wanted == "/" else f"{door}?{urlencode({'next': wanted})}", 303)


def body_limit(path: str) -> int:
    """How many bytes a body sent to an address may have."""
    return DOCUMENT_LIMIT if "/protocols" in path else BODY_LIMIT


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _name_of(host: str) -> str:
    return re.sub(r":\d+$", "", host).lower()


def _from_elsewhere(headers: Headers, path: str) -> bool:
    """Whether a browser sent it for a page of another site; a client that is no browser sends neither header.

    A page that tells nobody its address, as a patient's does, is one whose origin browsers do not tell either.
    """
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    if origin == "null" and path.startswith(PATIENTS):
        return False
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _is_json(headers: Headers) -> bool:
    return _kind(headers) == "application/json"


def _kind(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
