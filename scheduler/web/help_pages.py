"""Help: the keys, what a card says, and how a course is booked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from scheduler.access.role import Role
from scheduler.access.table_text import LEGEND
from scheduler.dependencies import office_of
from scheduler.web.pages import show
from scheduler.web.visitor import present_visitor

router = APIRouter()


@router.get("/help")
def show_help() -> HTMLResponse:
    """The help page; it is there even when no clinic is."""
    return show("help.html", page="help")


@router.get("/permissions")
def show_permissions(request: Request) -> HTMLResponse:
    """Who may do what: the table that guards every page, with the columns of whoever looks first."""
    table, visitor = office_of(request).table, present_visitor()
    own = frozenset[Role]().union(*visitor.actor.roles.values()) if visitor else frozenset[Role]()
    roles = sorted(Role, key=lambda role: (role not in own, list(Role).index(role)))
    return show("permissions.html", page="help", rows=table.rows, roles=roles, own=own, legend=LEGEND)
