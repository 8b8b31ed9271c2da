"""Tells pages that stay open that something was committed; what it was, they look up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from rooms import queries
from scheduler import queries as access_queries
from scheduler.api.fields import Key
from scheduler.api.problems import streamed
from scheduler.dependencies import AtDesk, Desk

router = APIRouter(prefix="/sites/{site}", tags=["board"])


def known_site(site: Key, desk: AtDesk) -> str:
    """The site's public id. It is looked up and let go before the stream begins, which may last all day."""
    with desk.reading() as db:
        return queries.site(db, site).public_id


@router.get("/changes", response_class=EventSourceResponse, responses=streamed(404), summary="Hear when something changed")
async def watch_changes(site: Annotated[str, Depends(known_site)], desk: AtDesk) -> AsyncIterator[ServerSentEvent]:
    """An event `changed` at once, and then whenever something was committed. It carries nothing: fetch what you show anew.

    It ends when the sign-in that it was asked with is closed, or its account disabled.
    """
    async for _ in desk.database.changes():
        if not await run_in_threadpool(_still_in, desk):
            return
        yield ServerSentEvent(event="changed", data={"site": site})


def _still_in(desk: Desk) -> bool:
    """Whether whoever asked is still signed in. To end a sign-in is a change like any other, so that the stream hears of it at once."""
    if desk.actor is None:
        return False
    with desk.reading() as db:
        login = access_queries.login(db, desk.actor.login_id)
        return login is not None and login.is_open(desk.now) and access_queries.account(db, desk.actor.account_id).is_active
