"""Who looks at a page: their name, and which doors they may open, so that no page shows one that would be shut."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from fastapi import Request

from scheduler.access.actor import Actor
from scheduler.access.grant import granted
from scheduler.access.table import Table
from scheduler.dependencies import office_of


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in and looks at a page."""

    actor: Actor
    table: Table

    def may(self, operation: str) -> bool:
        """Whether the permission table gives them an operation at some site of theirs."""
        row = self.table.row_of(operation)
        return row is not None and granted(self.actor, row, operation) is not None


_PRESENT: ContextVar[Visitor | None] = ContextVar("visitor", default=None)


async def greeted(request: Request) -> None:
    """Note who it is while their page is made; every page's route has it."""
    actor: Actor | None = request.state.actor
    _PRESENT.set(Visitor(actor, office_of(request).table) if actor else None)


def present_visitor() -> Visitor | None:
    """Whose page is being made; nobody's, for a page that strangers see."""
    return _PRESENT.get()
