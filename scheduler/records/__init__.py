"""Tables of the top floor: answers that are kept, accounts, the audit trail, messages and their links, screens, what keeps data safe."""

from scheduler.records import accounts, audit, idempotency, keeping, links, messages, pace, screens

__all__ = ["accounts", "audit", "idempotency", "keeping", "links", "messages", "pace", "screens"]
