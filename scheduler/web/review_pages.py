"""The weekly review as a page: what was unusual, judged one by one, and the week's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler.access.unusual import WORDS
from scheduler.dependencies import AtDesk, Desk
from scheduler.reviewing import Judged, Verdict, judge, sign, week_of, weekly_review
from scheduler.reviewing.listing import WEEK
from scheduler.reviewing.queries import names_of_accounts, numbers_of_patients
from scheduler.web.forms import AsTyped, Typed, date_of, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.trail_pages import author_at

router = APIRouter(prefix="/audit/review")

SAID = {"judged": "Kept.", "signed": "The week is signed."}


@dataclass(frozen=True, slots=True)
class JudgedView:
    """One thing on the list. `is_own` tells that whoever looks at the page did it, so that somebody else has to judge it."""

    id: str
    why: str
    who: str
    about: str
    when: str
    number: int
    reason: str
    verdict: str
    note: str
    by: str
    at: datetime | None
    is_own: bool
    events: str


@router.get("")
def show_week(request: Request, desk: AtDesk, week: str = "", done: str = "") -> HTMLResponse:
    """The list of a week at the site; without one, of the last week that is over."""
    with desk.reading() as db:
        frame = framed(request, db)
        try:
            asked = date_of("week", week) if week else frame.time.date_of(desk.now) - WEEK
        except Faulty:
            asked = frame.time.date_of(desk.now) - WEEK
        return _page(db, desk, frame, asked, done=SAID.get(done, ""))


@router.post("/judge")
def judge_one(request: Request, desk: AtDesk, form: AsTyped) -> Response:
    """Accept or escalate one thing on the list."""
    said = Verdict(form["flag"], form["verdict"], form["note"])

    def work(db: Db) -> str:
        judge(db, author_at(desk), framed(request, db).site.id, form.date("week"), said, now=desk.now)
        return f"/audit/review?week={form['week']}&done=judged#{said.flag}"

    return _done(request, desk, form, lambda: done_once(desk, form, work))


@router.post("/sign")
def sign_week(request: Request, desk: AtDesk, form: AsTyped) -> Response:
    """Sign the week, once everything on its list is judged."""

    def work(db: Db) -> str:
        sign(db, author_at(desk), framed(request, db).site.id, form.date("week"), now=desk.now)
        return f"/audit/review?week={form['week']}&done=signed"

    return _done(request, desk, form, lambda: done_once(desk, form, work))


def _done(request: Request, desk: Desk, form: Typed, work: Callable[[], RedirectResponse]) -> Response:
    """What a form asks for, or the page again with why not."""
    week_on = form.date("week")
    try:
        return work()
    except DomainError as refused:
        with desk.reading() as db:
            return _page(db, desk, framed(request, db), week_on, form=form, refused=refused)


def _page(  # noqa: PLR0913  # each is a part of the page
    db: Db, desk: Desk, frame: Frame, on: date, *, form: Typed | None = None, refused: DomainError | None = None, done: str = ""
) -> HTMLResponse:
    review = weekly_review(db, frame.site.id, on, now=desk.now)
    names, numbers = names_of_accounts(db), numbers_of_patients(db, frame.site.id)
    me = desk.actor.public_id if desk.actor else ""
    return show(
        "review.html",
        frame,
        page="audit",
        status=status_of(refused),
        review=review,
        judged=[_view(each, frame.time, names, numbers, me) for each in review.judged],
        signed_by=names.get(review.signed_by, review.signed_by),
        signed_at=review.signed_at and frame.time.local(review.signed_at),
        before=review.week_on - WEEK,
        after=review.week_on + WEEK if review.week_on < week_of(frame.time.date_of(desk.now)) else None,
        last_day=review.week_on + WEEK - timedelta(days=1),
        asked=form.values("flag", "verdict", "note") if form else {},
        refused=refused,
        faults=faults_of(refused),
        done=done,
        request_key=desk.new_id("k_"),
    )


def _view(judged: Judged, time: SiteTime, names: Mapping[str, str], numbers: Mapping[str, str], me: str) -> JudgedView:
    flag = judged.flag
    patient = flag.about if flag.about in numbers else ""
    asked = {"person": flag.actor, "patient": patient, "since": flag.first.at.date(), "until": flag.last.at.date()}
    return JudgedView(
        id=judged.id,
        why=WORDS[flag.kind],
        who=names.get(flag.actor, flag.actor),
        about=f"patient {numbers[patient]}" if patient else "",
        when=_when(flag.first.at, flag.last.at),
        number=flag.number,
        reason=flag.reason,
        verdict=judged.verdict,
        note=judged.note,
        by=names.get(judged.by, judged.by),
        at=judged.at and time.local(judged.at),
        is_own=flag.actor == me,
        events=f"/audit?{urlencode(asked)}",
    )


def _when(first: datetime, last: datetime) -> str:
    begins = f"{first:%a, %b} {first.day} {first:%H:%M}"
    if first.date() == last.date():
        return begins if f"{first:%H:%M}" == f"{last:%H:%M}" else f"{begins} to {last:%H:%M}"
    return f"{begins} to {last:%a, %b} {last.day} {last:%H:%M}"
