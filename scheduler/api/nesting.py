"""How deep a JSON body is nested, found out without reading it as JSON: what reads it would run out of stack, or take seconds."""

from __future__ import annotations

import re

from starlette.types import Message, Receive

MOST_LEVELS, MOST_PARTS = 64, 20_000
"""How many lists and objects may stand in each other, and in a body altogether; a proposal of a long course has a few hundred."""

PART = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def is_tangled(body: bytes) -> bool:
    """Whether a body has more levels, or more lists and objects, than anything that is sent here."""
    if body.count(b"[") + body.count(b"{") <= MOST_LEVELS:
        return False
    level = parts = 0
    for found in PART.finditer(body):
        if found[0] in b"[{":
            level, parts = level + 1, parts + 1
            if level > MOST_LEVELS or parts > MOST_PARTS:
                return True
        elif found[0] in b"]}":
            level -= 1
    return False


async def read(receive: Receive, limit: int) -> tuple[bytes, Receive]:
    """The body, or a little more of it than so many bytes; and how whoever comes next receives the same once more."""
    messages: list[Message] = []
    size, is_more = 0, True
    while is_more and size <= limit:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return body, again
