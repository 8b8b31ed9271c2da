"""Every refusal as the one shape and its HTTP status: the only place that knows which refusal is which number."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from courses.checklists.changes import RecordChanged
from courses.checklists.writing import MayNot
from courses.errors import StaleVersion
from courses.plans.possible.rulebook import ImpossiblePlan
from courses.protocols.located.faults import FaultyDocument
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.access.delegation import NoService, NotLinked, ServiceAway, Unproven
from scheduler.access.not_proven import BeyondCeiling, LinkDead, NotProven, OwnRights, TryLater
from scheduler.access.refusals import Locked, NotAllowed, ProofNeeded, ReasonNeeded, SecondNeeded, SecondRefused, SignInNeeded
from scheduler.api.problems import InTheWay, Problem
from scheduler.api.reasons import offer_of, reasons_of
from scheduler.idempotency import KeyReused
from scheduler.presenting import PasskeyRefused
from scheduler.reminders.message import BadTemplate
from scheduler.reminders.refusals import NotSigned
from scheduler.reminding.calling import HardToRead, TellingLabel

log = logging.getLogger("chairtime.api")

STATUSES: dict[type[DomainError], int] = {
    Unknown: 404,
    StaleVersion: 412,
    Faulty: 422,
    FaultyDocument: 422,
    ImpossiblePlan: 422,
    KeyReused: 422,
    SignInNeeded: 401,
    Locked: 401,
    NotAllowed: 403,
    ProofNeeded: 403,
    SecondNeeded: 403,
    SecondRefused: 403,
    ReasonNeeded: 403,
    PasskeyRefused: 401,
    Unproven: 401,
    NotLinked: 401,
    NoService: 404,
    ServiceAway: 503,
    TryLater: 429,
    NotProven: 401,
    LinkDead: 404,
    OwnRights: 403,
    BeyondCeiling: 403,
    NotSigned: 403,
    BadTemplate: 422,
    HardToRead: 422,
    TellingLabel: 422,
    MayNot: 403,
    RecordChanged: 412,
}
"""Any other refusal is the clinic's present state standing against it: 409."""

WORDS = {400: "unreadable", 404: "no_such_address", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}
SENTENCES = {
    400: "The body could not be read as JSON.",
    404: "There is nothing at this address.",
    405: "This address knows another method; see the header Allow.",
    413: "The body is too large; 1 MB is the limit, for the text of a protocol 16 MB.",
}
BUSY = {"57P01", "57P02", "57P03", "55P03", "40P01", "40001", "53300"}
"""PostgreSQL's states that pass by themselves: restarting, a lock not had in time, a deadlock, too many connections."""

TAKEN = {"23505", "23P01", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_TRIGGER"}
RETRY_SECONDS = "2"


def refusal(
    request: Request,
    status: int,
    code: str,
    message: str,
    conflicts: list[InTheWay] | None = None,
    **more: Any,
) -> JSONResponse:
    """A refusal as a response."""
    request_id: str = getattr(request.state, "request_id", "")
    problem = Problem(code=code, message=message, conflicts=conflicts or [], request_id=request_id, offer=more.get("offer"))
    headers = {"X-Request-Id": request_id, **(more.get("headers") or {})}
    return JSONResponse(problem.model_dump(mode="json", exclude_none=True), status, headers)


def install_errors(app: FastAPI) -> None:
    """Answer every refusal and fault in the one shape."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(TimeoutError, _busy)  # no turn to write came
    app.add_exception_handler(Exception, _unexpected)


def answer_to(request: Request, error: Exception) -> JSONResponse:
    """The answer to a refusal or a fault of the database that is met before a request has found its address."""
    if isinstance(error, DomainError):
        return _domain(request, error)
    return _database(request, error) if isinstance(error, DBAPIError) else _busy(request, error)


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 409)


def _domain(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, DomainError):
        raise error
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, TryLater) else {}
    return refusal(request, status_of(error), error.code, error.message, reasons_of(error), offer=offer_of(error), headers=headers)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return refusal(request, 400, "unreadable", SENTENCES[400])
    missing = {str(fault["loc"][-1]) for fault in faults if fault["type"] == "missing" and fault["loc"][0] == "header"}
    if "if-match" in missing:
        sentence = "Send the ETag of what you have seen in the header If-Match; it keeps you from undoing what somebody else just did."
        return refusal(request, 428, "if_match_missing", sentence)
    if "idempotency-key" in missing:
        sentence = "Send the header Idempotency-Key with a new text for every new request; it makes a repeated request safe."
        return refusal(request, 400, "idempotency_key_missing", sentence)
    conflicts = [InTheWay(field=_field(fault["loc"]), message=_said(fault)) for fault in faults]
    first = conflicts[0]
    more = f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else ""
    return refusal(request, 422, "faulty", f"{first.field}: {first.message}{more}", conflicts)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step).encode("ascii", "backslashreplace").decode() for step in location)


def _said(fault: dict[str, Any]) -> str:
    return str(fault["msg"]).removeprefix("Value error, ").encode("utf-8", "backslashreplace").decode()


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    return refusal(request, status, WORDS.get(status, "refused"), SENTENCES.get(status, error.detail), headers=error.headers)


def _database(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, DBAPIError):
        raise error
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or "")
    if isinstance(error, IntegrityError) and state in TAKEN:
        sentence = "Somebody else did something at the same moment that does not go with this; look at it again and repeat what you wanted."
        return refusal(request, 409, "taken_meanwhile", sentence)
    if state in {"53100", "SQLITE_FULL"} or "No space left" in str(error.orig):
        return refusal(request, 507, "disk_full", "The disk of the server is full; nothing was changed. Free some space and try again.")
    if error.connection_invalidated or state in BUSY or state.startswith(("08", "SQLITE_BUSY", "SQLITE_LOCKED")) or not state:
        return _busy(request, error)
    raise error


def _busy(request: Request, _: Exception) -> JSONResponse:
    sentence = "The database is busy or out of reach; nothing was changed as far as is known. Try again with the same Idempotency-Key."
    return refusal(request, 503, "database_busy", sentence, headers={"Retry-After": RETRY_SECONDS})


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request %s failed: %s", getattr(request.state, "request_id", ""), type(error).__name__)
    return refusal(request, 500, "fault", "Something went wrong on our side; the log has more under this request id.")
