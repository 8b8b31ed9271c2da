"""All routers of the API, in the order of its documentation."""

from __future__ import annotations

from fastapi import APIRouter

from scheduler.api import (
    absences,
    adverse_events,
    attending,
    board,
    charts,
    checklists,
    closures,
    contacts,
    courses,
    downtime,
    enrollments,
    forms,
    links,
    lists,
    live,
    lots,
    messages,
    openings,
    patients,
    people,
    plans,
    protocols,
    resources,
    sessions,
    sign_in,
    sites,
    trail,
    waiting_list,
)
from scheduler.api.gate import BODY_LIMIT

router = APIRouter(prefix="/api/v1", max_body_size=BODY_LIMIT)
for each in (
    sites,
    board,
    live,
    resources,
    absences,
    closures,
    protocols,
    checklists,
    patients,
    contacts,
    plans,
    courses,
    waiting_list,
    sessions,
    charts,
    forms,
    enrollments,
    lots,
    adverse_events,
    attending,
    lists,
    messages,
    openings,
    links,
    sign_in,
    people,
    trail,
    downtime,
):
    router.include_router(each.router)
