"""Who is at the door: the person behind a request, and what the audit trail is told of their visit."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import HTTPConnection

from rooms.base import Db
from scheduler import auditing, signing_in
from scheduler.access.actor import Actor
from scheduler.access.author import Author, AuthorKind
from scheduler.access.grant import Grant
from scheduler.access.idle import Idle
from scheduler.access.role import Role
from scheduler.clock import Clock
from scheduler.database import Database

SECURE_COOKIE, PLAIN_COOKIE = "__Host-chairtime", "chairtime"
"""The sign-in's cookie where the clinic is reached by https, and where it is tried out on one machine without."""

NOTED_EVERY = timedelta(minutes=1)
"""How often it is written down that somebody is at work; a lock that comes so much too soon disturbs nobody."""

LOOKS = {"POST /patients/search"}
"""Posted only so that no name stands in an address."""
PAGES_KEPT = 5_000
"""For how many pages that are kept live it is known what they show; the next ones are told of once more."""
REFUSED = {403, 404}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
NAMED = {
    *("session", "course", "patient", "site", "resource", "protocol", "waiting", "joint_plan", "joint", "key", "closure", "absence"),
    *("form", "certification", "enrollment", "lot", "adverse_event"),
}


@dataclass(slots=True)
class Visit:
    """One request of somebody: what they may do, whom they looked at, and whether anything was changed."""

    author: Author
    actor: Actor | None = None
    grant: Grant | None = None
    assigned: frozenset[str] | None = None
    """The only patients they may see, where they do not see everybody."""
    pay: Callable[[], None] | None = None
    """Takes what the cell asks for besides the role, if it does."""
    page: tuple[str, str] = ("", "")
    """The sign-in, and the address that is looked at."""
    is_anew: bool = False
    """Whether a page fetches once more what it shows, since somebody changed something."""
    seen: set[str] = field(default_factory=set)
    changed: bool = False

    @property
    def only_looks(self) -> bool:
        """Whether the operation changes nothing."""
        return self.author.operation.startswith("GET ") or self.author.operation in LOOKS

    def is_to_be_told(self, status: int) -> bool:
        """Whether the trail has to be told of it apart from what was changed: a look at patients, or what was refused."""
        if status in REFUSED:
            return True
        looked = status < 400 and not self.changed and bool(self.seen)
        return looked and self.grant is not None and bool(self.grant.row.category)


class Entrance:
    """The door of one program: its database and its clock, and how long a sign-in may be idle."""

    def __init__(self, database: Database, clock: Clock, idle: Idle, *, is_secure: bool) -> None:
        self.database = database
        self.clock = clock
        self.idle = idle
        self.cookie = SECURE_COOKIE if is_secure else PLAIN_COOKIE
        self._noted: dict[int, datetime] = {}
        self._shown: dict[tuple[str, str], frozenset[str]] = {}

    def actor_of(self, request: HTTPConnection) -> Actor | None:
        """Whoever sent a request; nobody if they are not signed in. That a person did something is written down now and then."""
        token = token_of(request, self.cookie)
        if not token:
            return None
        now = self.clock.now()
        with self.database.reading() as db:
            actor = signing_in.actor_of(db, token, now=now, idle=self.idle)
        if actor is not None and not actor.locked and is_by_a_person(request):
            self._note(actor, now)
        return actor

    def write_down(self, visit: Visit, status: int) -> None:
        """Tell the audit trail of a visit that changed nothing. A page that shows anew what it shows already is no other look."""
        if visit.is_anew and visit.seen <= self._shown.get(visit.page, frozenset()):
            return
        now, row = self.clock.now(), visit.grant.row if visit.grant else None
        category = (row.category if row else "") or "access"

        def told(db: Db) -> None:
            if status in REFUSED:
                author = visit.author
                auditing.append(
                    db, author, action=author.operation, now=now, category=category, outcome="denied", objects=[*author.about.items()]
                )
            else:
                auditing.record_read(db, visit.author, now=now, patients=sorted(visit.seen), category=category)

        self.database.run(told, quiet=True)
        if status not in REFUSED:
            self._keep_shown(visit)

    def _keep_shown(self, visit: Visit) -> None:
        if len(self._shown) >= PAGES_KEPT:
            self._shown.clear()
        self._shown[visit.page] = frozenset(visit.seen)

    def _note(self, actor: Actor, now: datetime) -> None:
        last = self._noted.get(actor.login_id)
        if last is not None and timedelta(0) <= now - last < NOTED_EVERY:
            return
        self.database.run(lambda db: signing_in.note_action(db, actor.login_id, now=now), quiet=True)
        self._noted[actor.login_id] = now


def token_of(request: HTTPConnection, cookie: str) -> str:
    """What a request shows for a sign-in: a program's bearer token, or the browser's cookie."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else request.cookies.get(cookie, "")


def is_by_a_person(request: HTTPConnection) -> bool:
    """Whether a person did something: changed it, or followed a link. What a page fetches by itself, such as the board, never is."""
    headers = request.headers
    if request.scope["method"] in CHANGING:
        return True
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-user") == "?1"


def author_of(request: HTTPConnection, actor: Actor | None, operation: str, grant: Grant | None = None) -> Author:
    """Who a request's doings are written down for."""
    about = {name: str(value)[:200] for name, value in request.path_params.items() if name in NAMED}
    source = request.client.host if request.client else ""
    device = request.headers.get("user-agent", "")[:200]
    request_id: str = request.state.request_id
    if actor is None:
        return Author(AuthorKind.NOBODY, "nobody", source=source, device=device, request_id=request_id, operation=operation, about=about)
    sites = sorted(grant.sites if grant else actor.sites)
    return Author(
        AuthorKind.STAFF,
        actor.public_id,
        name=actor.name,
        roles=frozenset[Role]().union(*(actor.roles[site] for site in sites)),
        login=actor.login,
        strength=actor.strength.value,
        break_glass=bool(actor.broken_glass.intersection(sites)),
        source=source,
        device=device,
        request_id=request_id,
        operation=operation,
        reason=given_reason(request),
        site_id=sites[0] if len(sites) == 1 else None,
        about=about,
    )


def given_reason(request: HTTPConnection) -> str:
    """The reason in the header `Chairtime-Reason`, written as in an address so that every letter can be sent."""
    return urllib.parse.unquote(request.headers.get("chairtime-reason", ""))[:1000].strip()
