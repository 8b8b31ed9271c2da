"""Tables of the top floor: answers that are kept, accounts and their sign-ins, the audit trail, messages, and what keeps the data safe."""

from scheduler.records import accounts, audit, idempotency, keeping, messages, pace

__all__ = ["accounts", "audit", "idempotency", "keeping", "messages", "pace"]
