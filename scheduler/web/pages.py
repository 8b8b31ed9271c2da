"""A page as an answer: a template, and around it the clinic that it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from rooms import queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Unknown
from rooms.queries import KnownSite
from scheduler.access.cell import Extent
from scheduler.access.clinical import sees_values
from scheduler.access.delegation import ServiceAway
from scheduler.access.not_proven import NotProven
from scheduler.access.refusals import ProofNeeded, ReasonNeeded, SecondNeeded, SecondRefused
from scheduler.dependencies import office_of, operation_of
from scheduler.entering import Visit
from scheduler.guarding import LEAST_REASON, who_may
from scheduler.owing import PAID_BY
from scheduler.web.rendering import environment
from scheduler.web.visitor import present_visitor

TEMPLATES = environment()
SITE = "site"
"""The query parameter and the cookie that say which of several sites the pages are about."""
NOT_PAGES = ("/api/", "/test/", "/health/", "/static/")

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


class NoSite(DomainError):
    """The database is there, but no clinic is in it."""

    code = "no_site"

    def __init__(self) -> None:
        super().__init__("There is no clinic here yet. Load one with `chairtime load`, or try the demo with `chairtime demo`.")


@dataclass(frozen=True, slots=True)
class Frame:
    """The site that a page is about, and all that there are."""

    site: KnownSite
    sites: Sequence[KnownSite]

    @property
    def time(self) -> SiteTime:
        """The clock on the site's wall, which is the one on every page, whatever the browser's."""
        return SiteTime(self.site.site.timezone)


def framed(request: Request, db: Db, site: str | int | None = None) -> Frame:
    """The site that was named, or chosen before, or the first. Raises `Unknown` for one that was named wrongly, `NoSite`."""
    sites = queries.sites(db)
    if not sites:
        raise NoSite
    asked = site or request.query_params.get(SITE)
    chosen = asked or request.cookies.get(SITE)
    found = next((known for known in sites if chosen in {known.id, known.public_id, known.site.id}), None)
    if found is None and asked:
        raise Unknown("site", str(asked))
    return Frame(found or sites[0], sites)


def show(
    template: str,
    frame: Frame | None = None,
    context: Mapping[str, object] | None = None,
    *,
    page: str = "",
    status: int = 200,
    **more: object,
) -> HTMLResponse:
    """A page. `page` is the entry of the menu that is open."""
    text = TEMPLATES.get_template(template).render(
        frame=frame, page=page, home="/", visitor=present_visitor(), sees_values=sees_values, **(context or {}), **more
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def install_refusals(app: FastAPI) -> None:
    """Show refusals as pages to those who asked for a page, with the status and the sentence that everybody gets."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _as_page(handler))


def _as_page(handler: Handler) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        plain = handler(request, error)
        if not isinstance(plain, Response):
            raise TypeError("handlers of refusals answer at once")
        is_for_script = request.headers.get("accept", "") == "application/json"
        if is_for_script or request.url.path.startswith(NOT_PAGES) or not isinstance(plain, JSONResponse):
            return plain
        if isinstance(error, OWED) and (asked := owed_by(request)):
            return show("owed.html", None, {**asked, "refused": error}, status=plain.status_code)
        return _refusal_page(plain, error)

    return answer


def owed_by(request: Request) -> dict[str, object]:
    """What is still owed for a form that was sent, or for a page, with all of its fields; nothing where nothing is."""
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None or visit.grant is None or not hasattr(request.state, "sent"):
        return {}
    grant, fields = visit.grant, dict(request.state.sent)
    is_form, office = request.method == "POST", office_of(request)
    has_page = office.table.row_of(operation_of(request, office).replace("POST", "GET", 1)) is not None
    return {
        "action": request.url.path if is_form else "/reasons",
        "here": request.url.path if is_form and has_page else "",
        "kept": [(name, value) for name, value in request.state.sent if name not in PAID_BY] if is_form else [("next", _address(request))],
        "does": grant.row.does,
        "owes_proof": grant.owes_proof and not grant.has_proof(office.clock.now()),
        "owes_second": grant.owes_second or bool(fields.get("second_handle")),
        "owes_reason": grant.owes_reason and len(fields.get("reason", "").strip()) < LEAST_REASON,
        "second": fields.get("second_handle", ""),
        "who": who_may(grant.row, Extent.PROPOSE) if grant.owes_second else [],
    }


def _address(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


OWED = (ProofNeeded, SecondNeeded, SecondRefused, ReasonNeeded, NotProven)


def _refusal_page(plain: JSONResponse, error: Exception) -> Response:
    lost = plain.status_code in {404, 405}
    title = "This page is not here" if lost else "This could not be shown" if plain.status_code >= 500 else "This cannot be done"
    sentence = error.message if isinstance(error, DomainError) else SENTENCES.get(plain.status_code, OTHER_SENTENCE)
    way_out = {"href": "/", "label": "Go to the day board"}
    if isinstance(error, NoSite):
        way_out = {"href": "/help", "label": "Help"}
    elif present_visitor() is None and (plain.status_code == 401 or isinstance(error, ServiceAway)):
        way_out = {"href": "/sign-in", "label": "Go to the sign-in page"}
    page = show("error.html", title=title, sentence=sentence, way_out=way_out, status=404 if lost else plain.status_code)
    for name in ("x-request-id", "retry-after"):
        if name in plain.headers:
            page.headers[name] = plain.headers[name]
    return page


SENTENCES = {
    404: "The address may have been typed wrongly, or what it showed is no longer there.",
    405: "The address may have been typed wrongly, or what it showed is no longer there.",
    422: "The address or the form holds something that cannot be read. Go back and try again.",
    500: "Something went wrong on our side. Nothing was changed. The log has more under the id of this request.",
    503: "The database is busy or out of reach. Nothing was changed. Try again in a moment.",
    507: "The disk of the server is full. Nothing was changed. Free some space and try again.",
}
OTHER_SENTENCE = "The request was refused, and nothing was changed. Go back and try again."
