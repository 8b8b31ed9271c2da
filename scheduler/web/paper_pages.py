"""PDFs of one record: what was written down at a session, and a course for its patient to take home."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from courses import queries
from courses.queries import charts
from rooms.availability.hours import SiteTime
from scheduler.access.clinical import sees_values
from scheduler.access.refusals import NotAllowed
from scheduler.dependencies import AtDesk
from scheduler.downtime import Printer, named, origin_of
from scheduler.printing.appointments import Appointment, appointments_pdf
from scheduler.printing.sheet import sheet_pdf
from scheduler.web.forms import Key

router = APIRouter()


@router.get("/sessions/{session}/sheet/paper")
def print_sheet(request: Request, session: Key, desk: AtDesk) -> Response:
    """What was written down at a session, with room for what was not, and every entry that ever was."""
    if not sees_values():
        raise NotAllowed("Read clinical values", ())
    printer: Printer = request.app.state.printer
    with desk.reading() as db:
        chart = charts.chart_of(db, session)
        origin = origin_of(db, chart.site, now=desk.now)
    return _pdf(sheet_pdf(chart, origin, printer.paper), f"session-{chart.number}")


@router.get("/courses/{course}/paper")
def print_appointments(request: Request, course: Key, desk: AtDesk) -> Response:
    """The visits of a course that are still to come, for the patient."""
    printer: Printer = request.app.state.printer
    with desk.reading() as db:
        known = queries.course(db, course)
        origin = origin_of(db, known.site, now=desk.now)
    local = SiteTime(known.site.site.timezone).local
    coming = [
        Appointment(each.number, local(each.interval.starts_at), local(each.interval.ends_at))
        for each in known.course.live
        if each.interval and each.interval.starts_at > desk.now
    ]
    return _pdf(appointments_pdf(named(known.course.patient), coming, origin, printer.paper), "appointments")


def _pdf(written: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(written, headers=headers, media_type="application/pdf")
