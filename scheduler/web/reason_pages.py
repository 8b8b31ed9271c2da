"""Saying why one looks, once for the pages that one looks at in the next minutes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from scheduler.access.cookie import login_cookie
from scheduler.dependencies import AtDesk, office_of
from scheduler.owing import REASON_COOKIE, REASON_LASTS, keep_reason
from scheduler.web.doors import actor_of, means_of, onward
from scheduler.web.forms import AsTyped

router = APIRouter()


@router.post("/reasons")
def give_reason(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Keep the reason, and go on to the page that asked for it."""
    actor, clock = actor_of(desk), office_of(request).clock
    token = desk.database.run(lambda db: keep_reason(db, actor, form["reason"], now=desk.now, new_secret=clock.new_secret))
    answer = RedirectResponse(onward(form["next"]), 303)
    secure = login_cookie(means_of(request).address).secure
    seconds = int(REASON_LASTS.total_seconds())
    answer.set_cookie(REASON_COOKIE, token, max_age=seconds, secure=secure, httponly=True, samesite="lax", path="/")
    return answer
