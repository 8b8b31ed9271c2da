"""Tables of the top floor: answers that are kept, accounts and their sign-ins, the audit trail, and what keeps the data safe."""

from scheduler.records import accounts, audit, idempotency, keeping

__all__ = ["accounts", "audit", "idempotency", "keeping"]
