"""What the gateway is told when it is not let in."""

from __future__ import annotations

from rooms.errors import DomainError


class NotSigned(DomainError):
    """A call is not the gateway's."""

    code = "not_signed"

    def __init__(self) -> None:
        super().__init__("This call is not signed as the gateway's are; see CHAIRTIME_SMS_TOKEN_FILE and CHAIRTIME_PUBLIC_ADDRESS.")
