"""Help: the keys, what a card says, and how a course is booked."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from scheduler.web.pages import show

router = APIRouter()


@router.get("/help")
def show_help() -> HTMLResponse:
    """The help page; it is there even when no clinic is."""
    return show("help.html", page="help")
