"""The record of a session as a PDF."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from courses.queries import charts
from scheduler.access.clinical import sees_values
from scheduler.access.refusals import NotAllowed
from scheduler.dependencies import AtDesk
from scheduler.downtime import Printer, origin_of
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
    headers = {"Content-Disposition": f'inline; filename="session-{chart.number}.pdf"', "Cache-Control": "no-store"}
    return Response(sheet_pdf(chart, origin, printer.paper), headers=headers, media_type="application/pdf")
