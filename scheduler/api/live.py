"""Tells pages that stay open that something was committed; what it was, they look up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from rooms import queries
from scheduler.api.fields import Key
from scheduler.api.problems import streamed
from scheduler.dependencies import AtDesk

router = APIRouter(prefix="/sites/{site}", tags=["board"])


def known_site(site: Key, desk: AtDesk) -> str:
    """The site's public id. It is looked up and let go before the stream begins, which may last all day."""
    with desk.reading() as db:
        return queries.site(db, site).public_id


@router.get("/changes", response_class=EventSourceResponse, responses=streamed(404), summary="Hear when something changed")
async def watch_changes(site: Annotated[str, Depends(known_site)], desk: AtDesk) -> AsyncIterator[ServerSentEvent]:
    """An event `changed` at once, and then whenever something was committed. It carries nothing: fetch what you show anew."""
    async for _ in desk.database.changes():
        yield ServerSentEvent(event="changed", data={"site": site})
