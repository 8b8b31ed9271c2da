"""The one shape of every refusal, and which refusals an operation documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scheduler.api.fields import Shape


class InTheWay(Shape):
    """One reason of a refusal. Only what is known is there: a field that is wrong, or what is in the way, of whom and until when."""

    message: str = Field(description="The reason in a plain sentence.")
    code: str | None = Field(None, description="The rule's name, for machines.")
    field: str | None = Field(None, description="The field that is wrong.", examples=["body.wish.start_on_or_after"])
    line: int | None = Field(None, description="The line of the document that is wrong.")
    session: int | str | None = Field(None, description="The session's number in its course, or its id.")
    resource: str | None = Field(None, description="The resource's code.")
    starts_at: datetime | None = Field(None, description="From when it is taken.")
    until: datetime | None = Field(None, description="Until when it is taken.")
    holder: str | None = Field(None, description="Who has it; for staff only.")


class Problem(Shape):
    """Why a request was refused. Nothing was changed by it."""

    code: str = Field(description="What kind of refusal it is, for machines.", examples=["plan_outdated"])
    message: str = Field(description="A plain sentence for a person, with the way out.")
    conflicts: list[InTheWay] = Field(description="Every reason on its own, where there are several or more is known.")
    request_id: str = Field(description="The id of this request, also in the header X-Request-Id; quote it when you ask for help.")
    offer: dict[str, Any] | None = Field(
        None, description="What can be had instead, where something can: a plan, `alternatives`, or what somebody could give way in."
    )


MEANINGS = {
    400: "The request cannot be read, or came by an unknown host name.",
    401: "Nobody is signed in, or the screen is locked.",
    403: "Your roles do not give it to you; it asks for a proof, a reason or a second person first; or another site's page sent it.",
    404: "Something that was named is not there.",
    405: "The address knows another method.",
    409: "The clinic's present state stands against it; `conflicts` tells who has what until when.",
    412: "It was changed by somebody else meanwhile; look at it again.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Something in the request is wrong; `conflicts` names each field.",
    429: "Too many were wrong; try again after the seconds in Retry-After.",
    428: "The header If-Match is missing.",
    500: "A fault of ours; the request id finds it in the log.",
    503: "The database is busy or out of reach; try again after the seconds in Retry-After.",
    507: "The disk is full; nothing was changed.",
}
ALWAYS = (400, 401, 403, 422, 500, 503)
WITH_BODY = (413, 415, 507)

Documented = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Documented:
    """The refusals of an operation that only looks, for its documentation."""
    return {status: {"model": Problem, "description": MEANINGS[status]} for status in sorted({*ALWAYS, *statuses})}


def streamed(*statuses: int) -> Documented:
    """The same for an operation whose answer is no JSON but whose refusals are."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": each["description"], "content": content} for status, each in problems(*statuses).items()}


def changes(*statuses: int, etag: bool = False) -> Documented:
    """The refusals of an operation that changes something; `etag` for one that wants If-Match."""
    return problems(*WITH_BODY, 409, *((412, 428) if etag else ()), *statuses)
