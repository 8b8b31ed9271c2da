"""Tables of the top floor: answers that are kept, accounts, the audit trail, messages and the links in them, and what keeps data safe."""

from scheduler.records import accounts, audit, idempotency, keeping, links, messages, pace

__all__ = ["accounts", "audit", "idempotency", "keeping", "links", "messages", "pace"]
