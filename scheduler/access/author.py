"""Who a change or a look is written down for in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.access.role import Role


class AuthorKind(StrEnum):
    """What kind of somebody it was."""

    STAFF = "staff"
    COMMAND_LINE = "command_line"
    PROGRAM = "program"
    """The worker, or a joint plan that is under way."""
    NOBODY = "nobody"
    """Somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it, how they had proven who they are, from where, and by which request.

    `id` is a public id, the system's name of whoever typed the command, or the program's part; `login` the public id of the sign-in;
    `operation` the operation of the permission table, such as `POST /api/v1/sessions/{session}/move`, or a command.
    """

    kind: AuthorKind
    id: str
    name: str = ""
    roles: frozenset[Role] = frozenset()
    login: str = ""
    strength: str = ""
    break_glass: bool = False
    source: str = ""
    device: str = ""
    request_id: str = ""
    operation: str = ""
    reason: str = ""
    site_id: int | None = None
    about: dict[str, str] = field(default_factory=dict)
    """What the address names, such as `{"session": "s_..."}`."""
