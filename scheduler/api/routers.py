"""All routers of the API, in the order of its documentation."""

from __future__ import annotations

from fastapi import APIRouter

from scheduler.api import absences, board, closures, courses, live, patients, plans, protocols, resources, sites

router = APIRouter(prefix="/api/v1")
for each in (sites, board, live, resources, absences, closures, protocols, patients, plans, courses):
    router.include_router(each.router)
