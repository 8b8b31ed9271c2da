"""The downtime pack, to be printed now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from scheduler.api.fields import Key
from scheduler.api.problems import problems
from scheduler.dependencies import AtDesk
from scheduler.downtime import Printer, pack_of
from scheduler.printing.frame import Paper

router = APIRouter(prefix="/sites/{site}", tags=["board"])

PDF = "application/pdf"


@router.get(
    "/downtime-pack",
    response_class=Response,
    responses={200: {"content": {PDF: {}}, "description": "The pack."}, **problems(404)},
    summary="The downtime pack as a PDF",
)
def print_downtime_pack(
    request: Request,
    site: Key,
    desk: AtDesk,
    initials: Annotated[bool, Query(description="Patients by initials and the clinic's own number only.")] = False,
    paper: Annotated[Paper | None, Query(description="What the clinic prints on, where it is left out.")] = None,
) -> Response:
    """What a clinic goes on with on paper when nothing works, as things stand now."""
    printer: Printer = request.app.state.printer
    with desk.reading() as db:
        pack = pack_of(db, site, now=desk.now)
    written = replace(printer, initials=initials, paper=paper or printer.paper).print(pack)
    headers = {"Content-Disposition": f'inline; filename="{pack.file_name}"', "Cache-Control": "no-store"}
    return Response(written, headers=headers, media_type=PDF)
