"""What the gateway for texts tells us: reports about messages, and what patients write back. Nobody signs in here; every call is signed."""

from __future__ import annotations

from functools import partial
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from rooms.errors import Unknown
from scheduler import auditing
from scheduler.access.author import Author, AuthorKind
from scheduler.database import Database
from scheduler.dependencies import office_of
from scheduler.reminders.channels.sms import is_signed
from scheduler.reminders.refusals import NotSigned
from scheduler.reminding.carriers import REPLIES, REPORTS
from scheduler.reminding.replying import Incoming, take_reply
from scheduler.reminding.settling import settle

router = APIRouter(tags=["gateway"], include_in_schema=False)

GATEWAY = "gateway"
MOST_FIELDS = 60


@router.post(REPORTS)
async def take_report(request: Request) -> Response:
    """A report about one message. One that came already, came late or tells of none of ours changes nothing."""
    fields = await _signed_fields(request, REPORTS)
    key, now = request.query_params.get("message", ""), office_of(request).clock.now()
    told = fields.get("MessageSid", ""), fields.get("MessageStatus", "").lower(), fields.get("ErrorCode", "")
    try:
        await run_in_threadpool(_database(request).run, lambda db: settle(db, key, *told, now=now), quiet=True)
    except Unknown:
        return Response(status_code=204)
    return Response(status_code=204)


@router.post(REPLIES)
async def take_text(request: Request) -> Response:
    """What a patient wrote back; the answer goes back as the gateway wants it."""
    fields, office = await _signed_fields(request, REPLIES), office_of(request)
    incoming = Incoming(fields.get("From", "")[:20], fields.get("MessageSid", "")[:60], fields.get("Body", ""))
    work = partial(take_reply, incoming=incoming, now=office.clock.now(), new_id=office.clock.new_id)
    answer = await run_in_threadpool(_database(request).run, work) if incoming.address and incoming.event else ""
    words = f"<Message>{escape(answer)}</Message>" if answer else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{words}</Response>', media_type="text/xml")


async def _signed_fields(request: Request, path: str) -> dict[str, str]:
    """The fields of a call that is the gateway's: signed for the very address under which it knows us. Raises `NotSigned`."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    query = f"?{request.url.query}" if request.url.query else ""
    token, address = request.app.state.gateway_token, f"{request.app.state.address}{path}{query}"
    if not is_signed(token, address, fields, request.headers.get("x-twilio-signature", "")):
        raise NotSigned
    return fields


def _database(request: Request) -> Database:
    office = office_of(request)
    author = Author(AuthorKind.PROGRAM, GATEWAY, operation=f"POST {request.url.path}")
    return auditing.seen_by(office.database, author, office.clock.now)
