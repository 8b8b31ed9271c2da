"""The pages that a patient comes to by the link in a message: no sign-in, no script, nothing of a third party.

To open one changes nothing, however often and by whatever program; what is done takes a button that was pressed, on a page that still
holds. A link that is unknown, over or revoked is answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from courses.plans.ongoing.moving import CannotMove
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler import auditing, guarding, linking
from scheduler.access.author import Author, AuthorKind
from scheduler.access.link_token import is_good, is_key
from scheduler.access.misses import Misses
from scheduler.database import Database, View
from scheduler.dependencies import office_of, operation_of
from scheduler.linking import Links, Opened, answering, queries
from scheduler.linking.answering import PROVEN_FOR, Answering, Came, Hand
from scheduler.patient_page import page_languages, page_words
from scheduler.reminders import queries as reminders
from scheduler.web.forms import AsTyped, Typed
from scheduler.web.pages import TEMPLATES
from scheduler.web.patient_link_views import course_file, offer_views, patient_view, visit_file, words_for

router = APIRouter(prefix="/v")

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
PROOF = "chairtime-visit"
"""The cookie that says for half an hour that the birth date was known; it goes to this one link's pages only."""
PAGE = "patient_page"
WAIT_SECONDS = "60"
STALE, PRESS = "stale", "press"

Lang = Annotated[str, Query(max_length=20)]
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Knock:
    """A request with a key: what it opens, if anything."""

    request: Request
    token: str

    @property
    def now(self) -> datetime:
        """The present instant."""
        return office_of(self.request).clock.now()

    def look(self, kind: str = "visit") -> Opened | None:
        """What the key opens."""
        if not is_key(self.token):
            return None
        with office_of(self.request).database.reading() as db:
            return linking.opened(db, self.token, now=self.now, kind=kind)

    def is_proven(self, found: Opened) -> bool:
        """Whether this browser has shown that it knows the birth date."""
        proof = self.request.cookies.get(PROOF, "")
        if not is_key(proof):
            return False
        with office_of(self.request).database.reading() as db:
            return queries.is_proven(db, found.link.id, proof, now=self.now)

    def links(self) -> Links:
        """What gives keys."""
        return Links(self.request.app.state.address, office_of(self.request).clock)

    def database(self, found: Opened) -> Database:
        """The database as the holder of a link may see it: its site alone; what is changed is told as done by the link."""
        office = office_of(self.request)
        source = self.request.client.host if self.request.client else ""
        author = Author(
            AuthorKind.PROGRAM,
            PAGE,
            name="a patient's link",
            source=source,
            device=self.request.headers.get("user-agent", "")[:200],
            request_id=self.request.state.request_id,
            operation=operation_of(self.request, office),
            site_id=found.link.site_id,
            about={"visit_link": found.link.public_id},
        )
        kept = guarding.view_of_sites(frozenset({found.link.site_id}))

        def opening(db: Db) -> None:
            kept.opening(db)
            auditing.gather(db)

        def closing(db: Db) -> None:
            auditing.record_changes(db, author, now=self.now)

        return office.database.seen_through(office.pacer.seen_by(View(opening, closing)))

    def gone(self) -> Response:
        """The one answer to every link that opens nothing; to an address that tries many, that it has to wait."""
        source = self.request.client.host if self.request.client else ""
        misses: Misses = self.request.app.state.misses
        if misses.is_one_too_many(source, office_of(self.request).clock.monotonic()):
            return HTMLResponse(_wait_page(), 429, HEADERS | {"Retry-After": WAIT_SECONDS})
        with office_of(self.request).database.reading() as db:
            return _shown("gone.html", 404, {"every": _every_language(), "clinic": reminders.only_messaging(db)})


@router.get("/{token}")
def show_visit(request: Request, token: str, lang: Lang = "", done: Done = "") -> Response:
    """The visit: when and where, two buttons, and what is private behind the birth date."""
    knock = Knock(request, token)
    found = knock.look()
    if found is None:
        return knock.gone()
    view = patient_view(found, token, now=knock.now, asked=lang, done=done, is_proven=knock.is_proven(found))
    return _shown("visit.html", 200, {"view": view, "words": view.words, "feed": ""})


@router.get("/{token}/change")
def show_change(request: Request, token: str, lang: Lang = "", done: Done = "") -> Response:
    """Another time, or none: openings that keep the course's rules, and the way to call the visit off."""
    knock = Knock(request, token)
    found = knock.look()
    if found is None:
        return knock.gone()
    view = patient_view(found, token, now=knock.now, asked=lang, done=done)
    if view.state not in {"ahead", "near"}:
        return _led(token, lang, done or "late")
    with office_of(request).database.reading() as db:
        offered = answering.offers(db, found, now=knock.now)
    return _shown("change.html", 200, {"view": view, "words": view.words, "offers": offer_views(found, offered, view.words)})


@router.get("/{token}/not-me")
def show_not_me(request: Request, token: str, lang: Lang = "", done: Done = "") -> Response:
    """For whoever has this number and is somebody else."""
    knock = Knock(request, token)
    found = knock.look()
    if found is None:
        return knock.gone()
    view = patient_view(found, token, now=knock.now, asked=lang, done=done)
    return _shown("not_me.html", 200, {"view": view, "words": view.words})


@router.get("/{token}/visit.ics")
def get_visit_file(request: Request, token: str) -> Response:
    """The visit for a calendar; one that was called off is taken out of it."""
    knock = Knock(request, token)
    found = knock.look()
    return knock.gone() if found is None else _calendar(visit_file(found), "visit.ics")


@router.get("/{token}/visits.ics")
def get_course_file(request: Request, token: str) -> Response:
    """All visits of the course, by a key of the calendar's own."""
    knock = Knock(request, token)
    found = knock.look("course")
    return knock.gone() if found is None else _calendar(course_file(found), "visits.ics")


@router.post("/{token}/confirm")
def confirm(request: Request, token: str, form: AsTyped) -> Response:
    """The patient will come."""
    return _done(Knock(request, token), form, answering.confirm)


@router.post("/{token}/cancel")
def cancel(request: Request, token: str, form: AsTyped) -> Response:
    """Call the visit off, with the day of birth; near the visit the desk is told."""
    return _done(Knock(request, token), form, lambda hand: answering.cancel(hand, form["day"]), back="/change")


@router.post("/{token}/move")
def move(request: Request, token: str, form: AsTyped) -> Response:
    """Take one of the openings that are offered, with the day of birth."""
    starts_at = _instant(form["time"])
    if starts_at is None:
        return _led(token, form["lang"], PRESS, "/change")
    return _done(Knock(request, token), form, lambda hand: answering.move(hand, starts_at, form["day"]), back="/change")


@router.post("/{token}/take-offer")
def take_offer(request: Request, token: str, form: AsTyped) -> Response:
    """Take the place that is kept for the visit."""
    return _done(Knock(request, token), form, answering.take_offer)


@router.post("/{token}/leave-offer")
def leave_offer(request: Request, token: str, form: AsTyped) -> Response:
    """Keep the time that the visit has."""
    return _done(Knock(request, token), form, answering.leave_offer)


@router.post("/{token}/ask")
def ask(request: Request, token: str, form: AsTyped) -> Response:
    """Another time than those that are offered: somebody calls."""
    return _done(Knock(request, token), form, answering.ask)


@router.post("/{token}/ride")
def say_ride(request: Request, token: str, form: AsTyped) -> Response:
    """Somebody takes the patient home."""
    return _done(Knock(request, token), form, answering.say("ride"), private=True)


@router.post("/{token}/fasting")
def say_fasting(request: Request, token: str, form: AsTyped) -> Response:
    """The patient keeps to what is asked beforehand."""
    return _done(Knock(request, token), form, answering.say("fasting"), private=True)


@router.post("/{token}/language")
def choose_language(request: Request, token: str, form: AsTyped) -> Response:
    """Messages in the language of the page from now on."""
    return _done(Knock(request, token), form, lambda hand: answering.choose_language(hand, form["lang"]))


@router.post("/{token}/not-me")
def say_not_me(request: Request, token: str, form: AsTyped) -> Response:
    """Whoever has this number is somebody else: nothing more goes there, and the desk is told."""
    knock = Knock(request, token)
    answer = _done(knock, form, answering.not_me, back="/not-me")
    if knock.look() is not None or answer.status_code != 303:  # nothing was pressed, or there was nothing to press
        return answer
    words = page_words(form["lang"])
    return _shown("thanks.html", 200, {"words": words})


@router.post("/{token}/birth-date")
def prove(request: Request, token: str, form: AsTyped) -> Response:
    """Show what is private to who knows the birth date; five tries."""
    knock, proof = Knock(request, token), list[str]()

    def proven(hand: Hand) -> Came:
        came, key = answering.prove(hand, _born(form))
        proof.append(key)
        return came

    answer = _done(knock, form, proven, back="")
    if proof and proof[-1]:
        is_secure = request.app.state.address.startswith("https://")
        kept = int(PROVEN_FOR.total_seconds())
        answer.set_cookie(PROOF, proof[-1], max_age=kept, path=f"/v/{token}", secure=is_secure, httponly=True, samesite="lax")
    return answer


@router.post("/{token}/calendar")
def subscribe(request: Request, token: str, form: AsTyped) -> Response:
    """A link for a calendar that shows all visits; it is told once."""
    knock, feed = Knock(request, token), list[str]()

    def made(hand: Hand) -> Came:
        feed.append(answering.subscribe(hand))
        return Came.ANSWERED

    answer = _done(knock, form, made, private=True)
    found = knock.look()
    if not feed or found is None:
        return answer
    view = patient_view(found, token, now=knock.now, asked=form["lang"], is_proven=True)
    return _shown("visit.html", 200, {"view": view, "words": view.words, "feed": f"{feed[-1]}/visits.ics"})


def _done(knock: Knock, form: Typed, answer: Answering, *, back: str = "", private: bool = False) -> Response:
    """Do what a form asks, if its button was pressed on a page that still holds, and lead back to the visit or to the form."""
    found = knock.look()
    if found is None:
        return knock.gone()
    language = words_for(found, form["lang"]).code
    if form["do"] != "yes" or (private and not knock.is_proven(found)):
        return _led(knock.token, language, PRESS, back)
    if not is_good(form["nonce"], knock.token, found.seen(), now=knock.now):
        return _led(knock.token, language, STALE)

    def work(db: Db) -> Came | None:
        now_found = linking.opened(db, knock.token, now=knock.now, locked=True)
        if now_found is None:
            return None
        if now_found.seen() != found.seen():
            return Came.LATE
        return answer(Hand(db, now_found, office_of(knock.request).clock, knock.links()))

    try:
        came = knock.database(found).run(work)
    except CannotMove:
        came = Came.TAKEN
    except DomainError:  # the course has changed so that this is no more possible: a person sees to it
        came = Came.LATE
    if came is None:
        return knock.gone()
    return _led(knock.token, language, came, back if came in {Came.WRONG, Came.OVER, Came.TAKEN} else "")


def _led(token: str, language: str, done: str, part: str = "") -> RedirectResponse:
    asked = f"lang={language}&" if language in page_languages() else ""
    return RedirectResponse(f"/v/{token}{part}?{asked}done={done}", 303, HEADERS)


def _shown(template: str, status: int, context: dict[str, object]) -> HTMLResponse:
    return HTMLResponse(TEMPLATES.get_template(f"patient_page/{template}").render(context), status, HEADERS)


@cache
def _wait_page() -> str:
    """Made once: it must cost little."""
    return TEMPLATES.get_template("patient_page/wait.html").render(every=_every_language())


def _calendar(content: bytes, name: str) -> Response:
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, "text/calendar; charset=utf-8")


def _every_language() -> list[object]:
    return [page_words(code) for code in page_languages()]


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _born(form: Typed) -> date | None:
    try:
        return date(form.whole("year"), form.whole("month"), form.whole("day"))
    except (ValueError, Faulty):
        return None
