"""All pages, and how they are put into the application."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from scheduler.web import (
    account_pages,
    board,
    booking,
    call_pages,
    checklist_pages,
    closure_pages,
    contact_pages,
    course_pages,
    downtime_pages,
    enrollment_pages,
    event_pages,
    form_pages,
    help_pages,
    history_pages,
    joining_pages,
    list_pages,
    lock_timers,
    lot_pages,
    message_pages,
    observation_board,
    opening_pages,
    paper_pages,
    passkey_pages,
    patient_link_pages,
    patient_pages,
    people_pages,
    protocol_pages,
    reason_pages,
    resource_pages,
    review_pages,
    service_pages,
    session_pages,
    sheet_pages,
    sign_in_pages,
    sign_pages,
    status_pages,
    text_pages,
    trail_pages,
    waiting_pages,
    wall_screen_pages,
)
from scheduler.web.pages import install_refusals

STATIC = Path(__file__).parent / "static"

router = APIRouter(include_in_schema=False)
for each in (
    board,
    list_pages,
    patient_pages,
    contact_pages,
    message_pages,
    call_pages,
    text_pages,
    status_pages,
    course_pages,
    session_pages,
    form_pages,
    enrollment_pages,
    event_pages,
    lot_pages,
    observation_board,
    wall_screen_pages,
    sheet_pages,
    history_pages,
    sign_pages,
    booking,
    waiting_pages,
    opening_pages,
    protocol_pages,
    reason_pages,
    checklist_pages,
    closure_pages,
    resource_pages,
    help_pages,
    passkey_pages,
    service_pages,
    sign_in_pages,
    lock_timers,
    account_pages,
    joining_pages,
    people_pages,
    trail_pages,
    review_pages,
    downtime_pages,
    paper_pages,
    patient_link_pages,
):
    router.include_router(each.router)


def install(app: FastAPI) -> None:
    """Put the styles and scripts of the pages, and how they tell a refusal, into an application that answers refusals already."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install_refusals(app)
